"""The stub server as a process of its own: `python -m idiolect.testing.server --help`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import get_args

from idiolect.errors import SettingError
from idiolect.testing.server.stub import Fault, StubServer


def main(arguments: list[str] | None = None) -> None:
    """Serves until it is interrupted or terminated; its address is the first line it writes."""
    settings = vars(_parser().parse_args(arguments))
    answers = settings.pop("answer")
    try:
        server = StubServer(answers[0] if len(answers) == 1 else answers, **settings)
    except SettingError as error:
        raise SystemExit(f"Error: {error}") from None
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        with server:
            sys.stdout.write(f"{server.address}\n")
            sys.stdout.flush()
            ended.wait()
    except OSError as error:
        raise SystemExit(f"Error: port {server.port} cannot be had: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m idiolect.testing.server",
        description="A local OpenAI-compatible server without a model; GET /counters tells what "
        "it counted.",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="where it listens; 0 takes a free one")
    add("--answer", nargs="+", default=["stub reply"], help="one for all, or several to draw from")
    add("--latency", type=float, default=0.0, help="seconds before each answer")
    add("--faults", nargs="*", default=[], metavar="FAULT", help="of the first calls, in order")
    add("--fault-rate", type=float, default=0.0, help="the share of later calls that go wrong")
    add(
        "--fault-kinds",
        nargs="+",
        default=["429", "500", "503", "reset"],
        metavar="FAULT",
        help=f"what goes wrong with those: {', '.join(get_args(Fault))}",
    )
    add("--seed", type=int, default=0, help="of which calls go wrong")
    add("--retry-after", default="1", help="what '429 wait' asks for")
    add("--models", nargs="+", default=["stub"], help="what it lists")
    add("--key", help="the only key that is let in")
    add("--context", type=int, help="words of a prompt at most")
    return parser


if __name__ == "__main__":
    main()
