"""The comparisons that a crowd's run ends with notice what they are there to notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults import forms, holders, said
from tests.faults.colleague import Shown, Told
from tests.faults.holders import Change
from tests.faults.said import Stored

BEGAN = datetime(2026, 3, 2, 10, tzinfo=UTC)
CASE, OTHER = "48217736", "48217744"
SENT = Stored(messages=1, lines=1, states=("sent",), taken=1)


def at(second: float) -> datetime:
    return BEGAN + timedelta(seconds=second)


def told(agent: int = 1, second: float = 10, *, shown: float = 8, version: int = 3, **more: object) -> Told:
    values = {"act": "take", "status": 303, "seconds": 1.0, "reference": CASE, **more}
    return Told(agent=agent, began=at(second), ended=at(second + 1), shown_at=at(shown), version=version, **values)  # type: ignore[arg-type]


def change(agent: int | None, seq: int, second: float, *, actor: str = "", case: str = CASE, why: str = "") -> Change:
    return Change(case, seq, at(second), actor or f"agent:{agent}", agent, why)


FIRST, SECOND = told(1, 10), told(2, 12)
WON = change(1, 5, 10.5)

REPLIES = [
    ("there once", 303, SENT, 0),
    ("waits", 303, replace(SENT, states=("queued",), taken=0), 0),
    ("nowhere", 303, Stored(), 1),
    ("twice", 303, replace(SENT, messages=2, lines=2, states=("sent", "sent")), 1),
    ("no line of history", 303, replace(SENT, lines=0), 1),
    ("failed", 303, replace(SENT, states=("failed",), taken=0), 1),
    ("left twice", 303, replace(SENT, taken=2), 1),
    ("sent, and no gateway took it", 303, replace(SENT, taken=0), 1),
    ("refused", 409, Stored(), 0),
    ("refused and kept", 409, replace(SENT, states=("queued",), taken=0), 1),
    ("refused and left", 422, Stored(taken=1), 1),
]


@pytest.mark.parametrize(("status", "stored", "wrong"), [row[1:] for row in REPLIES], ids=[row[0] for row in REPLIES])
def test_replies_are_compared_with_what_is_stored_and_what_left(status: int, stored: Stored, wrong: int) -> None:
    assert len(said.replies([told(act="reply", status=status, text="Answer 1")], {"Answer 1": stored})) == wrong


def test_notes_are_counted() -> None:
    written = [told(status=status, text=f"Note {status}") for status in (303, 409)]
    assert said.notes(written, {"Note 303": 1}) == []
    assert len(said.notes(written, {"Note 303": 2, "Note 409": 1})) == 2
    assert len(said.notes(written, {})) == 1


def test_a_form_that_was_sent_twice_is_answered_alike() -> None:
    done = told(location="/desk")
    assert said.unlike_twins([(done, done), (replace(done, status=409), done)]) == []
    assert len(said.unlike_twins([(done, replace(done, status=409)), (done, replace(done, location="/"))])) == 2


def test_the_table_counts_statuses_by_act() -> None:
    lines = said.table([FIRST, SECOND, told(status=409), told(act="reply", status=0)])
    assert lines[0].split() == ["act", "all", "p95", "ms", "0", "303", "409"]
    assert lines[1].split() == ["reply", "1", "1000", "1"]
    assert lines[2].split() == ["take", "3", "1000", "2", "1"]


def test_a_row_that_names_another_than_its_history_is_noticed() -> None:
    changes = [change(2, 7, 12), change(1, 5, 10), change(None, 9, 3, case=OTHER)]
    assert holders.unlike(changes, {CASE: 2, OTHER: None, "1": None}) == []
    assert len(holders.unlike(changes, {CASE: 1, OTHER: 2, "1": 1})) == 3


def test_a_take_is_found_by_its_line_while_its_agent_waited() -> None:
    answered = change(1, 6, 10.6, why="answered first")
    given = change(1, 7, 10.7, actor="agent:2")
    won, without = holders.taken([FIRST, SECOND], [WON, answered, given])
    assert [(one.told, one.change, one.before) for one in won] == [(FIRST, WON, None)]
    assert without == [SECOND]


def test_a_take_without_a_line_is_lost_unless_its_agent_had_the_case_meanwhile() -> None:
    assert holders.lost([FIRST], [change(1, 4, 2)], []) == []
    assert holders.lost([FIRST], [change(1, 4, 2), change(2, 5, 9)], []) == [FIRST]
    assert holders.lost([FIRST], [change(1, 4, 2), change(2, 5, 10.5)], []) == []
    assert holders.lost([FIRST], [change(1, 4, 2, case=OTHER)], []) == [FIRST]
    assert holders.lost([FIRST], [change(1, 4, 2, case=OTHER)], [(CASE, OTHER)]) == []
    assert holders.lost([FIRST], [], []) == [FIRST]


def test_two_winners_at_one_version_are_noticed_unless_it_was_free_in_between() -> None:
    second = change(2, 8, 12.5)
    won, _ = holders.taken([FIRST, SECOND], [WON, second])
    assert len(holders.twice(won)) == 1
    free, _ = holders.taken([FIRST, SECOND], [WON, change(None, 6, 11.5, actor="agent:1"), second])
    assert holders.twice(free) == []
    later, _ = holders.taken([FIRST, replace(SECOND, version=4)], [WON, second])
    assert holders.twice(later) == []


def test_a_case_is_not_taken_from_somebody_whom_the_page_did_not_show() -> None:
    second = change(2, 8, 12.5)
    won, _ = holders.taken([FIRST, SECOND], [WON, second])
    assert len(holders.unseen(won)) == 1
    seen, _ = holders.taken([FIRST, replace(SECOND, shown_at=at(11))], [WON, second])
    assert holders.unseen(seen) == []
    elsewhere, _ = holders.taken([FIRST, replace(SECOND, shown_at=at(11), reference=OTHER)], [WON, second])
    assert len(holders.unseen(elsewhere)) == 1


PAGE = """
<div class="open" id="open" data-view="case" data-reference="48217736" data-version="7"></div>
<a class="qrow on" href="/desk/cases/4821-7744" data-reference="48217744"></a>
<input type="hidden" name="seen_message" value="12" form="reply-form">
<form method="get" action="/desk/cases/4821-7736/replies"></form>
<form method="post" action="/desk/cases/4821-7736/replies?view=open&amp;q=a" id="reply-form">
<input type="hidden" name="key" value="a&amp;b"><input name="text"></form>
<form method="post" action="/desk/cases/4821-7736/merges"><select class="s" name="to"><option value="">None</option>
<option value="closed" selected>Closed</option></select><input type="checkbox" name="others" value="1.2"></form>
"""


def test_a_page_is_read_as_a_browser_reads_it() -> None:
    page = Shown("/", 200, PAGE, BEGAN)
    assert (page.reference, page.version, page.rows) == (CASE, 7, [OTHER])
    reply, merge = page.form("/replies"), page.form("/merges")
    assert reply is not None
    assert merge is not None
    assert (reply.action, reply.hidden) == (
        "/desk/cases/4821-7736/replies?view=open&q=a",
        {"key": "a&b", "seen_message": "12"},
    )
    assert (merge.options("to"), merge.options("from"), merge.boxes("others")) == (["closed"], [], ["1.2"])
    assert forms.find(PAGE, "/take") is None
