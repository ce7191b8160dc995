"""The simulator's ledger: what it keeps in memory, what in its file, and what it believes of reports in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.double import LedgerLine
from contactcentre.simulator import ledger
from contactcentre.simulator.ledger import Entry, Ledger

BEGIN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CITIZEN, OTHER, OURS = "+233200000001", "+233200000002", "1422"


def entry(number: int, *, direction: str = "out", phone: str = CITIZEN) -> Entry:
    sender, recipient = (phone, OURS) if direction == "in" else (OURS, phone)
    at = BEGIN + timedelta(minutes=number)
    line = LedgerLine(f"m{number}", "sms-front", "africastalking", sender, recipient, f"Text {number}", at)
    return Entry(direction, line, "accepted")


def ids(messages: list[dict[str, object]]) -> list[object]:
    return [message["id"] for message in messages]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "simulator" / "ledger.jsonl"


def test_what_was_sent_is_listed_by_phone_and_time(path: Path) -> None:
    kept = Ledger(path)
    for one in (entry(1), entry(2, phone=OTHER), entry(3, direction="in"), entry(4)):
        kept.add(one)
    kept.add(Entry("refused", entry(5).line, "refused"))
    assert ids(kept.sent()) == ["m1", "m2", "m4"]
    assert ids(kept.sent(to=CITIZEN)) == ["m1", "m4"]
    assert ids(kept.sent(since=BEGIN + timedelta(minutes=2))) == ["m2", "m4"]
    assert kept.sent(to="+233200000009") == []
    assert [one.line.id for one in kept.received()] == ["m3"]
    assert kept.received(account="another") == []
    kept.close()


def test_memory_holds_the_newest_and_the_file_all(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST", 3)
    kept = Ledger(path)
    for number in range(1, 6):
        kept.add(entry(number))
    assert ids(kept.sent()) == ids(kept.sent(to=CITIZEN)) == ["m3", "m4", "m5"]
    assert kept.find("m1") is None
    kept.update("m1", state="delivered")  # too late, and no fault
    kept.close()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 5
    again = Ledger(path)
    assert ids(again.sent()) == ["m3", "m4", "m5"]


def test_a_page_asks_only_for_what_is_new(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    kept = Ledger(path)
    for number in range(1, 4):
        kept.add(entry(number))
    first, place = kept.changed(CITIZEN, 0)
    assert ids(first) == ["m2", "m3"]
    assert kept.changed(CITIZEN, place) == ([], place)
    kept.update("m1", state="sent")
    changed, later = kept.changed(None, place)
    assert (ids(changed), later > place) == (["m1"], True)
    assert kept.changed(OTHER, place)[0] == []
    kept.close()


def test_nothing_comes_after_delivered_whatever_the_order_of_reports(path: Path) -> None:
    kept = Ledger(path)
    kept.add(entry(1))
    kept.update("m1", state="delivered")
    kept.update("m1", state="sent", answer=200, ms=12, tries=2)
    kept.close()
    for one in (kept, Ledger(path)):
        found = one.find("m1")
        assert found is not None
        assert (found.state, found.answer, found.ms, found.tries) == ("delivered", 200, 12, 2)


@pytest.mark.parametrize(
    "tail", ["", '{"line": "m1", "sta', "not json\n", "[1, 2]\n", '{"line": "m9", "state": "x"}\n']
)
def test_a_file_with_a_torn_or_strange_end_is_read_and_written_on(path: Path, tail: str) -> None:
    first = Ledger(path)
    first.add(entry(1))
    first.close()
    with path.open("a", encoding="utf-8") as file:
        file.write(tail)
    second = Ledger(path)
    second.add(entry(2))
    second.close()
    assert ids(Ledger(path).sent()) == ["m1", "m2"]
    assert path.stat().st_mode & 0o077 == 0
