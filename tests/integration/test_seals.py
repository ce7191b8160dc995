"""Seals, the anchor and ``verify``: history is sealed once and in order, and whoever rewrites it is told in words."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cases import clock, seals
from cases.models import Case, Event, EventDetail, Seal
from cases.models.event import GENESIS, Happened, detail_digest, event_hash, record
from cases.models.seal import seal_hash
from cases.references import written
from config.settings import Settings
from contactcentre import anchor
from contactcentre.cli import verify as verify_command
from contactcentre.container import Container
from contactcentre.sealing import seal_waiting
from tests.factories import phone, say
from tests.integration.commands import Commands, commands, environment, failed

Tamper = Callable[[Session], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The anchor file of one test."""
    return tmp_path / "anchored" / "anchor.jsonl"


@pytest.fixture
def site(container: Container, path: Path) -> Container:
    """The installation with an anchor file of its own."""
    container.settings = replace(container.settings, audit_anchor=path)
    return container


@pytest.fixture
def run(
    settings: Settings, site: Container, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    """Runs commands on that installation."""
    for name, value in {**environment(settings), "AUDIT_ANCHOR": str(path)}.items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


def write(site: Container, number: int) -> None:
    """Let a citizen open a case, and an agent learn who they are."""

    def work(session: Session) -> None:
        case = session.get_one(Case, say(session, site.city, f"Lamp {number}", sender=phone(number)).case_id)
        known = Happened("citizen_named", "agent:1", {"number": number}, {"name": f"Tester Number {number}"})
        record(session, case, [known], at=clock.now(session))

    site.db.run(lambda uow: work(uow.session))


@pytest.fixture
def three_seals(site: Container) -> Container:
    """Three cases, each sealed before the next."""
    for number in (1, 2, 3):
        write(site, number)
        assert seal_waiting(site) == 1
    return site


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seal is due in the anchor file at once."""
    monkeypatch.setattr(verify_command, "GRACE", timedelta(0))


def every_seal(site: Container) -> list[Seal]:
    with site.db.reader() as session:
        return list(session.scalars(select(Seal).order_by(Seal.number)))


def count_events(site: Container) -> int:
    with site.db.reader() as session:
        return session.execute(select(func.count()).select_from(Event)).scalar_one()


def change(site: Container, tamper: Tamper) -> None:
    site.db.run(lambda uow: tamper(uow.session))


def told(run: Commands) -> list[str]:
    """Return the faults that ``verify`` names, which must fail with them."""
    outcome = run("verify", "--json")
    found = json.loads(outcome[1])
    assert "the history does not hold" in failed(outcome)
    assert found["fault_count"] == len(found["faults"])
    return [f"{one['reference'] or ''} {one['fault']}".strip() for one in found["faults"]]


def passes(run: Commands) -> dict[str, int]:
    code, out, err = run("verify", "--json")
    assert code == 0, (out, err)
    found: dict[str, int] = json.loads(out)
    return found


# What somebody does who may write to the database.


def history_of(session: Session, number: int) -> tuple[Case, list[Event]]:
    case = session.scalars(select(Case).order_by(Case.id).offset(number - 1).limit(1)).one()
    return case, list(session.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.seq)))


def flip_a_byte(session: Session) -> None:
    _, events = history_of(session, 2)
    content = json.dumps(events[-1].values)
    flipped = content.replace("2", "3")
    assert len(flipped) == len(content)
    assert flipped != content
    events[-1].values = json.loads(flipped)


def delete_in_the_middle(session: Session) -> None:
    _, events = history_of(session, 2)
    session.delete(events[1])


def cut_the_tail(session: Session) -> None:
    case, events = history_of(session, 2)
    case.event_seq, case.event_head = events[-3].seq, events[-3].hash
    for event in events[-2:]:
        session.delete(event)


def chain_anew(session: Session, number: int) -> None:
    case, events = history_of(session, number)
    previous = GENESIS
    for event in events:
        event.previous_hash = previous
        row = {name: getattr(event, name) for name in HASHED}
        event.hash = previous = event_hash(row)
    case.event_head = previous


HASHED = ("case_id", "seq", "kind", "at", "actor", "message_id", "values", "detail_digest", "previous_hash")


def rewrite_one_history(session: Session) -> None:
    history_of(session, 2)[1][0].actor = "agent:7"
    chain_anew(session, 2)


def rewrite_everything(session: Session) -> None:
    rewrite_one_history(session)
    session.flush()
    previous = GENESIS
    for seal in session.scalars(select(Seal).order_by(Seal.number)):
        place = (Event.xid >= text(f"'{seal.first_xid}'::xid8")) & (Event.xid <= text(f"'{seal.last_xid}'::xid8"))
        hashes = session.scalars(select(Event.hash).where(place).order_by(Event.xid, Event.id)).all()
        assert len(hashes) == seal.events
        seal.previous_hash, seal.root = previous, hashlib.sha256(b"".join(hashes)).digest()
        seal.hash = previous = seal_hash(seal)


def change_a_detail(session: Session) -> None:
    detail = session.scalars(select(EventDetail).order_by(EventDetail.event_id).offset(1).limit(1)).one()
    detail.values = {"name": "Tester Number 4"}


def change_a_detail_and_its_digest(session: Session) -> None:
    change_a_detail(session)
    _, events = history_of(session, 2)
    detail = session.get_one(EventDetail, events[-1].id)
    events[-1].detail_digest = detail_digest(detail.salt, detail.values)


def slip_one_in(session: Session) -> None:
    _, events = history_of(session, 2)
    session.execute(text("insert into event (case_id, seq, kind, at, actor, plain, previous_hash, hash, xid) "
                         "select 9999, 1, kind, at, actor, plain, previous_hash, hash, xid from event where id = :id"),
                    {"id": events[0].id})  # fmt: skip


def remove_a_case_with_its_history(session: Session) -> None:
    case, events = history_of(session, 2)
    session.execute(delete(Event).where(Event.id.in_([event.id for event in events])))
    session.execute(text("delete from filing where case_id = :id"), {"id": case.id})
    session.execute(text("delete from timer where case_id = :id"), {"id": case.id})
    session.execute(text("delete from party where case_id = :id"), {"id": case.id})
    session.delete(case)


def remove_seal(number: int) -> Tamper:
    return lambda session: session.execute(delete(Seal).where(Seal.number == number))


def move_a_seal(session: Session) -> None:
    session.execute(update(Seal).where(Seal.number == 2).values(at=Seal.at - timedelta(days=1)))


def claim_another_content(session: Session) -> None:
    seal = session.get_one(Seal, 2)
    seal.at -= timedelta(days=1)
    seal.hash = seal_hash(seal)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (flip_a_byte, [r"^CASE event 5 was changed$"]),
        (delete_in_the_middle, [r"^CASE event 2 is missing$", r"^seal 2 of .* UTC: 1 of its 5 events were deleted$"]),
        (cut_the_tail, [r"^seal 2 of .*: 2 of its 5 events were deleted$"]),
        (rewrite_one_history, [r"^seal 2 of .*: its 5 events are not those that were sealed$"]),
        (rewrite_everything, [r"^seals 2 to 3 are not what the anchor file says$"]),
        (change_a_detail, [r"^CASE the detail of event 5 was changed$"]),
        (change_a_detail_and_its_digest, [r"^CASE event 5 was changed$"]),
        (
            slip_one_in,
            [
                r"was changed",
                r"^case number 9999 is not there, but its events are: 1$",
                r"^seal 3 .*: its 5 events have become 6$",
            ],
        ),
        (remove_a_case_with_its_history, [r"^seal 2 of .*: 5 of its 5 events were deleted$"]),
        (remove_seal(2), [r"^seal 3 of .*: seal 2 is not there$", r"^seal 2 is in the anchor file and not in the d"]),
        (remove_seal(3), [r"^seal 3 is in the anchor file and not in the database$"]),
        (move_a_seal, [r"^seal 2 of .*: was changed: its hash is not that of what it says$"]),
        (
            claim_another_content,
            [r"^seal 3 of .*: does not follow seal 2$", r"^seal 2 is not what the anchor"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_was_rewritten_is_named(
    three_seals: Container, run: Commands, tamper: Tamper, expected: list[str]
) -> None:
    assert passes(run)["seals"] == 3
    with three_seals.db.reader() as session:
        reference = written(history_of(session, 2)[0].reference)
    change(three_seals, tamper)
    found = [words.replace(reference, "CASE") for words in told(run)]
    assert len(found) == len(expected), found
    for words, pattern in zip(found, expected, strict=True):
        assert re.search(pattern, words), found


def test_people_read_the_same(three_seals: Container, run: Commands) -> None:
    code, out, _ = run("verify")
    assert (code, out) == (
        0,
        "3 cases, 15 events, 0 erased details; 3 seals, 0 events not sealed yet; 0 faults\n",
    )
    change(three_seals, flip_a_byte)
    outcome = run("verify")
    assert "1 faults" in failed(outcome)
    assert ": event 5 was changed\n" in outcome[1]


def test_an_erased_detail_is_counted_and_no_fault(three_seals: Container, run: Commands) -> None:
    change(three_seals, lambda session: session.execute(delete(EventDetail)))
    found = passes(run)
    assert (found["events"], found["erased"], found["fault_count"]) == (15, 3, 0)


def test_checking_in_small_batches_finds_the_same(
    three_seals: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((verify_command, "CASES"), (verify_command, "SEALS"), (anchor, "BATCH"), (seals, "HELD")):
        monkeypatch.setattr(module, name, 1)
    found = passes(run)
    assert [found[name] for name in ("cases", "events", "seals", "unsealed")] == [3, 15, 3, 0]
    change(three_seals, rewrite_everything)
    assert told(run) == ["seals 2 to 3 are not what the anchor file says"]


def test_of_many_faults_all_are_counted_and_some_kept(
    three_seals: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_command, "MOST_FAULTS", 2)
    change(three_seals, lambda session: session.execute(update(Event).values(actor="agent:7")))
    found = json.loads(run("verify", "--json")[1])
    assert (found["fault_count"], len(found["faults"])) == (15, 2)


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
