"""Field work without a database: what a phone may send, which clock is believed, and what is drawn where."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.errors import Invalid
from cases.field import acts, clocks
from cases.field.acts import ActKind, Moment, WhyNot
from cases.field.clocks import Acted, Clock
from cases.queries.field import Job
from cases.routing.gazetteer import Gazetteer
from cases.routing.places import Place
from contactcentre.web.desk import field_map
from tests.factories import make_city

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
OPENED = NOW - timedelta(days=3)
GOOD = {"key": "phone-12345", "kind": "note", "reference": "48217736", "task": 7, "seen": 3, "words": "Wet"}


def test_an_act_is_read_with_all_that_it_says() -> None:
    act = acts.read({**GOOD, "kind": "not_done", "reason": "not_safe", "at": "2026-03-03T11:30:00+01:00"})
    assert (act.kind, act.why_not, act.words) == (ActKind.NOT_DONE, WhyNot.NOT_SAFE, "Wet")
    assert act.phone_at == datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    assert acts.read({**GOOD, "kind": "photo", "moment": "after"}).moment is Moment.AFTER
    assert acts.read({**GOOD, "task": "7", "seen": "3"}).task_id == 7  # as a form sends it
    assert acts.read({**GOOD, "words": " a\x00b\ud800 "}).words == "ab"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "short"}, "key"),
        ({"key": "k" * 101}, "key"),
        ({"key": "nötig nötig"}, "key"),
        ({"key": 12345678}, "key"),
        ({"kind": "delete"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["note"]}, "kind"),
        ({"task": -1}, "task"),
        ({"task": True}, "task"),
        ({"task": 2**63}, "task"),
        ({"task": "7.5"}, "task"),
        ({"seen": -1}, "seen"),
        ({"seen": None}, "seen"),
        ({"seen": "9" * 30}, "seen"),
        ({"reference": "1" * 21}, "reference"),
        ({"words": "w" * 2001}, "words"),
        ({"words": {"a": 1}}, "words"),
        ({"words": "  "}, "words"),
        ({"kind": "not_done", "reason": "lazy"}, "reason"),
        ({"kind": "not_done", "reason": "other", "words": ""}, "words"),
        ({"kind": "photo", "moment": "during"}, "moment"),
    ],
    ids=str,
)
def test_what_cannot_be_used_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        acts.read({**GOOD, **changes})
    assert refused.value.field == field


@pytest.mark.parametrize("sent", [None, 3, "act", ["note"], {}], ids=str)
def test_what_is_no_act_is_refused_and_its_key_is_found(sent: object) -> None:
    with pytest.raises(Invalid):
        acts.read(sent)
    assert acts.key_of(sent) == ""
    assert acts.key_of({"key": "k" * 500}) == "k" * 100


@pytest.mark.parametrize("at", [None, "", "noon", "2026-03-03T10:00:00", "9" * 50, 17, "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_refuses_nothing(at: object) -> None:
    assert acts.read({**GOOD, "at": at}).phone_at is None


def test_a_key_stands_for_one_thing() -> None:
    act = acts.read(GOOD)
    assert act.digest() == acts.read({**GOOD, "at": "2026-03-03T10:00:00Z", "seen": 9}).digest()
    others = [replace(act, words="Dry"), replace(act, task_id=8), replace(act, kind=ActKind.DONE)]
    assert len({act.digest(), act.digest("photo"), *(one.digest() for one in others)}) == 5


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (NOW - timedelta(hours=5), Acted(NOW - timedelta(hours=5))),
        (NOW + timedelta(minutes=1), Acted(NOW)),
        (NOW + timedelta(minutes=3), Acted(NOW, Clock.AHEAD)),
        (NOW + timedelta(days=900), Acted(NOW, Clock.AHEAD)),
        (OPENED - timedelta(minutes=1), Acted(OPENED)),
        (OPENED - timedelta(minutes=3), Acted(OPENED, Clock.BEHIND)),
        (datetime(1970, 1, 1, tzinfo=UTC), Acted(OPENED, Clock.BEHIND)),
        (None, Acted(NOW, Clock.NONE)),
    ],
    ids=str,
)
def test_a_phones_time_is_clamped_and_flagged(said: datetime | None, believed: Acted) -> None:
    assert clocks.believed(said, since=OPENED, now=NOW) == believed


def test_nobody_was_without_a_line_for_a_month() -> None:
    month = NOW - timedelta(days=30)
    found = clocks.believed(month, since=month - timedelta(days=1), now=NOW)
    assert found == Acted(NOW - clocks.OLDEST, Clock.BEHIND)


PLACES = (
    Place("Quay", "area", None, lat=4.90, lon=-1.75),
    Place("Hill", "area", None, lat=4.95, lon=-1.70),
    Place("Mill", "area", None, lat=4.92, lon=-1.72),
    Place("Lane", "landmark", "Quay"),
    Place("Moor", "area"),
)


def job(number: int, place: str | None) -> Job:
    known = {one.name: one for one in PLACES}
    return Job(
        number, number, "48217736", 1, "field_job", "Look", "Gutter", None, "desk", "normal", "open", None, None, None,
        NOW, known.get(place or ""), place, None, "", None,
    )  # fmt: skip


def test_places_are_drawn_true_to_one_another() -> None:
    city = make_city(gazetteer=Gazetteer(PLACES))
    drawn = field_map.draw([job(1, "Quay"), job(2, "Hill"), job(3, "Lane"), job(4, "Moor"), job(5, None)], city)
    assert drawn is not None
    spots = {one.name: one for one in drawn.spots}
    assert [one.id for one in spots["Quay"].jobs] == [1, 3]  # the lane has no point of its own, the quay around it has
    assert [one.id for one in drawn.elsewhere] == [4, 5]
    assert spots["Hill"].y < spots["Quay"].y and spots["Hill"].x > spots["Quay"].x  # north is up, east is right
    assert all(0 < one.x < field_map.WIDTH and 0 < one.y < field_map.HEIGHT for one in drawn.spots)
    assert [one.name for one in drawn.names] == ["Mill"]
    assert drawn.kilometre > 10


def test_without_a_point_there_is_no_map() -> None:
    assert field_map.draw([job(1, "Moor"), job(2, None)], make_city(gazetteer=Gazetteer(PLACES))) is None
    assert field_map.draw([], make_city()) is None
