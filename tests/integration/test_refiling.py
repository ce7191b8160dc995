"""Refile and split: messages find their case, and since when an answer is owed follows them, there and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from cases.errors import Invalid, Stale
from cases.filing import refiling
from cases.lifecycle import Outcome, Status
from cases.models import Attachment, Case, CaseLink, Filing, Message, OutboxEntry, StoredFile
from contactcentre.db import Database
from tests.integration.counting import count, differences, facts
from tests.integration.office import Office, office
from tests.integration.rearranging import (
    kinds,
    merge,
    messages,
    promised,
    reference,
    refile,
    row,
    sound,
    split,
    undo,
)


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened


def two(desk: Office) -> tuple[int, int, int]:
    """One citizen with two open cases, both answered, and a new message that joined the later one.

    Returns the cases and that message.
    """
    first = desk.at("2026-03-02 08:00").says("The gutter is choked")
    desk.at("2026-03-02 08:10").answers(wait=False)
    desk.db.run(lambda uow: setattr(uow.session.get_one(Case, first), "service", "lift"))
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    second = desk.at("2026-03-06 08:00").says("The street lamp is dark")  # the first one's time to reopen has passed
    desk.at("2026-03-06 08:10").answers()
    desk.case_id = first
    desk.moves(Status.OPEN)
    message = desk.at("2026-03-09 09:00").says(f"{reference(desk, second)}: it is choked once more")
    message = messages(desk, second)[-1]
    desk.case_id = second
    return first, second, message


def test_the_promise_follows_the_message_and_comes_back_with_it(desk: Office) -> None:
    first, second, message = two(desk)
    before = promised(desk, first), promised(desk, second)
    assert before[1]["next_response"] == ("running", "2026-03-09 09:00", "2026-03-10 09:00")
    desk.at("2026-03-09 10:00")
    done = refile(desk, message, second, first)
    assert messages(desk, first)[-1] == message and message not in messages(desk, second)
    assert promised(desk, first)["next_response"] == before[1]["next_response"]
    assert "next_response" not in promised(desk, second)
    assert (row(desk, first).last_speaker, row(desk, second).last_speaker) == ("citizen", "agent")
    with desk.db.reader() as session:
        thread = session.get_one(Message, message).thread_id
        assert thread == row(desk, first).thread_id
        stands = session.scalars(select(Filing).where(Filing.message_id == message).order_by(Filing.id)).all()
    assert [one.removed_at is None for one in stands] == [False, True]
    assert stands[1].filed_by == desk.agent.id
    sound(desk)
    undo(desk.at("2026-03-09 11:00"), done)
    assert (promised(desk, first), promised(desk, second)) == before
    assert message in messages(desk, second)
    assert row(desk, second).last_speaker == "citizen"
    sound(desk)


def test_an_older_unanswered_message_is_then_owed_from_its_own_time(desk: Office) -> None:
    first, second, message = two(desk)
    desk.at("2026-03-09 09:30").says(f"{reference(desk, second)}: and the lamp too")
    later = messages(desk, second)[-1]
    assert promised(desk, second)["next_response"][1] == "2026-03-09 09:00"
    done = refile(desk.at("2026-03-09 10:00"), message, second, first)
    assert promised(desk, second)["next_response"][1] == "2026-03-09 09:30"
    sound(desk)
    undo(desk, done)
    assert promised(desk, second)["next_response"][1] == "2026-03-09 09:00"
    refile(desk, later, second, first)
    assert promised(desk, second)["next_response"][1] == "2026-03-09 09:00"
    assert promised(desk, first)["next_response"][1] == "2026-03-09 09:30"
    refile(desk, message, second, first)  # older than what is owed there already
    assert promised(desk, first)["next_response"][1] == "2026-03-09 09:00"
    sound(desk)


def test_a_wait_of_the_right_case_ends_and_begins_again_with_the_undo(desk: Office) -> None:
    first, second, message = two(desk)
    desk.case_id = first
    desk.at("2026-03-09 09:30").moves(Status.WAITING_ON_CITIZEN)
    done = refile(desk.at("2026-03-09 10:00"), message, second, first)
    assert row(desk, first).status == "open"
    undo(desk.at("2026-03-09 10:30"), done)
    assert row(desk, first).status == "waiting_on_citizen"
    sound(desk)


def test_what_is_answered_there_already_owes_nothing(desk: Office) -> None:
    first, second, message = two(desk)
    desk.case_id = first
    desk.at("2026-03-09 09:30").answers("We come today")
    refile(desk.at("2026-03-09 10:00"), message, second, first)
    assert "next_response" not in promised(desk, first)
    assert "next_response" not in promised(desk, second)
    sound(desk)


def test_files_go_with_their_message(desk: Office) -> None:
    first, second, message = two(desk)

    def attach(uow):  # type: ignore[no-untyped-def]
        at = row(desk, second).opened_at
        uow.session.add(StoredFile(sha256="f" * 64, size=3, media_type="image/png", created_at=at))
        uow.session.flush()
        names = {"name": "gutter.png", "sha256": "f" * 64, "added_at": at}
        uow.session.add(Attachment(case_id=second, message_id=message, **names))

    desk.db.run(attach)
    done = refile(desk, message, second, first)

    def holds() -> int:
        with desk.db.reader() as session:
            return session.scalars(select(Attachment.case_id)).one()

    assert holds() == first
    undo(desk, done)
    assert holds() == second


def test_what_cannot_be_refiled_says_why(desk: Office) -> None:
    first, second, message = two(desk)
    stranger = desk.at("2026-03-09 09:40").says("My bin is full", number=5)
    (only,) = messages(desk, stranger)
    with pytest.raises(Invalid, match="another citizen's"):
        refile(desk, message, second, stranger)
    with pytest.raises(Invalid, match="Nothing would be left"):
        refile(desk, only, stranger, first)
    with pytest.raises(Invalid, match="Say why"):
        refile(desk, message, second, first, reason="  ")
    with pytest.raises(Invalid, match="stands in this case already"):
        refile(desk, message, second, second)
    with pytest.raises(Invalid, match="does not stand in the case any more"):
        refile(desk, only, second, first)
    desk.case_id = second
    answer = desk.answers()
    with pytest.raises(Invalid, match="Only the citizen's messages"):
        refile(desk, answer, second, first)
    desk.case_id = first
    desk.moves(Status.RESOLVED, Outcome.FIXED)
    with pytest.raises(Invalid, match="has ended"):
        refile(desk, message, second, first)
    with pytest.raises(Stale):
        how = {"city": desk.city, "reference": reference(desk, second), "to": reference(desk, first), "version": 1}
        desk.db.run(
            lambda uow: refiling.refile(uow.session, desk.agent, message_id=message, reason="no", **how)
        )  # fmt: skip


def test_an_undo_is_refused_once_the_citizen_was_answered(desk: Office) -> None:
    first, second, message = two(desk)
    done = refile(desk.at("2026-03-09 10:00"), message, second, first)
    desk.case_id = first
    desk.answers()
    with pytest.raises(Invalid, match=r"was answered in .* one by one instead"):
        undo(desk, done)


def test_split_makes_a_case_of_its_own_that_counts_from_its_words(desk: Office) -> None:
    first, second, message = two(desk)
    desk.at("2026-03-10 08:00")
    _, made = split(desk, second, message)
    new = row(desk, made)
    assert new.reference not in (reference(desk, first), reference(desk, second))
    assert (new.status, new.department, new.subject) == ("new", "desk", row(desk, made).subject)
    assert promised(desk, made)["first_response"] == ("running", "2026-03-09 09:00", "2026-03-09 14:00")
    assert messages(desk, made) == [message]
    assert "next_response" not in promised(desk, second)
    with desk.db.reader() as session:
        link = session.scalars(select(CaseLink)).one()
        assert session.scalars(select(Message).where(Message.created_at >= new.opened_at)).all() == []
    assert (link.from_id, link.to_id, link.kind) == (made, second, "follows_from")
    assert kinds(desk, made)[:2] == ["opened", "routed"]
    sound(desk)
    desk.wakes()
    count(desk)
    assert differences(desk) == []


def test_the_citizen_is_told_of_the_new_reference_and_code_only_if_asked_for(desk: Office) -> None:
    _, second, message = two(desk)
    _, made = split(desk.at("2026-03-10 08:00"), second, message, tell=True)
    with desk.db.reader() as session:
        entry = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id.desc()).limit(1)).one()
        told = session.get_one(Message, entry.message_id)
    reference_, code = row(desk, made).reference, entry.fill["code"]
    assert f"{reference_[:4]}-{reference_[4:]}" in told.text and code not in told.text
    assert desk.city.references is not None
    assert desk.city.references.code_matches(reference_, code, row(desk, made).code_hash)
    assert kinds(desk, made)[-2:] == ["acknowledged", "linked"]


def test_the_undo_of_a_split_leads_its_reference_back(desk: Office) -> None:
    _, second, message = two(desk)
    before = promised(desk, second)
    done, made = split(desk.at("2026-03-09 10:00"), second, message)
    undo(desk.at("2026-03-09 11:00"), done)
    assert promised(desk, second) == before
    assert messages(desk, made) == []
    assert message in messages(desk, second)
    assert (row(desk, made).status, row(desk, made).merged_into_id) == ("closed", second)
    words = f"{reference(desk, made)} hello"
    assert desk.at("2026-03-09 12:00").says(words) == second
    sound(desk)
    count(desk)
    assert differences(desk) == []


def test_a_message_of_a_merged_case_can_be_refiled_out_of_the_survivor(desk: Office) -> None:
    first, second, message = two(desk)
    third = desk.at("2026-03-09 09:40").says("My bin is full", number=5)
    merge(desk.at("2026-03-09 10:00"), second, third)
    done = refile(desk, message, third, first)
    assert message in messages(desk, first)
    undo(desk, done)
    assert message in messages(desk, second)
    sound(desk)


def test_the_figures_count_a_refiled_message_where_it_was_answered(desk: Office) -> None:
    first, second, message = two(desk)
    refile(desk.at("2026-03-09 10:00"), message, second, first)
    desk.case_id = second
    desk.at("2026-03-09 11:00").answers("The lamp is next week")
    desk.case_id = first
    desk.at("2026-03-09 12:00").answers("We come today")
    count(desk)
    assert facts(desk, "next_response") == {"next_response 03-09 desk": (180, 180)}
    assert differences(desk) == []
