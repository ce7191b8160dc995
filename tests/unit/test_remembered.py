"""What boards remember: read once for all who look, and nobody waits for what is being read anew."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from contactcentre.web.board.remembered import Lasting

SOON = 5.0


def test_it_is_read_again_only_when_it_is_too_old() -> None:
    kept, numbers = Lasting[int](), iter(range(9))
    assert [kept.get(60, lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    assert [kept.get(-1, lambda: next(numbers)) for _ in range(2)] == [1, 2]


def test_all_wait_for_the_first_one_and_it_is_read_once() -> None:
    kept, goes, read = Lasting[int](), threading.Event(), list[int]()

    def slow() -> int:
        assert goes.wait(SOON)
        read.append(1)
        return 7

    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(kept.get, 60, slow) for _ in range(4)]
        time.sleep(0.2)  # until the others wait, or read as well
        goes.set()
        assert [one.result(SOON) for one in waits] == [7] * 4
    assert read == [1]


def test_who_looks_while_it_is_read_anew_takes_the_old_one() -> None:
    kept, begun, goes = Lasting[str](), threading.Event(), threading.Event()
    kept.get(60, lambda: "old")

    def slow() -> str:
        begun.set()
        assert goes.wait(SOON)
        return "new"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, -1, slow)
        assert begun.wait(SOON)
        second = pool.submit(kept.get, -1, lambda: "nobody reads this")
        assert second.result(SOON) == "old"
        goes.set()
        assert first.result(SOON) == "new"


def test_what_cannot_be_read_is_tried_by_the_next() -> None:
    kept = Lasting[int]()

    def fails() -> int:
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(kept.get, 60, fails).exception(SOON), ZeroDivisionError)
        assert pool.submit(kept.get, 60, lambda: 3).result(SOON) == 3
