"""Who handed a call on wraps up their own part, while it goes on; whoever has it next reads what they wrote."""

from __future__ import annotations

import pytest

from cases.calls import moving, wrapping
from cases.calls.wrapping import Said
from cases.errors import Invalid, NotFound
from cases.models import Event, PhoneCall
from cases.permissions import Viewer
from cases.queries import one_call, own_line, waiting_calls
from cases.queries.own_line import Line as OwnLine
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import Caller, Centre, centre
from tests.calls.line import Line
from tests.calls.test_agents import talking
from tests.calls.test_waiting import AMA, KOFI, waits
from tests.factories import phone, say

WRONG = "Asks about a bin, which is not ours."


def handed_on(desk: Centre, *, note: str = "") -> tuple[Caller, Viewer, Viewer]:
    """Let Ama speak for 30 seconds, note something, and hand the call on to the queue that Kofi answers."""
    ama = desk.agent("Ama", AMA, ("agent", "desk"), ("agent", "waste"))
    kofi = desk.agent("Kofi", KOFI, ("agent", "waste"), ("counter_clerk", "*"))
    me = talking(desk)
    desk.later(30)
    call_id = desk.call(me).id
    if note:
        desk.db.run(lambda uow: wrapping.note(uow.session, ama, call_id=call_id, text=note))
    how = {"city": desk.city, "call_id": call_id, "queue": "waste"}
    desk.db.run(lambda uow: moving.transfer(uow.session, ama, **how))  # type: ignore[arg-type]
    desk.works()
    return me, ama, kofi


def wraps(desk: Centre, who: Viewer, me: Caller, **said: str) -> None:
    what, call_id = Said(**{"disposition": "passed_on", "text": WRONG, **said}), desk.call(me).id
    desk.db.run(lambda uow: wrapping.wrap(uow.session, who, city=desk.city, call_id=call_id, said=what))


def two_cases(desk: Centre) -> list[str]:
    for number, words in enumerate(("The gutter is choked", "A lamp is out"), start=50):
        desk.db.run(lambda uow, n=number, words=words: say(uow.session, desk.city, words, sender=phone(n)))
    return [one.reference for one in desk.cases()]


def line_of(desk: Centre, who: Viewer) -> own_line.OwnLine:
    with desk.db.reader() as session:
        return own_line.own(session, who)


def test_who_handed_on_wraps_up_and_is_rung_for_nobody_meanwhile(desk: Centre) -> None:
    me, ama, kofi = handed_on(desk, note="At the corner")
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    line = line_of(desk, ama)
    assert line.state is OwnLine.WRAPS and line.live is not None
    assert (line.live.handed_on, line.live.note) == (True, "At the corner")
    with desk.db.reader() as session:
        assert [one.state for one in waiting_calls.agents(session, ama)] == ["wraps", "talks"]
    behind = waits(desk, "+233200000002")
    assert behind.rings == ""
    desk.later(20)
    wraps(desk, ama, me, text="")
    assert line_of(desk, ama).state is OwnLine.FREE
    assert behind.silent().rings == AMA
    assert desk.legs()[0].disposition == "passed_on"
    desk.later(40)
    me.parted("answered", talked=60)
    kofis = line_of(desk, kofi)
    assert kofis.state is OwnLine.WRAPS and kofis.live is not None
    assert (kofis.live.note, [(one.agent, one.note) for one in kofis.live.before]) == ("", [("Ama", "At the corner")])
    desk.later(10)
    wraps(desk, kofi, me, disposition="settled", text="The lorry comes tomorrow")
    call = desk.call(me)
    assert (call.disposition, call.note, call.wrap_seconds) == ("settled", "The lorry comes tomorrow", 30)


def test_a_wrap_up_of_a_part_ends_by_itself_and_counts(desk: Centre) -> None:
    me, ama, _ = handed_on(desk)
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    desk.ticks(59)
    assert line_of(desk, ama).state is OwnLine.WRAPS
    behind = waits(desk, "+233200000002")
    assert behind.rings == ""
    desk.ticks(2)
    assert desk.call(me).wrap_seconds == 60
    assert behind.silent().rings == AMA


def test_what_was_not_written_down_in_time_still_can_be(desk: Centre) -> None:
    me, ama, kofi = handed_on(desk)
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    desk.ticks(61)
    wraps(desk, ama, me)
    assert (desk.legs()[0].note, desk.call(me).wrap_seconds) == (WRONG, 60)
    with pytest.raises(NotFound):
        wraps(desk, ama, me)
    me.parted("answered", talked=60)
    desk.ticks(61)
    assert line_of(desk, kofi).state is OwnLine.WRAPS
    wraps(desk, kofi, me, text="The lorry comes tomorrow")
    assert (desk.call(me).disposition, desk.call(me).wrap_seconds) == ("passed_on", 120)
    assert line_of(desk, kofi).state is OwnLine.FREE
    with pytest.raises(Invalid, match="already"):
        wraps(desk, kofi, me)


def test_a_part_says_where_the_call_belongs_until_who_had_it_last_has_said_so(desk: Centre) -> None:
    first, second = two_cases(desk)
    me, ama, kofi = handed_on(desk)
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    wraps(desk, ama, me, into=first)
    assert desk.call(me).case_id == desk.cases()[0].id
    me.parted("answered", talked=5)
    wraps(desk, kofi, me, into=second)
    assert desk.call(me).case_id == desk.cases()[-1].id
    (one, two) = [one for one in desk.rows(Event) if one.kind == "call_wrapped"]
    assert (one.values.get("handed_on"), two.values.get("handed_on")) == (True, None)


def test_what_is_written_late_does_not_take_the_call_away(desk: Centre) -> None:
    first, second = two_cases(desk)
    me, ama, kofi = handed_on(desk)
    assert me.silent().rings == KOFI
    me.joined(KOFI)
    me.parted("answered", talked=5)
    wraps(desk, kofi, me, into=second)
    wraps(desk, ama, me, into=first)
    assert desk.call(me).case_id == desk.cases()[-1].id
    wrapped = [one.case_id for one in desk.rows(Event) if one.kind == "call_wrapped"]
    assert wrapped == [desk.cases()[-1].id, desk.cases()[0].id]


def test_two_who_open_a_case_each_open_two(desk: Centre) -> None:
    me, ama, kofi = handed_on(desk)
    assert me.silent().rings == KOFI
    me.joined(KOFI).parted("answered", talked=5)
    wraps(desk, ama, me, into="new", text="The lamp at the school is out")
    wraps(desk, kofi, me, into="new", text="The bin was not emptied")
    assert len(desk.cases()) == 2


def test_a_caller_who_hangs_up_on_the_way_leaves_the_first_part_to_wrap_up(desk: Centre) -> None:
    me, ama, kofi = handed_on(desk)
    assert me.silent().rings == KOFI
    desk.later(5)
    me.ends(seconds=45)
    assert [line_of(desk, one).state for one in (ama, kofi)] == [OwnLine.WRAPS, OwnLine.FREE]
    with desk.db.reader() as session:
        shown = one_call.load(session, ama, desk.call(me).id)
        assert (shown.may_wrap, shown.own_note) == (True, "")
    wraps(desk, ama, me)
    with desk.db.reader() as session:
        legs = one_call.load(session, ama, desk.call(me).id).legs
        assert [(one.agent, one.disposition, one.note) for one in legs] == [
            ("Ama", "passed_on", WRONG),
            ("Kofi", None, None),
        ]
    with pytest.raises(NotFound):
        wraps(desk, desk.agent("Esi", "+233240000003"), me)


def test_a_call_that_ends_while_it_is_handed_on_leaves_no_telephone_taken(settings: Settings, db: Database) -> None:
    with centre(settings, db, line=Line(asks_anew=False)) as desk:
        wire, ends = desk.wire, []
        me = talking_at(desk)
        plain = wire.move

        def move(session: str, **how: object) -> None:
            ends.append(me.ends(seconds=40))
            plain(session, **how)  # type: ignore[arg-type]

        wire.move = move  # type: ignore[method-assign]
        desk.works()
        assert ends
        assert [one for one in desk.legs() if one.ended_at is None] == []
        assert desk.rows(PhoneCall)[0].state == "ended"
        assert waits(desk, "+233200000005", option="3").rings == KOFI


def talking_at(desk: Centre) -> Caller:
    """Let Ama speak, and order that the call goes on to Kofi's queue; no worker has looked yet."""
    ama = desk.agent("Ama", AMA, ("agent", "desk"))
    desk.agent("Kofi", KOFI, ("agent", "waste"))
    me = talking(desk)
    desk.later(30)
    how = {"city": desk.city, "call_id": desk.call(me).id, "queue": "waste"}
    desk.db.run(lambda uow: moving.transfer(uow.session, ama, **how))  # type: ignore[arg-type]
    return me
