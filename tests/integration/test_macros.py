"""Macros: all steps or none, with the permissions of each, and the reply can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import macros, undoing
from cases.errors import Invalid, NotAllowed
from cases.macro_steps import Act, Macro, Step
from cases.permissions import Viewer
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, office

DO = (Step(Act.REPLY, "done"), Step(Act.WAIT, "the place", 3), Step(Act.PRIORITY, "high"), Step(Act.ASSIGNEE, "me"))


def does(desk: Office, *steps: Step, text: str = "Where is it?", viewer: Viewer | None = None) -> int | None:
    asked: dict[str, Any] = {"text": text, "undo": timedelta(seconds=10)}

    def work(uow: Any) -> int | None:
        one = macros.Asked(viewer or desk.agent, desk.city, desk.case.reference, **asked)
        message = macros.perform(uow.session, one, Macro("m", "M", (), steps))
        return message.id if message else None

    return desk.db.run(work)


def test_all_steps_are_done_and_the_reply_can_be_taken_back(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        message_id = does(desk, *DO)
        assert message_id is not None
        case = desk.case
        assert (case.status, case.priority, case.assignee_id) == ("waiting_on_citizen", "high", desk.agent.id)
        assert case.snoozed_until is not None
        asked: dict[str, Any] = {"city": desk.city, "reference": case.reference, "message_id": message_id}
        assert db.run(lambda uow: undoing.undo(uow.session, desk.agent, **asked)).whole
        case = desk.case
        assert (case.status, case.priority, case.assignee_id) == ("open", "high", desk.agent.id)
        assert case.snoozed_until is None


@pytest.mark.parametrize(
    ("steps", "text", "says"),
    [
        (
            DO,
            "",
            r"Step 4, “send the reply below”, was refused: Write .* Nothing of the macro was done",
        ),
        ((Step(Act.PRIORITY, "high"), Step(Act.SERVICE, "lift")), "x", r"Step 1, “set the service to Missed lift”"),
        ((Step(Act.PRIORITY, "high"), Step(Act.NOTE, "@Nobody look")), "x", r"Step 2, “add the note “@Nobody look””"),
    ],
)
def test_one_refused_step_undoes_all(db: Database, steps: tuple[Step, ...], text: str, says: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        before = desk.case
        with pytest.raises(Invalid, match=says):
            does(desk, *steps, text=text)
        after = desk.case
        assert (after.version, after.priority, after.assignee_id) == (before.version, "normal", None)


def test_a_macro_lets_nobody_do_more_than_by_hand(db: Database) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        clerk = db.run(lambda uow: make_agent(uow.session, "Efua", ("counter_clerk", "*")))
        with pytest.raises(NotAllowed, match="Step 2, “send the reply below”"):
            does(desk, Step(Act.NOTE, "seen"), Step(Act.REPLY, "done"), viewer=clerk)
        assert desk.history("note") == []


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (Step(Act.STATUS, "waiting_on_third_party"), "waiting_on_third_party"),
        (Step(Act.WAIT, "the place"), "waiting_on_citizen"),
        (Step(Act.RESOLVE, "fixed"), "resolved"),
    ],
)
def test_without_a_reply_the_status_changes_without_a_word(db: Database, step: Step, status: str) -> None:
    with office(db) as desk:
        desk.at("2026-03-03 10:00").says()
        assert does(desk, step) is None
        assert desk.case.status == status
