"""The listener goes on listening, whatever breaks and however often."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from channels.errors import AccountFault
from contactcentre.container import Container
from tests.integration.test_simulator import eventually
from workers import listener


class Source:
    """An account whose connection breaks at once, always; ``runs`` counts the tries."""

    listens = True

    def __init__(self) -> None:
        self.runs = 0

    def run(self, _: object, __: Callable[[], bool]) -> None:
        self.runs += 1
        raise ConnectionError("cut")


def test_a_source_that_is_away_for_days_is_tried_for_ever() -> None:
    for failures in (1, 2, 1_000, 1_000_000):
        pause = listener._pause(failures, refused=False)
        assert 0 < pause <= listener.LONGEST_PAUSE
    assert listener._pause(1, refused=False) <= listener.FIRST_PAUSE
    assert listener._pause(50, refused=True) >= listener.PAUSE_REFUSED / 2


def test_a_connection_whose_thread_has_ended_is_begun_again(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source()
    monkeypatch.setattr(Container, "accounts", {"mail": source})
    # Its pause cannot be reckoned: whatever the reason, the thread is gone.
    with monkeypatch.context() as broken:
        broken.setattr(listener, "_pause", lambda *_, **__: (_ for _ in ()).throw(OverflowError))
        broken.setattr(threading, "excepthook", lambda _: None)
        held: dict[str, listener.Held] = {}
        listener.follow(container, held, "here")
        eventually(lambda: not held["mail"].is_alive)
    monkeypatch.setattr(listener, "FIRST_PAUSE", 0.01)
    listener.follow(container, held, "here")
    try:
        eventually(lambda: source.runs > 2)
    finally:
        held["mail"].over.set()
        eventually(lambda: not held["mail"].is_alive)


def test_a_refused_account_is_told_in_its_own_words() -> None:
    assert listener._in_words(AccountFault("x", agent_text="The password is refused.")) == "The password is refused."
    assert "secret" not in listener._in_words(ConnectionError("secret"))
