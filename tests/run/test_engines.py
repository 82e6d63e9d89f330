"""Engines: Ray gives what threads of one process give, within the same limits."""

import asyncio
import importlib.util
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from idiolect.data import Request
from idiolect.errors import BudgetError, EndpointError, MissingExtraError, UnknownNameError
from idiolect.floor import Extractive
from idiolect.lm import Prompt, guarded
from idiolect.recipes.generate.plain import plain
from idiolect.run import Assembly, Job, Limits, engine
from idiolect.run.ray_engine import RayEngine, _Hub, shards
from idiolect.testing.world import world


@pytest.fixture
def importable(monkeypatch):
    """Lets workers, which are processes of their own, import this file."""
    paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is absent: pip install 'idiolect[ray]'"
)


def make(limiter, budget):
    here = world()
    model = guarded(Extractive(), budget=budget)
    return Job(Assembly(plain), here.population, list(here.requests), model, threads=2)


JOB = make(None, None)
POSITIONS = list(range(len(JOB.requests)))


def told(rows):
    varies = ("seconds",)
    return {at: {k: v for k, v in row.items() if k not in varies} for at, row in rows}


def test_names_of_engines():
    assert engine("local", make, Limits())(JOB, POSITIONS) is not None
    for name in ("cloud", "ray:", "locl"):
        with pytest.raises(UnknownNameError, match="engine"):
            engine(name, make, Limits())


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is there")
def test_without_ray_the_install_line_is_given():
    with pytest.raises(MissingExtraError, match=r"pip install 'idiolect\[ray\]'"):
        engine("ray", make, Limits())


def test_shards_keep_users_together_and_everything_once():
    requests = [Request(f"user{n % 7}") for n in range(50)]
    todo = list(range(3, 50))
    parts = shards(requests, todo, 10)
    assert sorted(at for part in parts for at in part) == todo
    where = Counter(
        user for user in {r.user for r in requests}
        for part in parts if any(requests[at].user == user for at in part)
    )  # fmt: skip
    assert set(where.values()) == {1}
    assert shards(requests, [], 10) == []


def test_the_hub_holds_limits_over_workers_and_frees_those_of_a_lost_one():
    async def play():
        hub = _Hub(Limits(concurrency=2, max_calls=3))
        first, _ = await hub.place(0, 5)
        await hub.place(1, 5)
        third = asyncio.ensure_future(hub.place(0, 5))
        await asyncio.sleep(0.01)
        assert not third.done(), "both places are taken"
        await hub.forget(1)
        assert (await asyncio.wait_for(third, 1))[0] not in (first, None)
        await hub.release(first)
        await hub.place(0, 5)
        ahead = await hub.reserve([Prompt("a"), Prompt("b")], None)
        assert ahead.calls == 2
        assert "max_calls=3" in await hub.reserve([Prompt("c"), Prompt("d")], None)

    asyncio.run(play())


@ray
def test_ray_gives_what_local_gives_also_when_a_worker_is_killed(tmp_path, importable):
    def slow(limiter, budget):
        import time
        from dataclasses import replace

        class Slow(Extractive):
            def complete(self, prompts):
                time.sleep(0.05)
                return super().complete(prompts)

        (tmp_path / str(os.getpid())).touch()
        return replace(make(limiter, budget), lm=Slow())

    expected = told(JOB.results(POSITIONS))
    found, killed = [], False
    for row in RayEngine(slow, workers=2)(JOB, POSITIONS):
        found.append(row)
        if not killed:
            killed = True
            os.kill(int(next(tmp_path.iterdir()).name), signal.SIGKILL)
    assert told(found) == expected
    assert len(found) == len(POSITIONS)
    assert len(list(tmp_path.iterdir())) == 3, "a third worker took over"


@ray
def test_a_budget_holds_over_workers(importable):
    found = []
    with pytest.raises(BudgetError, match="max_calls=3"):
        found.extend(RayEngine(make, Limits(max_calls=3), workers=2)(JOB, POSITIONS))
    assert len(found) == 3


@ray
def test_no_cluster_at_an_address():
    with pytest.raises(EndpointError, match=r"no Ray cluster at '127\.0\.0\.1:1'"):
        list(RayEngine(make, address="127.0.0.1:1")(JOB, POSITIONS))
