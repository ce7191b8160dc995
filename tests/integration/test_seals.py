"""Seals and the anchor: history is sealed once and in order, and the file outside the database vouches for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cases import seals
from cases.models import Seal
from config.settings import Settings
from contactcentre import anchor
from contactcentre.cli import verify as verify_command
from contactcentre.container import Container
from contactcentre.sealing import seal_waiting
from tests.factories import phone, say
from tests.integration.commands import Commands
from tests.integration.sealed import anchored, count_events, every_seal, passes, seal_three, told, verifying, write
from tests.integration.tampering import Tamper, change, remove_seal, rewrite_everything


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The anchor file of one test."""
    return tmp_path / "anchored" / "anchor.jsonl"


@pytest.fixture
def site(container: Container, path: Path) -> Container:
    return anchored(container, path)


@pytest.fixture
def run(
    settings: Settings, site: Container, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    with verifying(settings, path, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def three_seals(site: Container) -> Container:
    return seal_three(site)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seal is due in the anchor file at once."""
    monkeypatch.setattr(verify_command, "GRACE", timedelta(0))


# The anchor file.


def drop_line(number: int) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(b"".join(line for n, line in numbered(path) if n != number))


def numbered(path: Path) -> list[tuple[int, bytes]]:
    return list(enumerate(path.read_bytes().splitlines(keepends=True), start=1))


def swap_lines(path: Path) -> None:
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([second, first, *rest]))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (drop_line(1), ["seal 1 is not in the anchor file"]),
        (drop_line(2), ["seal 2 is not in the anchor file"]),
        (drop_line(3), ["seal 3 is not in the anchor file"]),
        (Path.unlink, ["seals 1 to 3 are not in the anchor file"]),
        (swap_lines, ["seal 1 is not in the anchor file", "seal 1 is not in its place in the anchor file"]),
    ],
    ids=["first", "middle", "last", "all", "order"],
)
@pytest.mark.usefixtures("three_seals", "impatient")
def test_an_anchor_that_lost_lines_is_named_once_they_are_due(
    run: Commands, path: Path, spoil: Callable[[Path], object], expected: list[str]
) -> None:
    passes(run)
    spoil(path)
    assert told(run) == expected


@pytest.mark.usefixtures("three_seals")
def test_a_seal_that_was_only_just_made_may_be_on_its_way_to_the_anchor(run: Commands, path: Path) -> None:
    drop_line(3)(path)
    passes(run)


def test_an_anchor_line_vouches_for_its_seal(three_seals: Container, path: Path) -> None:
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["seal"] for one in told] == [1, 2, 3]
    assert [one["hash"] for one in told] == [seal.hash.hex() for seal in every_seal(three_seals)]
    assert [one["events"] for one in told] == [5, 5, 5]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("impatient")
def test_what_a_crash_kept_from_the_anchor_is_appended_by_the_next_turn(
    site: Container, path: Path, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    for number in (1, 2):
        write(site, number)
        with monkeypatch.context() as patch:
            patch.setattr(anchor, "append", crash)
            with pytest.raises(KeyboardInterrupt):
                seal_waiting(site)
    assert len(every_seal(site)) == 2
    assert not path.exists()
    assert seal_waiting(site) == 0
    assert len(numbered(path)) == 2
    assert passes(run)["seals"] == 2


@pytest.mark.parametrize("left", [1, 40, -1], ids=["one byte", "half a line", "all but the line's end"])
@pytest.mark.usefixtures("impatient")
def test_a_line_that_a_crash_cut_short_is_written_again(
    three_seals: Container, path: Path, run: Commands, left: int
) -> None:
    *whole, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole) + last[:left])
    write(three_seals, 4)
    assert seal_waiting(three_seals) == 1
    assert seal_waiting(three_seals) == 0
    passes(run)
    assert path.read_bytes().startswith(b"".join(whole) + last[:left] + b"\n" + last)


@pytest.mark.parametrize("more", [False, True], ids=["at rest", "with new events"])
@pytest.mark.parametrize("tamper", [remove_seal(3), rewrite_everything], ids=["cut", "rewritten"])
def test_nothing_is_appended_to_an_anchor_that_names_another_history(
    three_seals: Container, path: Path, tamper: Tamper, more: bool
) -> None:
    before = path.read_bytes()
    change(three_seals, tamper)
    if more:
        write(three_seals, 4)
    with capture_logs() as logged:
        seal_waiting(three_seals)
    assert [one["log_level"] for one in logged if one["event"] == "anchor.differs"] == ["error"]
    assert path.read_bytes() == before


def test_a_seal_is_logged_with_its_hash(site: Container) -> None:
    write(site, 1)
    with capture_logs() as logged:
        seal_waiting(site)
    (seal,) = every_seal(site)
    assert logged == [
        {"event": "seal.made", "log_level": "info", "number": 1, "events": 5, "hash": seal.hash.hex()}
    ]  # fmt: skip


def test_clearing_the_demo_ends_its_anchor_too(three_seals: Container, run: Commands, path: Path) -> None:
    assert run("demo", "clear", "--yes")[0] == 0
    assert not path.exists()
    write(three_seals, 4)
    assert seal_waiting(three_seals) == 1
    assert passes(run)["seals"] == 1


# Sealing.


def test_a_minute_without_events_makes_no_seal(site: Container) -> None:
    assert seal_waiting(site) == 0
    write(site, 1)
    assert [seal_waiting(site), seal_waiting(site)] == [1, 0]
    assert len(every_seal(site)) == 1


def test_an_older_transaction_that_commits_late_is_not_missed(site: Container, run: Commands) -> None:
    with Session(site.db.engine) as older, Session(site.db.engine) as newer:
        say(older, site.city, "first to begin", sender=phone(1))
        say(newer, site.city, "first to end", sender=phone(2))
        newer.commit()
        assert seal_waiting(site) == 0
        older.commit()
    assert seal_waiting(site) == 1
    assert [seal.events for seal in every_seal(site)] == [count_events(site)]
    assert passes(run)["unsealed"] == 0


def test_what_comes_while_an_older_one_runs_waits_with_it(site: Container) -> None:
    write(site, 1)
    with Session(site.db.engine) as older:
        say(older, site.city, "still running", sender=phone(2))
        write(site, 3)
        assert seal_waiting(site) == 1
        assert every_seal(site)[0].events == 5
        older.rollback()
    assert seal_waiting(site) == 1
    assert sum(seal.events for seal in every_seal(site)) == count_events(site) == 10


def test_three_who_seal_at_once_seal_each_event_once(
    site: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "MOST_EVENTS", 3)
    for number in range(1, 13):
        write(site, number)
    start = threading.Barrier(3)

    def sealer() -> int:
        start.wait()
        return sum(seal_waiting(site) for _ in range(10))

    with ThreadPoolExecutor(3) as pool:
        made = [future.result() for future in [pool.submit(sealer) for _ in range(3)]]
    while seal_waiting(site):
        pass
    found = every_seal(site)
    assert sum(seal.events for seal in found) == count_events(site) == 60
    assert [seal.number for seal in found] == list(range(1, 21))
    assert sum(made) <= 20
    found_by_verify = passes(run)
    assert (found_by_verify["seals"], found_by_verify["unsealed"]) == (20, 0)


def test_who_finds_another_sealing_leaves_it_to_them(site: Container) -> None:
    write(site, 1)
    with Session(site.db.engine) as other:
        other.execute(select(func.pg_advisory_xact_lock(seals.LOCK)))
        assert seal_waiting(site) == 0
        other.rollback()
    assert seal_waiting(site) == 1


def test_a_long_backlog_is_sealed_turn_by_turn(site: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "MOST_EVENTS", 1)
    monkeypatch.setattr("contactcentre.sealing.MOST_SEALS", 4)
    write(site, 1)
    assert [seal_waiting(site), seal_waiting(site), seal_waiting(site)] == [4, 1, 0]


def test_a_database_that_numbers_transactions_anew_is_named_and_not_sealed(
    three_seals: Container, run: Commands
) -> None:
    far = update(Seal).where(Seal.number == 3).values(last_xid=2**60)
    change(three_seals, lambda session: session.execute(far))
    write(three_seals, 4)
    with capture_logs() as logged:
        assert seal_waiting(three_seals) == 0
    assert [one["event"] for one in logged] == ["seal.renumbered"]
    assert any("loaded from a dump into another server" in words for words in told(run))
