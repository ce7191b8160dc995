"""Scans become letters with numbers, or are held for a person; who splits, joins, turns and discards them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from cases import clock, together
from cases.clock import TestClock, set_test_clock
from cases.departments import City
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.letters import arriving, pages, rearranging, register
from cases.letters.rearranging import Marks
from cases.messages import PageCode
from cases.models import LetterChange, LetterRow, ScanPage
from cases.permissions import Viewer
from cases.queries import one_letter, one_scan
from cases.queries import register as entries
from cases.queries.register import RegisterFilter, Waiting
from contactcentre.db import Database
from tests.factories import make_agent, make_city
from tests.integration.lettering import (
    arrives,
    cover,
    is_read,
    letters,
    page,
    put_together,
    scan,
    sides,
    the_scan,
    with_letters,
)

REPLY = PageCode("reply", reference="48217736", message_id=7)


@pytest.fixture
def city() -> City:
    return with_letters(make_city())


@pytest.fixture
def clerk(db: Database) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Esi", ("counter_clerk", "*")))


def _spans(db: Database) -> list[tuple[str, int | None, int | None, str]]:
    return [(one.register_number[-4:], one.first_page, one.last_page, one.state) for one in letters(db)]


def test_a_batch_becomes_letters_with_numbers_at_once(db: Database, city: City) -> None:
    batch = [cover(1), page(), cover(2), page(REPLY), page(blank=True), cover(3), page(), page()]
    found = arrives(db, city, scan(*batch))
    year = register.day(letters(db)[0].created_at, city).year
    assert [one.register_number for one in letters(db)] == [f"L-{year}-000{n}" for n in (1, 2, 3)]
    assert _spans(db) == [("0001", 2, 2, "reading"), ("0002", 4, 5, "reading"), ("0003", 7, 8, "reading")]
    assert [one.proves for one in letters(db)] == [None, 7, None]
    assert [one.reference_found for one in letters(db)] == [None, "48217736", None]
    assert (the_scan(db, found).state, the_scan(db, found).pages) == ("split", 8)
    states = [(one.cover, one.blank, one.state) for one in sides(db, found)]
    assert [one[0] for one in states] == [True, False, True, False, False, True, False, False]
    assert [one[2] for one in states] == ["read", "waiting", "read", "waiting", "read", "read", "waiting", "waiting"]


def test_numbers_have_no_gap_where_a_transaction_fails_or_two_run_at_once(db: Database, city: City) -> None:
    arrives(db, city, scan(page(), single=True))
    with pytest.raises(ZeroDivisionError):
        db.run(lambda uow: [register.numbers(uow.session, "in", 2026, 3), 1 / 0])
    threads = [threading.Thread(target=arrives, args=(db, city, scan(page(), single=True))) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(int(one.register_number[-4:]) for one in letters(db)) == list(range(1, 8))


def test_ours_are_counted_by_themselves_and_each_year_begins_anew(db: Database) -> None:
    taken = db.run(
        lambda uow: [
            *register.numbers(uow.session, "in", 2026, 2),
            *register.numbers(uow.session, "out", 2026),
            *register.numbers(uow.session, "in", 2027),
        ]
    )
    assert taken == ["L-2026-0001", "L-2026-0002", "D-2026-0001", "L-2027-0001"]


def test_the_same_bytes_twice_are_two_scans_and_the_second_is_held(db: Database, city: City) -> None:
    first = arrives(db, city, scan(page(), single=True, same_as="one"))
    second = arrives(db, city, scan(page(), single=True, same_as="one", name="again.pdf"))
    third = arrives(db, city, scan(page(), single=True, same_as="one"))
    assert [the_scan(db, one).twin_of for one in (first, second, third)] == [None, first, first]
    assert [the_scan(db, one).state for one in (first, second, third)] == ["split", "held", "held"]
    assert len(letters(db)) == 1


def test_a_held_scan_waits_and_its_pages_are_read(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(page(), cover(4), page()))
    assert "one is missing" in (the_scan(db, found).trouble or "")
    assert is_read(db) == 0
    assert [one.state for one in sides(db, found)] == ["read", "read", "read"]
    (line,) = _waiting(db, clerk).held
    assert (line.id, line.state, line.pages) == (found, "held", 3)


def test_a_person_says_where_letters_begin(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(page(), page(blank=True), cover(4), page(), page(REPLY)))
    is_read(db)
    numbers = db.run(
        lambda uow: rearranging.confirm(
            uow.session, clerk, city=city, scan_id=found, version=1, marks=Marks((1, 4), (3,))
        )
    )
    assert [one[-4:] for one in numbers] == ["0001", "0002"]
    assert [one[1:3] for one in _spans(db)] == [(1, 2), (4, 5)]
    assert letters(db)[1].proves == 7
    assert (the_scan(db, found).state, the_scan(db, found).version) == ("split", 2)
    assert put_together(db, {}) == 2
    assert _kinds(db, scan_id=found) == ["arrived", "confirmed"]


def test_a_page_that_was_no_cover_sheet_is_read_after_all(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(cover(1), cover(2), page()))
    is_read(db)
    _confirm(db, city, clerk, found, Marks((1,), ()))
    assert [one.state for one in sides(db, found)] == ["waiting", "waiting", "read"]
    assert [one.cover for one in sides(db, found)] == [False, False, False]
    assert is_read(db) == 1


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (Marks(()), "Mark the pages"),
        (Marks((9,)), "Mark the pages"),
        (Marks((3,), (3,)), "no page of a letter"),
        (Marks((3,), (2,)), "Page 1 would be in no letter"),
        (Marks((1,), (2,)), "Page 3 would be in no letter"),
    ],
)
def test_no_page_is_lost_when_letters_are_marked(
    db: Database, city: City, clerk: Viewer, marks: Marks, said: str
) -> None:
    found = arrives(db, city, scan(page(), page(), page()))
    with pytest.raises(Invalid, match=said):
        _confirm(db, city, clerk, found, marks)
    assert letters(db) == []


def test_two_who_mark_the_same_scan_make_its_letters_once(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(page(), page()))
    _confirm(db, city, clerk, found, Marks((1,)))
    with pytest.raises(Stale):
        _confirm(db, city, clerk, found, Marks((1, 2)))
    assert len(letters(db)) == 1


def test_a_letter_is_split_and_joined_again(db: Database, city: City, clerk: Viewer) -> None:
    arrives(db, city, scan(page(), page(REPLY), page(), single=True))
    assert is_read(db) == 1
    first = letters(db)[0]
    how = {"city": city, "register_number": first.register_number}
    new = db.run(lambda uow: rearranging.split_here(uow.session, clerk, **how, version=first.version, page=2))
    assert _spans(db) == [("0001", 1, 1, "reading"), ("0002", 2, 3, "reading")]
    assert [one.proves for one in letters(db)] == [None, 7]
    assert put_together(db, {}) == 2
    second = letters(db)[1]
    joined = db.run(
        lambda uow: rearranging.join_previous(uow.session, clerk, register_number=new, version=second.version)
    )
    assert joined == first.register_number
    assert _spans(db) == [("0001", 1, 3, "reading"), ("0002", 2, 3, "joined")]
    assert letters(db)[0].proves == 7
    assert _kinds(db, letter_id=first.id) == ["split", "took_in"]
    with pytest.raises(Stale):
        db.run(lambda uow: rearranging.split_here(uow.session, clerk, **how, version=first.version, page=2))


@pytest.mark.parametrize("place", [0, 1, 4])
def test_a_letter_is_split_behind_its_first_page_alone(db: Database, city: City, clerk: Viewer, place: int) -> None:
    arrives(db, city, scan(page(), page(), page(), single=True))
    number = letters(db)[0].register_number
    with pytest.raises(Invalid, match="behind the first"):
        db.run(
            lambda uow: rearranging.split_here(
                uow.session, clerk, city=city, register_number=number, version=1, page=place
            )
        )


def test_the_first_letter_of_a_scan_joins_none(db: Database, city: City, clerk: Viewer) -> None:
    arrives(db, city, scan(page(), single=True))
    number = letters(db)[0].register_number
    with pytest.raises(NotFound):
        db.run(lambda uow: rearranging.join_previous(uow.session, clerk, register_number=number, version=1))


def test_a_turned_page_is_shown_so_and_its_letter_put_together_again(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(page(), single=True))
    is_read(db)
    for wanted in (90, 180):
        turned = db.run(lambda uow: rearranging.turn(uow.session, clerk, scan_id=found, page=1, degrees=90).turn)
        assert turned == wanted
    assert letters(db)[0].state == "reading"
    assert put_together(db, {}) == 1
    with pytest.raises(Invalid):
        db.run(lambda uow: rearranging.turn(uow.session, clerk, scan_id=found, page=1, degrees=45))


def test_what_cannot_be_looked_into_is_keyed_by_hand_or_put_away(db: Database, city: City, clerk: Viewer) -> None:
    first = arrives(db, city, scan(refused="It is broken."))
    second = arrives(db, city, scan(refused="It takes too long to read."))
    assert the_scan(db, first).state == "refused"
    number = db.run(lambda uow: rearranging.enter(uow.session, clerk, city=city, scan_id=first, version=1))
    (letter,) = letters(db)
    assert (letter.register_number, letter.state, letter.trouble) == (number, "to_key", "It is broken.")
    how = {"scan_id": second, "version": 1}
    with pytest.raises(Invalid):
        db.run(lambda uow: rearranging.discard(uow.session, clerk, **how, reason="bored"))
    db.run(lambda uow: rearranging.discard(uow.session, clerk, **how, reason="no_letter"))
    assert (the_scan(db, second).state, the_scan(db, second).trouble) == ("discarded", "It is no letter")
    assert _waiting(db, clerk).held == ()


def test_a_scan_of_which_letters_were_made_is_not_put_away(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(page(), single=True))
    with pytest.raises(Invalid, match="Letters were made"):
        db.run(lambda uow: rearranging.discard(uow.session, clerk, scan_id=found, version=1, reason="blank"))


def test_who_keeps_no_register_neither_sees_nor_changes_it(db: Database, city: City) -> None:
    found = arrives(db, city, scan(page(), page()))
    officer = db.run(lambda uow: make_agent(uow.session, "Kojo", ("field_officer", "*")))
    with pytest.raises(NotAllowed):
        _confirm(db, city, officer, found, Marks((1,)))
    with db.reader() as session, pytest.raises(NotFound):
        one_scan.load(session, officer, found)


def test_a_page_is_tried_three_times_and_then_left_to_a_person(db: Database, city: City) -> None:
    found = arrives(db, city, scan(page(), single=True))
    with db.reader() as session:
        anchor = clock.now(session)
    tries = 0
    try:
        for hour in range(1, 6):
            set_test_clock(TestClock(anchor, hour * pages.LEASE, speed=1.0))
            one = db.run(lambda uow: pages.claim(uow.session, now=clock.now(uow.session)))
            if one is not None:
                tries += 1
                db.run(lambda uow, one=one: pages.fail(uow.session, one, again=True, at=clock.now(uow.session)))  # type: ignore[misc]
    finally:
        set_test_clock(None)
    assert tries == pages.MOST_TRIES
    assert sides(db, found)[0].state == "unread"
    assert put_together(db, {}) == 1
    assert letters(db)[0].state == "to_key"


def test_a_lease_keeps_a_page_from_others_and_what_comes_late_changes_nothing(db: Database, city: City) -> None:
    found = arrives(db, city, scan(page(), single=True))
    first = db.run(lambda uow: pages.claim(uow.session, now=clock.now(uow.session)))
    assert first is not None
    assert db.run(lambda uow: pages.claim(uow.session, now=clock.now(uow.session))) is None
    db.run(lambda uow: uow.session.execute(update(ScanPage).values(attempts=2)))
    db.run(lambda uow: pages.fail(uow.session, first, again=False, at=clock.now(uow.session)))
    assert sides(db, found)[0].state == "waiting"


def test_a_cover_sheet_whose_code_is_torn_is_told_of(db: Database, city: City) -> None:
    arrives(db, city, scan(page(), page(), single=True))
    is_read(db, "Test Assembly COVER SHEET No. 12")
    assert "Page 1 looks like a cover sheet" in (letters(db)[0].trouble or "")


def test_the_register_is_searched_and_the_next_letter_told(db: Database, city: City, clerk: Viewer) -> None:
    for _ in range(3):
        arrives(db, city, scan(page(), single=True))
    is_read(db, found={"sender_name": {"value": "Ama Demo", "confidence": 90}})
    db.run(lambda uow: uow.session.execute(update(LetterRow).where(LetterRow.id == 2).values(sender_name="Ama 100%")))
    found = _waiting(db, clerk)
    assert (len(found.to_key), found.more, found.held) == (3, 0, ())
    assert [one.name for one in found.to_key] == ["Ama Demo", "Ama 100%", "Ama Demo"]
    with db.reader() as session:
        by_name = entries.page(session, clerk, RegisterFilter("ama 100%")).items
        by_number = entries.page(session, clerk, RegisterFilter(f"L {by_name[0].register_number[2:6]} 3")).items
        opened, _ = one_letter.load(session, clerk, by_name[0].register_number)
    assert [one.register_number[-4:] for one in by_name] == ["0002"]
    assert [one.register_number[-4:] for one in by_number] == ["0003"]
    assert ((opened.after or "")[-4:], len(opened.pages)) == ("0003", 1)


def test_pages_and_scans_are_given_to_who_keeps_the_register(db: Database, city: City, clerk: Viewer) -> None:
    found = arrives(db, city, scan(cover(1), page(), same_as="x"))
    with db.reader() as session:
        opened = one_scan.load(session, clerk, found)
        assert [one.number for one in opened.every] == [1, 2]
        assert one_scan.picture(session, clerk, found, 2)
        with pytest.raises(NotFound):
            one_scan.picture(session, clerk, found, 3)


def _waiting(db: Database, viewer: Viewer) -> Waiting:
    with db.reader() as session:
        now = clock.now(session)
        values = {"now": now, "today": now.replace(hour=0, minute=0, second=0, microsecond=0)}
        return entries.waiting_of(together.read(session, entries.waiting_parts(viewer), values))


def _confirm(db: Database, city: City, viewer: Viewer, scan_id: int, marks: Marks) -> None:
    how = {"city": city, "scan_id": scan_id, "version": 1, "marks": marks}
    db.run(lambda uow: rearranging.confirm(uow.session, viewer, **how))  # type: ignore[arg-type]


def _kinds(db: Database, **of: int) -> list[str]:
    with db.reader() as session:
        query = select(LetterChange.kind).filter_by(**of).order_by(LetterChange.id)
        return list(session.scalars(query))


def test_where_nothing_was_scanned_there_is_no_letter(db: Database, city: City) -> None:
    found = arrives(db, city, scan(page(blank=True), single=True))
    assert the_scan(db, found).state == arriving.HELD
    assert letters(db) == []
