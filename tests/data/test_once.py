"""What is fitted on a snapshot is made once for equal makers, whoever asks first."""

import gc
import threading
import time
import weakref

import pytest

from idiolect.data import Event, Population, Request
from idiolect.data.once import Once
from idiolect.embed import Lsa
from idiolect.measure.keywords import Idf


def people() -> Population:
    return Population.of(Event("ann", f"word{n} soup", id=f"e{n}") for n in range(8))


def test_equal_makers_share_what_they_make_and_others_do_not() -> None:
    view = people().as_of(Request("ben"))
    assert Lsa(dim=2).at(view) is Lsa(dim=2).at(view)
    assert Lsa(dim=2).at(view) is not Lsa(dim=3).at(view)
    assert Idf()(view) is Idf()(view)
    assert Idf(texts=2)(view) != Idf()(view)
    assert Lsa(dim=2).at(view) is not Lsa(dim=2).at(people().as_of(Request("ben")))


def test_snapshots_of_one_population_are_told_apart() -> None:
    among = people()
    first, second = (among.as_of(among.request(f"e{n}")).snapshot() for n in (0, 1))
    assert first.key != second.key
    assert first.once("size", lambda s: s.key) == first.key
    assert second.once("size", lambda s: s.key) == second.key


def test_threads_wait_for_the_one_that_makes_it() -> None:
    once, made, got = Once(), list[int](), list[int]()

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=lambda: got.append(once("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, got) == ([1], [1] * 8)


def test_making_one_may_ask_for_another_and_a_failure_is_not_kept() -> None:
    once = Once()
    assert once("a", lambda: once("b", lambda: 2) + 1) == 3
    tries = iter([ZeroDivisionError("first"), None])

    def make() -> int:
        if (fault := next(tries)) is not None:
            raise fault
        return 7

    with pytest.raises(ZeroDivisionError, match="first"):
        once("c", make)
    assert once("c", make) == 7


def test_a_fit_goes_with_its_population() -> None:
    among = people()
    fitted = weakref.ref(Lsa(dim=2).at(among.as_of(Request("ben"))))
    assert fitted() is not None
    del among
    gc.collect()
    assert fitted() is None
