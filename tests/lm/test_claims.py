"""A claim lasts as long as its call, and not much longer than its process."""

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from idiolect.lm import Cached, Completion, LanguageModel, Ledger, Prompt, Scripted
from idiolect.testing import StubServer

KEY, OTHER = b"k" * 32, b"o" * 32
LEASE = 0.6


class Slow(LanguageModel):
    """Answers after a while, and counts its calls."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self.seconds, self.asked = seconds, 0

    def complete(self, prompts):
        self.asked += len(prompts)
        time.sleep(self.seconds)
        return [Completion("reply", 3, 1) for _ in prompts]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


def beating() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "claims"]


def ended(threads: list[threading.Thread]) -> bool:
    for thread in threads:
        thread.join(5)
    return not any(thread.is_alive() for thread in threads)


def elsewhere(path: Path) -> Ledger:
    """A ledger as on another machine, whose processes nobody here can look for."""
    ledger = Ledger(path, lease=LEASE)
    ledger._claims._mine.owner = "another machine|1|ab"
    return ledger


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_a_call_that_outlasts_the_lease_is_paid_for_once(path: Path, place: str) -> None:
    slow, other = Slow(2 * LEASE), Slow(0)
    first, second = Cached(slow, path, lease=LEASE), Cached(other, path, lease=LEASE)
    if place == "elsewhere":
        first.ledger._claims._mine.owner = "another machine|1|ab"
    thread = threading.Thread(target=lambda: first.one(Prompt("a")))
    thread.start()
    while not slow.asked:
        time.sleep(0.001)
    assert second.one(Prompt("a")).text == "reply"
    thread.join()
    assert (slow.asked, other.asked) == (1, 0)
    assert [line["outcome"] for line in second.ledger.lines()] == ["paid", "cached"]
    assert second.ledger.size().claims == 0


ASK = """
import sys
from idiolect.lm import Cached, Prompt, endpoint
lm = Cached(endpoint(sys.argv[1]), sys.argv[2], lease=float(sys.argv[3]))
print("ready", flush=True)
sys.stdin.readline()
print(lm.one(Prompt("a")).text, lm.paid, lm.hits)
"""


def test_two_processes_pay_once_for_a_call_that_outlasts_the_lease(path: Path) -> None:
    with StubServer(latency=3) as server:
        both = [
            subprocess.Popen(
                [sys.executable, "-c", ASK, server.address, str(path), "2"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in both:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0] for process in both]
        assert server.requests == 1
    assert sorted(said) == ["stub reply 0 1\n", "stub reply 1 0\n"]


def test_one_that_is_gone_elsewhere_is_waited_for_a_lease(path: Path) -> None:
    there = elsewhere(path)
    there.claim([KEY])
    here = Ledger(path, lease=LEASE)
    time.sleep(2 * LEASE)
    assert here.claim([KEY]) == ({}, []), "it is alive, and renews"
    there.close()
    start = time.monotonic()
    while not here.claim([KEY])[1]:
        time.sleep(0.01)
    assert time.monotonic() - start < LEASE + 5


def test_what_is_not_in_flight_is_not_renewed(path: Path) -> None:
    there = elsewhere(path)
    there.claim([KEY, OTHER])
    here = Ledger(path, lease=LEASE)
    with there.paused(KEY):
        time.sleep(1.5 * LEASE)
        assert here.claim([KEY, OTHER]) == ({}, [KEY])
    there.release([KEY, OTHER])
    assert here.size().claims == 1, "what was taken over is not given up by who had it"


def test_the_thread_is_there_only_while_something_is_claimed(path: Path) -> None:
    before = beating()
    ledger = Ledger(path, lease=LEASE)
    assert set(beating()) <= set(before)
    ledger.claim([KEY, OTHER])
    (thread,) = set(beating()) - set(before)
    assert thread.daemon
    ledger.release([KEY])
    assert thread.is_alive()
    ledger.release([OTHER])
    assert ended([thread])
    ledger.claim([KEY])
    (thread,) = set(beating()) - set(before)
    ledger.close()
    assert ended([thread])
    ledger.claim([OTHER])  # the file may be used again
    (thread,) = set(beating()) - set(before)
    del ledger
    gc.collect()
    assert ended([thread]), "nobody has the ledger any more"


def test_a_renewal_that_cannot_be_written_is_said_once_and_makes_no_file(path: Path) -> None:
    said: list[str] = []
    ledger = Ledger(path, lease=LEASE, say=said.append)
    ledger.claim([KEY])
    ledger._database._connection.close()
    for file in path.parent.iterdir():
        file.unlink()
    until = time.monotonic() + 10
    while not said and time.monotonic() < until:
        time.sleep(0.01)
    assert not path.exists()
    assert len(said) == 1
    assert "cannot be written" in said[0]
    ledger.close()


FORK = """
import os, sys, time
from idiolect.lm import Ledger
ledger = Ledger(sys.argv[1], lease=float(sys.argv[2]))
key, other = b"k" * 32, b"o" * 32
assert ledger.claim([key]) == ({}, [key])
pid = os.fork()
if pid == 0:
    import threading
    alone = threading.active_count() == 1
    not_mine = ledger.claim([key, other]) == ({}, [other])
    ledger.release([key, other])
    os._exit(0 if alone and not_mine else 1)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
time.sleep(2 * ledger.lease)
print(code, Ledger(sys.argv[1]).claim([key]), ledger.size().claims)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_has_claims_of_its_own_and_the_parent_keeps_its(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(path), str(LEASE)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout == "0 ({}, []) 1\n", ran.stderr


def test_a_model_that_cannot_be_reached_leaves_no_claim_and_no_thread(path: Path) -> None:
    def broken(prompt: Prompt) -> str:
        raise RuntimeError("a bug")

    before = beating()
    lm = Cached(Scripted(broken), path)
    with pytest.raises(RuntimeError):
        lm.one(Prompt("a"))
    assert [(line["outcome"], line["error"]) for line in lm.ledger.lines()] == [
        ("failed", "RuntimeError")
    ]
    assert lm.ledger.size().claims == 0
    assert ended(list(set(beating()) - set(before)))
