"""What became of a test message, in words: each state, what holds it, and when nobody looks again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.trials import Tried
from contactcentre.trial_words import LOOKED_AT, told

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
TRIED = Tried(1, "sms-a", "+233200000001", "agent:1", AT, "queued", "queued", None, None, None)


def tried(state: str, status: str | None = None, **more: str) -> Tried:
    return replace(TRIED, state=state, status=status or state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trial", "word", "ends"),
    [
        (tried("queued"), "Queued", False),
        (tried("sending"), "Being sent", False),
        (tried("unknown"), "Unknown", False),
        (tried("sent"), "Sent", False),
        (tried("sent", "delivered"), "Delivered", True),
        (tried("sent", "failed"), "Failed", True),
        (tried("sent", "expired"), "Expired", True),
        (tried("failed"), "Failed", True),
        (tried("expired"), "Expired", True),
        (tried("held"), "Held", True),
    ],
)
def test_every_state_has_a_word_and_an_end(trial: Tried, word: str, ends: bool) -> None:
    found = told(trial, now=AT)
    assert (found.word, found.ends, found.again) == (word, ends, not ends)
    assert found.sentence.endswith(".")


def test_nobody_looks_again_after_a_while() -> None:
    assert told(tried("sent"), now=AT + LOOKED_AT - timedelta(seconds=1)).again
    assert not told(tried("sent"), now=AT + LOOKED_AT).again


@pytest.mark.parametrize(
    ("stops", "words"),
    [
        (("all",), "while the brake is on."),
        (("staff",), "while the brake on messages to staff is on."),
        (("account:sms-a",), "while the account's money for today is spent."),
        (("all", "staff"), "while the brake is on and the brake on messages to staff is on."),
        (("broadcast", "answer", "prefix:+233"), "It waits for a worker."),
    ],
)
def test_what_holds_it_is_named(stops: tuple[str, ...], words: str) -> None:
    assert told(tried("queued"), now=AT, stops=stops).sentence.endswith(words)


def test_reasons_and_stand_ins_are_told() -> None:
    found = told(tried("held", reason="Numbers of this country are not written to."), now=AT)
    assert "this country are not written to" in found.sentence
    assert "It was given to sms-b" in told(tried("sent", via="sms-b"), now=AT).sentence
    assert "given to" not in told(tried("sent", via="sms-a"), now=AT).sentence
