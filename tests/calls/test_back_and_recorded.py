"""Call backs that keep their place, and recorded words: who is called, how often, and what becomes of a recording."""

from __future__ import annotations

from pathlib import Path

from cases.calls.terms import Calls
from cases.models import Attachment, Event, IncomingMedia, Message, PhoneCall, StoredFile, VoiceRecording
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.centre import ACCOUNT, Caller, Centre, centre
from tests.calls.test_waiting import AMA, KOFI, waits
from workers import call_duties, fetch


def asked(desk: Centre, number: str = "+233200000001") -> Caller:
    """Let Ama speak with somebody else, and somebody ask to be called back."""
    desk.agent("Ama", AMA)
    waits(desk, "+233200000009").joined(AMA)
    me = waits(desk, number)
    desk.later(15)
    return me.keys("1")


def rung(desk: Centre) -> Caller:
    """Return the telephone of the agent that was rung last for a call back."""
    number, tag = desk.wire.placed[-1]
    return desk.calls(number, session=f"out-{tag}", outgoing=True)


def let_go(desk: Centre) -> None:
    """Let the first call of the day end, and Ama wrap up."""
    first = desk.rows(PhoneCall)[0]
    Caller(desk, first.number, session=first.session).ends(seconds=100)
    desk.ticks(61)


def test_who_asks_for_a_call_back_is_called_when_it_is_their_turn(desk: Centre) -> None:
    me = asked(desk)
    assert me.steps == ["Speak", "HangUp"]
    assert (desk.call(me).state, desk.call(me).ended_as) == ("ended", "call_back")
    behind = waits(desk, "+233200000003")
    assert "place 2" in behind.heard
    let_go(desk)
    ama = rung(desk)
    assert behind.silent().rings == ""  # the call back came first
    ama.begin()
    assert ama.rings == "+233200000001"
    desk.later(6)
    ama.joined("+233200000001")
    desk.later(30)
    ama.parted("answered", talked=30).ends(seconds=40)
    stay = next(one for one in desk.stays() if one.left_as == "call_back")
    assert stay.returned_at is not None
    assert desk.call(ama).returns_id == stay.id
    assert desk.tasks() == []


def test_who_is_not_reached_is_tried_again_a_few_times_then_it_is_a_task(desk: Centre) -> None:
    asked(desk)
    let_go(desk)
    for attempt in range(1, 4):
        ama = rung(desk)
        ama.begin()
        desk.later(40)
        ama.parted("no_answer").ends()
        assert len(desk.wire.placed) == attempt
        desk.ticks(14 * 60)
        assert len(desk.wire.placed) == attempt
        desk.ticks(61)
    assert len(desk.wire.placed) == 3
    (stay,) = [one for one in desk.stays() if one.left_as == "call_back"]
    assert (stay.tries, stay.returned_at is not None) == (3, True)
    assert [one.kind for one in desk.tasks()] == ["call_back"]


def test_an_agent_who_does_not_pick_up_costs_the_caller_no_try(desk: Centre) -> None:
    asked(desk)
    desk.agent("Kofi", KOFI, away_since=desk.at)
    let_go(desk)
    ama = rung(desk)
    desk.later(20)
    ama.ends(ended_as="no_answer")
    desk.ticks(5)
    assert len(desk.wire.placed) == 1  # nobody else is there, and she is not rung again for a while
    desk.ticks(181)
    assert len(desk.wire.placed) == 2
    assert desk.stays()[-1].tries == 0


def test_who_asks_twice_is_called_once(desk: Centre) -> None:
    asked(desk)
    waits(desk, "+233200000001").keys("1")
    let_go(desk)
    open_ones = [one for one in desk.stays() if one.left_as == "call_back" and one.returned_at is None]
    assert len(open_ones) == 1


def test_recorded_words_are_a_message_whose_sound_is_fetched(desk: Centre) -> None:
    me = desk.calls().begin().keys("1", "1")
    assert me.steps == ["Record"]
    me.says("https://media.test/1.mp3", 42)
    (message,) = [one for one in desk.rows(Message) if one.direction == "in"]
    assert (message.text, message.channel, message.account) == ("Recorded message (0:42)", "voice", ACCOUNT)
    (row,) = desk.rows(VoiceRecording)
    assert (row.kind, row.message_id, row.seconds) == ("message", message.id, 42)
    assert fetch.media(ACCOUNT) == 1
    (place,) = desk.rows(Attachment)
    assert (place.case_id, place.name) == (desk.cases()[0].id, "recording.mp3")
    kinds = [one.kind for one in desk.rows(Event)]
    assert "call_recorded" in kinds
    assert desk.call(me).case_id == desk.cases()[0].id


def test_words_that_were_recorded_before_the_caller_hung_up_are_not_lost(desk: Centre) -> None:
    me = desk.calls().begin().keys("1")
    desk.later(30)
    me.ends(recording="https://media.test/2.mp3", recorded_seconds=20, seconds=33)
    (message,) = [one for one in desk.rows(Message) if one.direction == "in"]
    assert message.text == "Recorded message (0:20)"
    assert (desk.call(me).ended_as, desk.call(me).message_id) == ("served", message.id)
    assert desk.tasks() == []
    late = desk.calls("+233200000002").begin().keys("1")
    late.ends(seconds=20)
    late.send("recording", "kept", recording="https://media.test/3.mp3", recorded_seconds=9)
    late.send("recording", "kept", recording="https://media.test/3.mp3", recorded_seconds=9)
    said = [one.text for one in desk.rows(Message) if one.direction == "in"]
    assert said.count("Recorded message (0:09)") == 1


def test_two_recordings_that_are_told_of_after_the_end_are_both_kept(desk: Centre) -> None:
    me = desk.calls().begin().keys("1")
    me.ends(seconds=20)
    for n in (4, 5):
        me.send("recording", "kept", recording=f"https://media.test/{n}.mp3", recorded_seconds=n)
    said = [one.text for one in desk.rows(Message) if one.direction == "in"]
    assert {"Recorded message (0:04)", "Recorded message (0:05)"} <= set(said)
    assert len({one.message_id for one in desk.rows(VoiceRecording)} - {None}) == 2


def test_recordings_past_their_time_are_removed_rows_and_files(desk: Centre, settings: Settings) -> None:
    desk.calls().begin().keys("1", "1").says()
    fetch.media(ACCOUNT)
    (file,) = desk.rows(Attachment)
    where = Path(settings.files_dir) / file.sha256[:2] / file.sha256
    assert where.exists()
    desk.later(89 * 86400)
    assert call_duties.forget_recordings(desk) == 0
    desk.later(2 * 86400)
    assert call_duties.forget_recordings(desk) == 1
    assert not where.exists()
    assert desk.rows(Attachment) == []
    with desk.db.reader() as session:
        assert session.query(StoredFile).count() == 0
    (media,) = desk.rows(IncomingMedia)
    assert (media.sha256, media.url, media.state) == (None, "", "refused")
    assert desk.rows(VoiceRecording)[0].url.startswith("forgotten:")


def test_both_sides_are_recorded_only_where_the_city_says_so(settings: Settings, db: Database) -> None:
    with centre(settings, db, terms=Calls(record_talks=True)) as desk:
        desk.agent("Ama", AMA)
        me = waits(desk, "+233200000001")
        assert me.page["steps"][-1]["record"] is True
        me.joined(AMA)
        me.send("recording", "kept", recording="https://media.test/talk.mp3", recorded_seconds=50)
        assert [one.kind for one in desk.rows(VoiceRecording)] == ["talk"]
