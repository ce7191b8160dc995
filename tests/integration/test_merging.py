"""Merging: one matter, one case, an old reference that still answers, and an undo that leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from cases import access, dialogue_cases, intake, references
from cases.errors import Invalid, NotAllowed, NotFound, Stale
from cases.filing import merging
from cases.filing.merging import Seen
from cases.forms import Asker
from cases.lifecycle import Outcome, Status
from cases.models import Case, Message, Party
from cases.permissions import Viewer
from cases.queries import case as case_query
from cases.queries import timeline
from contactcentre.db import Database
from tests.factories import inbound, make_agent, phone, say
from tests.integration.counting import count, differences, sums
from tests.integration.office import Office, office
from tests.integration.rearranging import kinds, merge, messages, promised, reference, row, sound, undo


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


def two(desk: Office) -> tuple[int, int]:
    """Two citizens tell of the same gutter, an hour apart."""
    first = desk.at("2026-03-03 08:00").says("The gutter at the market is choked", number=1)
    second = desk.at("2026-03-03 09:00").says("Water stands at the market", number=2)
    return first, second


def test_the_survivor_shows_both_and_keeps_the_tightest_promise(desk: Office) -> None:
    first, second = two(desk)
    desk.at("2026-03-03 10:00")
    merge(desk, first, second, reason="the same gutter")
    gone, kept = row(desk, first), row(desk, second)
    assert (gone.status, gone.outcome, gone.merged_into_id, gone.due_at) == ("closed", "merged", second, None)
    assert promised(desk, first) == {}
    assert promised(desk, second)["first_response"] == ("running", "2026-03-03 08:00", "2026-03-03 12:00")
    with desk.db.reader() as session:
        view = case_query.load(session, desk.agent, gone.reference, city=desk.city)
        addresses = session.scalars(select(Party.address_id).where(Party.case_id == second)).all()
    assert view.row.reference == kept.reference
    said = [one.text for one in view.timeline if isinstance(one, timeline.MessageEntry) and one.direction == "in"]
    assert said == ["The gutter at the market is choked", "Water stands at the market"]
    assert len(addresses) == 2
    sound(desk)


def test_the_undo_restores_exactly(desk: Office) -> None:
    first, second = two(desk)
    before = promised(desk, first), promised(desk, second), row(desk, first).status
    desk.at("2026-03-03 10:00")
    done = merge(desk, first, second)
    desk.at("2026-03-03 11:00")
    undo(desk, done)
    assert (promised(desk, first), promised(desk, second), row(desk, first).status) == before
    assert (row(desk, first).merged_into_id, row(desk, first).outcome, row(desk, first).closed_at) == (None,) * 3
    assert row(desk, first).due_at is not None
    with desk.db.reader() as session:
        assert len(session.scalars(select(Party).where(Party.case_id == second)).all()) == 1
    with pytest.raises(Invalid, match="undone already"):
        undo(desk, done)
    sound(desk)


def test_a_pause_goes_on_as_if_it_had_never_been_merged(desk: Office) -> None:
    first, second = two(desk)
    desk.case_id = first
    desk.at("2026-03-03 10:00").answers()
    desk.moves(Status.WAITING_ON_THIRD_PARTY)
    before = promised(desk, first)
    assert before["resolution"] == ("paused", "2026-03-03 08:00", "-")
    desk.at("2026-03-03 11:00")
    done = merge(desk, first, second)
    assert "resolution" in promised(desk, second)
    undo(desk.at("2026-03-04 11:00"), done)
    assert promised(desk, first) == before
    assert desk.pauses("resolution") == [("2026-03-03 10:00", "-", "waiting_on_third_party")]
    sound(desk)


def test_the_old_reference_answers_by_sms_and_with_its_code(desk: Office) -> None:
    first, second = two(desk)
    old = reference(desk, first)
    merge(desk.at("2026-03-03 10:00"), first, second)

    def asked(number: int) -> str:
        def work(uow):  # type: ignore[no-untyped-def]
            received = say(uow.session, desk.city, f"STATUS {old}", sender=phone(number))
            query = select(Message.text).where(Message.direction == "out").order_by(Message.id.desc()).limit(1)
            assert received.case_id is None
            return uow.session.scalars(query).one()

        return desk.db.run(work)

    assert asked(1).startswith("status ") and references.written(old) in asked(1)
    assert asked(2).startswith("code_needed")  # who is on the survivor alone does not own the other's reference
    sound(desk)


def test_later_words_join_the_survivor_by_the_thread_and_by_the_old_reference(desk: Office) -> None:
    first, second = two(desk)
    old = reference(desk, first)
    merge(desk.at("2026-03-03 10:00"), first, second)
    assert desk.at("2026-03-03 15:00").says("Still choked", number=1) == second
    assert desk.at("2026-03-04 15:00").says(f"{references.written(old)} and it smells", number=1) == second
    desk.case_id = second
    desk.answers()
    assert desk.at("2026-03-05 09:00").says("Thank you, when?", number=1) == second
    sound(desk)


def test_what_another_number_wrote_since_comes_back_with_its_case(desk: Office) -> None:
    first, second = two(desk)
    done = merge(desk.at("2026-03-03 10:00"), first, second)
    desk.at("2026-03-03 15:00").says("Still choked", number=1)
    undo(desk.at("2026-03-03 16:00"), done)
    assert (len(messages(desk, first)), len(messages(desk, second))) == (2, 1)
    assert row(desk, first).last_speaker == "citizen"
    assert desk.at("2026-03-03 16:10").says("Hello?", number=1) == first
    sound(desk)


def test_chains_lead_on_and_are_undone_from_the_end(desk: Office) -> None:
    first, second = two(desk)
    third = desk.at("2026-03-03 09:30").says("A pool at the market", number=3)
    one = merge(desk.at("2026-03-03 10:00"), first, second)
    other = merge(desk, second, third)
    with desk.db.reader() as session:
        assert access.for_reading(session, desk.agent, reference=reference(desk, first)).id == third
        view = case_query.load(session, desk.agent, reference(desk, first), city=desk.city)
    assert sum(isinstance(line, timeline.MessageEntry) and line.direction == "in" for line in view.timeline) == 3
    with pytest.raises(Invalid, match="undo that first"):
        undo(desk, one)
    with pytest.raises(Invalid, match="one case already"):
        merge(desk, third, first)
    undo(desk, other)
    undo(desk, one)
    assert [row(desk, case).status for case in (first, second, third)] == ["new"] * 3
    sound(desk)


def test_several_from_the_list_go_together_or_not_at_all(desk: Office) -> None:
    first, second = two(desk)
    third = desk.at("2026-03-03 09:30").says("A pool at the market", number=3)
    desk.case_id = third
    desk.at("2026-03-03 10:00").answers(resolve=Outcome.FIXED)
    with pytest.raises(Invalid, match="has ended"):
        merge(desk, first, second, third)
    assert row(desk, first).merged_into_id is None
    desk.moves(Status.OPEN)
    merge(desk, first, second, third)
    assert [row(desk, one).merged_into_id for one in (first, third)] == [second, second]
    sound(desk)


def test_what_cannot_be_merged_says_why(desk: Office) -> None:
    roles = (("supervisor", "*"), ("supervisor", "desk"))
    desk.agent = desk.db.run(lambda uow: make_agent(uow.session, "Esi", *roles))
    first, second = two(desk)
    desk.at("2026-03-03 10:00")

    def confidential(on: bool) -> None:
        desk.db.run(lambda uow: setattr(uow.session.get_one(Case, first), "confidential", on))

    confidential(True)
    with pytest.raises(Invalid, match="more people would read it there"):
        merge(desk, first, second)
    merged = merge(desk, second, first)
    undo(desk, merged)
    confidential(False)
    with pytest.raises(Invalid, match="one case already"):
        merge(desk, first, first)
    stale = [Seen(reference(desk, first), 99)]
    with pytest.raises(Stale):
        desk.db.run(
            lambda uow: merging.merge(
                uow.session, desk.agent, city=desk.city, cases=stale, into=reference(desk, second)
            )
        )


def test_only_who_may_act_on_both(desk: Office) -> None:
    first, second = two(desk)
    desk.db.run(lambda uow: setattr(uow.session.get_one(Case, second), "department", "waste"))

    def attempt(viewer: Viewer) -> None:
        seen = [Seen(reference(desk, first))]
        desk.db.run(
            lambda uow: merging.merge(uow.session, viewer, city=desk.city, cases=seen, into=reference(desk, second))
        )

    here = desk.db.run(lambda uow: make_agent(uow.session, "Kofi", ("agent", "desk")))
    looks = desk.db.run(lambda uow: make_agent(uow.session, "Esi", ("agent", "desk"), ("auditor", "waste")))
    both = desk.db.run(lambda uow: make_agent(uow.session, "Abena", ("agent", "desk"), ("agent", "waste")))
    with pytest.raises(NotFound):
        attempt(here)
    with pytest.raises(NotAllowed):
        attempt(looks)
    attempt(both)
    with desk.db.reader() as session, pytest.raises(NotFound):  # the old reference leads where Kofi may not look
        access.for_reading(session, here, reference=reference(desk, first))


def test_an_answer_to_both_cannot_be_divided(desk: Office) -> None:
    first, second = two(desk)
    done = merge(desk.at("2026-03-03 10:00"), first, second)
    desk.case_id = second
    desk.answers()
    with pytest.raises(Invalid, match="was answered in"):
        undo(desk, done)
    sound(desk)


def test_a_merged_case_leaves_the_figures_and_comes_back_with_the_undo(desk: Office) -> None:
    first, second = two(desk)
    desk.at("2026-03-04 16:00").wakes()
    count(desk)
    assert sums(desk, "breached")["breached first_response 03-03 desk"] == 2
    done = merge(desk, first, second)
    count(desk)
    assert sums(desk, "breached")["breached first_response 03-03 desk"] == 1
    undo(desk, done)
    count(desk)
    assert sums(desk, "breached")["breached first_response 03-03 desk"] == 2
    assert differences(desk) == []
    assert kinds(desk, first).count("merged") == kinds(desk, first).count("unmerged") == 1


def test_two_agents_merge_crosswise_at_once(desk: Office) -> None:
    first, second = two(desk)
    desk.at("2026-03-03 10:00")
    start, refused = Barrier(2), []

    def attempt(case_id: int, into: int) -> None:
        start.wait()
        try:
            merge(desk, case_id, into)
        except Invalid as error:
            refused.append(str(error))

    threads = [Thread(target=attempt, args=pair) for pair in ((first, second), (second, first))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert refused == ["These are one case already."]
    assert sorted((row(desk, one).merged_into_id or 0) > 0 for one in (first, second)) == [False, True]
    sound(desk)


@pytest.mark.parametrize("turn", range(3))
def test_a_message_that_arrives_while_its_case_is_merged_is_not_lost(desk: Office, turn: int) -> None:
    first, second = two(desk)
    desk.at("2026-03-03 10:00")
    start, cases = Barrier(2), []

    def arrive() -> None:
        start.wait()
        for number in range(5):
            words = inbound(f"And more {number}", sender=phone(1))
            received = desk.db.run(lambda uow, words=words: intake.receive(uow.session, words, city=desk.city))
            cases.append(received.case_id)

    thread = Thread(target=arrive)
    thread.start()
    start.wait()
    merge(desk, first, second)
    thread.join()
    assert set(cases) <= {first, second}
    assert len(messages(desk, first)) + len(messages(desk, second)) == 7
    sound(desk)


def test_by_ussd_the_old_code_leads_on_but_ends_nobody_elses_case(desk: Office) -> None:
    first, second = two(desk)
    old = reference(desk, first)
    merge(desk.at("2026-03-03 10:00"), first, second)

    def dialled(what, **arguments: str):  # type: ignore[no-untyped-def]
        asker = Asker("sms", "sms-front", "sms-front", phone(1), f"turn-{what.__name__}", reference=old, proved=True)
        return desk.db.run(lambda uow: what(uow.session, {"reference": old, **arguments}, asker, desk.city))

    told = dialled(dialogue_cases.track)
    assert (told.outcome, told.values["reference"]) == ("promised", references.written(old))
    assert dialled(dialogue_cases.withdraw).outcome == "refused"
    assert row(desk, second).status == "new"
    assert dialled(dialogue_cases.add, words="It smells").outcome == "done"
    assert len(messages(desk, second)) == 2
    sound(desk)
