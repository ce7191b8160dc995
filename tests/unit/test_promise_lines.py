"""Each kind of event about a promise has a sentence, with its instants where the city is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from contactcentre.web.desk.promise_lines import KINDS, line

DUE, BEFORE = "2026-03-09T17:00:00+00:00", "2026-03-06T17:00:00+00:00"
ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("timer_paused", {"timer": "resolution", "reason": "waiting_on_citizen"},
         "Fix stands still: waiting on citizen."),
        ("timer_resumed", {"timer": "resolution", "due_at": DUE}, "Fix runs on, due 9 Mar 2026, 18:00."),
        (
            "timer_moved",
            {"timer": "resolution", "from": BEFORE, "due_at": DUE, "why": "calendar of version 2: a notice"},
            "Fix is due 9 Mar 2026, 18:00 instead of 6 Mar 2026, 18:00: calendar of version 2: a notice.",
        ),
        ("timer_moved", {"timer": "x"}, "X is due unknown instead of unknown: unknown."),
        ("escalated", {"timer": "first_response", "to": ["assignee", "supervisor"], "step": "-30"},
         "First reply, 30 minutes before the deadline: goes to assignee and supervisor."),
        ("priority_changed", {"from": "normal", "to": "urgent"}, "Ama changed the priority from normal to urgent."),
        ("deadline_set", {"timer": "decision", "from": None, "due_at": DUE},
         "Ama set another deadline. Decision by law is due 9 Mar 2026, 18:00 instead of none."),
    ],
)  # fmt: skip
def test_it_is_told(kind: str, values: dict[str, object], sentence: str) -> None:
    assert line(kind, values, actor="Ama", zone=ZONE)[1] == sentence


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_an_icon_and_ends_its_sentence(kind: str) -> None:
    icon, text = line(kind, {}, actor="Ama", zone=ZONE)
    assert icon
    assert text.endswith((".", ")"))
