"""An answer by letter: through the outbox into the register, printed, posted, and sometimes back again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from cases import reaching
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.letters import dispatch
from cases.letters.states import Dispatched
from cases.lifecycle import Outcome
from cases.models import Attachment, Case, LetterChange, Message
from cases.permissions import Viewer
from cases.queries import dispatch as listed
from cases.sla import whatif
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.counting import count, differences, facts
from tests.integration.office import office, when
from tests.integration.print_room import BY_LETTER, HOME, PrintRoom, numbers

MONDAY = "2026-03-02"


@pytest.fixture
def room(db: Database) -> Iterator[PrintRoom]:
    with office(db) as opened:
        opened.at(f"{MONDAY} 09:00")
        yield PrintRoom(opened)


def somebody(db: Database, *roles: tuple[str, str]) -> Viewer:
    return db.run(lambda uow: make_agent(uow.session, "Kofi", *roles))


def test_an_answer_by_letter_goes_all_the_way(room: PrintRoom) -> None:
    room.comes()
    office = room.office
    message = office.answers("Our crew comes on Tuesday.")
    assert numbers(room.db) == []  # it has not left the outbox
    (one,) = room.leaves()
    row = room.row(one)
    assert (row.register_number, row.state, row.message_id) == ("D-2026-0001", Dispatched.TO_PRINT, message)
    assert (row.case_id, row.postal, str(row.dated)) == (office.case_id, HOME, MONDAY)
    assert office.message(message).status_reason == "Letter D-2026-0001 waits to be printed."
    assert row.subject == "", "nobody has named it: a piece of a sentence is no subject"


def test_a_letter_counts_as_an_answer_once_it_is_posted(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    office = room.office
    assert office.timer("first_response").state == "running"
    room.prints(one)
    office.at("2026-03-03 10:00")
    assert office.timer("first_response").state == "running"
    assert room.posts(one, on="2026-03-03", tracking="RR 123 456 GH") == 1
    timer = office.timer("first_response")
    assert (timer.state, timer.met_at, timer.breached_at) == ("met", when("2026-03-03 10:00"), None)
    assert office.history("letter_posted") == [{"kind": "letter_posted", "letter": "D-2026-0001", "on": "2026-03-03"}]
    words = "Letter D-2026-0001 was posted on 3 March 2026, tracking number RR 123 456 GH."
    assert office.message(timer.met_by or 0).status_reason == words


def test_one_that_lies_in_a_tray_breaks_its_promise(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    room.prints(one)
    office = room.office.at("2026-03-11 09:00")
    office.wakes()
    assert office.timer("first_response").state == "breached"
    room.posts(one, on="2026-03-11")
    assert office.timer("first_response").state == "met"
    assert office.history("timer_met")[-1]["late"] is True


def test_what_came_on_paper_has_its_own_time_to_be_answered(room: PrintRoom) -> None:
    office = room.office
    room.comes()
    assert (office.due("first_response"), office.due("resolution")) == ("2026-03-10 17:00", "2026-03-04 09:00")
    office.says(number=2)
    assert office.due("first_response") == "2026-03-02 14:00"
    with room.db.reader() as session:
        usual = replace(office.city, policies=tuple(one for one in office.city.policies if one != BY_LETTER))
        effects = whatif.preview(session, usual, at=when(f"{MONDAY} 09:00")).effects
    changed = {(one.department, one.kind): one.earlier for one in effects if one.earlier}
    assert changed == {(None, "first_response"): 1}  # the letter's; what came by phone stays


def test_words_that_came_after_the_letter_was_written_are_owed_an_answer_anew(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    office = room.office.at(f"{MONDAY} 11:00")
    room.comes("And now it smells")
    room.prints(one)
    office.at("2026-03-03 10:00")
    room.posts(one, on="2026-03-03")
    timers = office.timers()
    assert timers["first_response"].state == "met"
    assert (timers["next_response"].state, timers["next_response"].started_at) == ("running", when(f"{MONDAY} 11:00"))
    two = room.writes("The crew knows.")
    room.prints(two)
    room.posts(two, on="2026-03-03")
    assert office.timer("next_response").state == "met"


def test_figures_count_a_letter_from_the_day_of_its_posting(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    room.office.at("2026-03-03 09:00")
    room.comes("And now it smells")
    count(room.office)
    assert facts(room.office, "first_response", "next_response") == {}
    room.prints(one)
    room.posts(one, on="2026-03-03")
    count(room.office)
    first = {"first_response 03-03 ": (24 * 60, 8 * 60)}
    assert facts(room.office, "first_response", "next_response") == first
    room.office.at("2026-03-03 10:00")
    two = room.writes("The crew knows.")
    room.prints(two)
    room.office.at("2026-03-03 11:00")
    room.posts(two, on="2026-03-03")
    count(room.office)
    assert facts(room.office, "first_response", "next_response") == {**first, "next_response 03-03 ": (120, 120)}
    room.comes_back(two, on="2026-03-03")
    count(room.office)
    assert facts(room.office, "first_response", "next_response") == first
    assert list(differences(room.office)) == []


def test_a_letter_that_ends_its_case_counts_when_it_is_written(room: PrintRoom) -> None:
    room.comes()
    one = room.writes("It is done.", resolve=Outcome.FIXED)
    assert room.office.timer("first_response").state == "met"
    room.prints(one)
    room.posts(one, on=MONDAY)
    room.comes_back(one, on=MONDAY)
    room.office.wakes()
    assert room.office.timer("first_response").state == "missed"


def test_a_letter_that_comes_back_has_answered_nobody(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    room.prints(one)
    room.posts(one, on=MONDAY)
    office = room.office.at("2026-03-04 10:00")
    room.comes_back(one, on="2026-03-04")
    office.wakes()
    message = office.message(room.row(one).message_id or 0)
    assert office.timer("first_response").state == "running"
    assert (message.status, message.status_reason) == (
        "failed", "Letter D-2026-0001 came back on 4 March 2026: moved away.",
    )  # fmt: skip
    assert office.history("message_not_delivered")[-1]["status"] == "failed"
    assert room.row(one).state == Dispatched.RETURNED
    with room.db.reader() as session:
        (way,) = reaching.reach(session, office.case, city=office.city).ways
    assert (way.account.id, way.trouble) == ("paper", "The last letter to this address came back: moved away.")


def test_a_later_letter_makes_up_for_it_only_once_it_is_posted(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    room.prints(one)
    room.posts(one, on=MONDAY)
    two = room.writes("To your new address.")
    room.prints(two)
    room.comes_back(one, on=MONDAY)
    room.office.wakes()
    assert room.office.timer("first_response").state == "running"
    room.posts(two, on=MONDAY)
    timer = room.office.timer("first_response")
    assert (timer.state, timer.met_by) == ("met", room.row(two).message_id)
    with room.db.reader() as session:
        (way,) = reaching.reach(session, room.office.case, city=room.office.city).ways
    assert way.trouble == ""


def test_a_number_that_was_not_used_is_taken_again(room: PrintRoom) -> None:
    room.comes()
    room.office.answers("One")
    with pytest.raises(RuntimeError, match="power"):
        room.db.run(_leave_and_fail(room))
    assert numbers(room.db) == []
    room.leaves()
    room.comes("Another matter of the harbour", home="House 3, Port")
    room.writes("Two")
    assert numbers(room.db) == ["D-2026-0001", "D-2026-0002"]


def _leave_and_fail(room: PrintRoom) -> object:
    from cases import clock
    from cases.letters import entering

    def work(uow: object) -> None:
        session = uow.session  # type: ignore[attr-defined]
        ids = session.scalars(select(Message.id).where(Message.direction == "out")).all()
        assert entering.enter(session, ids, city=room.office.city, at=clock.now(session))
        raise RuntimeError("power")

    return work


def test_acts_can_be_undone_before_the_letter_is_posted(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    first = room.prints(one)
    second = room.prints(one)  # the printer jammed
    assert second != first and room.row(one).print_batch_id == second
    chosen = room.chosen(one)
    assert room.db.run(lambda uow: dispatch.put_back(uow.session, room.keeper, chosen)) == 1
    row = room.row(one)
    assert (row.state, row.print_batch_id, row.printed_at) == (Dispatched.TO_PRINT, None, None)
    with room.db.reader() as session:
        kinds = session.scalars(select(LetterChange.kind).order_by(LetterChange.id)).all()
    assert kinds == ["entered", "printed", "printed", "put_back"]


def test_a_page_that_is_older_than_the_letter_changes_nothing(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    old = room.chosen(one)
    room.prints(one)
    with pytest.raises(Stale, match="D-2026-0001"):
        room.db.run(lambda uow: dispatch.print_together(uow.session, room.keeper, old, pdf_sha256="c" * 64))
    with pytest.raises(Stale, match="handled"):
        room.comes_back(one, on=MONDAY)  # it was never posted
    assert room.row(one).state == Dispatched.PRINTED


@pytest.mark.parametrize(
    ("on", "tracking", "field", "words"),
    [
        ("2026-03-03", "", "on", "between 2026-03-02 and 2026-03-02"),
        ("2026-03-01", "", "on", "between 2026-03-02 and 2026-03-02"),
        (MONDAY, "x" * 41, "tracking", "40 plain characters"),
    ],
)
def test_a_day_or_number_that_cannot_be_is_refused(
    room: PrintRoom, on: str, tracking: str, field: str, words: str
) -> None:
    room.comes()
    one = room.writes()
    room.prints(one)
    with pytest.raises(Invalid, match=words) as caught:
        room.posts(one, on=on, tracking=tracking)
    assert caught.value.field == field


def test_a_tracking_number_belongs_to_one_letter(room: PrintRoom) -> None:
    room.comes()
    one, two = room.writes("One"), room.writes("Two")
    room.prints(one, two)
    with pytest.raises(Invalid, match="choose that one alone"):
        room.posts(one, two, on=MONDAY, tracking="RR1")
    assert room.posts(one, two, on=MONDAY) == 2


def test_files_do_not_go_with_a_letter(room: PrintRoom) -> None:
    from cases import replies
    from tests.integration.print_room import PDF

    room.comes()
    how = {"city": room.office.city, "reference": room.office.case.reference, "text": "See the plan", "files": [PDF]}
    with pytest.raises(Invalid, match="Print what shall lie in the envelope") as caught:
        room.db.run(lambda uow: replies.reply(uow.session, room.keeper, **how))  # type: ignore[arg-type]
    assert caught.value.field == "files"
    how |= {"text": "x" * (replies.LONGEST_LETTER + 1), "files": []}
    with pytest.raises(Invalid, match="12000 is the most"):
        room.db.run(lambda uow: replies.reply(uow.session, room.keeper, **how))  # type: ignore[arg-type]


def test_who_keeps_no_register_touches_no_letter(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    for role in ("executive", "auditor", "administrator", "field_officer"):
        stranger = somebody(room.db, (role, "*"))
        with pytest.raises(NotAllowed):
            room.prints(one, viewer=stranger)
        with room.db.reader() as session, pytest.raises(NotAllowed):
            listed.page(session, stranger, state=Dispatched.TO_PRINT)


@pytest.mark.parametrize(
    ("confidential", "clerk"), [(False, ("agent", "desk")), (True, ("agent", "desk")), (True, ("counter_clerk", "*"))]
)
def test_letters_pass_through_hands_that_may_read_their_case(
    room: PrintRoom, confidential: bool, clerk: tuple[str, str]
) -> None:
    room.comes()
    one = room.writes()
    values = {"confidential": confidential, "department": "waste"}
    room.db.run(lambda uow: uow.session.execute(update(Case).values(**values)))
    stranger, own = somebody(room.db, clerk), somebody(room.db, ("agent", "waste"))
    with room.db.reader() as session:
        assert listed.page(session, stranger, state=Dispatched.TO_PRINT).items == ()
        assert listed.counts(session, stranger)["to_print"] == 0
        (row,) = listed.page(session, own, state=Dispatched.TO_PRINT).items
        with pytest.raises(NotFound):
            listed.letter(session, stranger, one)
    assert (row.ready, row.reference, row.recipient) == (True, room.office.case.reference, ("P.O. Box TK 418", "Port"))
    with pytest.raises(NotFound):
        room.prints(one, viewer=stranger)
    batch = room.prints(one, viewer=own)
    with room.db.reader() as session, pytest.raises(NotFound):
        listed.batch(session, stranger, batch)
    room.office.plants()


def test_a_print_room_of_the_whole_house_prints_what_is_ordinary(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    room.db.run(lambda uow: uow.session.execute(update(Case).values(department="waste")))
    assert room.prints(one, viewer=somebody(room.db, ("counter_clerk", "*"))) == 1
    room.office.plants()


def test_its_pdf_stands_under_the_message_in_the_case(room: PrintRoom) -> None:
    room.comes()
    one = room.writes()
    row = room.row(one)
    with room.db.reader() as session:
        (file,) = session.scalars(select(Attachment))
        assert (file.case_id, file.message_id, file.sha256) == (row.case_id, row.message_id, row.pdf_sha256)
        assert listed.letter(session, room.keeper, one) == ("D-2026-0001", row.pdf_sha256, row.case_id)
