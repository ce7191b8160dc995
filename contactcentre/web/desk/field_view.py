"""What the field page shows of a job: its due time as a chip, where it is, and what is kept of it on the phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import render_template

from cases.field.acts import WHY_NOT
from cases.field.answers import Answer
from cases.queries.field import Job, Jobs, Photo
from cases.queries.timeline import EventEntry
from contactcentre.web.context import container, viewer
from contactcentre.web.desk import field_lines, history, room
from contactcentre.web.desk.field_map import Drawn, draw
from contactcentre.web.formatting import clock_time, moment


@dataclass(frozen=True, slots=True)
class Due:
    """When a job is due, so that it stays true on a phone that is not told anything new."""

    tone: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One job as the page shows it."""

    job: Job
    due: Due
    mine: bool
    tried: str
    photos: Sequence[Photo]

    @property
    def where(self) -> str:
        """Return the place, and the area that it lies in where that is another name."""
        job = self.job
        named = dict.fromkeys(one for one in (job.place_name, job.area) if one)
        return ", ".join(named)


@dataclass(frozen=True, slots=True)
class Board:
    """All that is shown: one's own jobs, those to take, and the map."""

    own: Sequence[Card]
    to_take: Sequence[Card]
    more: bool
    drawn: Drawn | None
    now: datetime


def board(jobs: Jobs) -> Board:
    """Return the jobs as they are shown."""
    own, to_take = ([card(one, jobs.now) for one in some] for some in (jobs.own, jobs.to_take))
    return Board(own, to_take, jobs.more, draw([*jobs.own, *jobs.to_take], container().city), jobs.now)


def card(job: Job, now: datetime) -> Card:
    """Return one job as it is shown."""
    zone, scanning = room.zone_of(container().city), container().scanner is not None
    photos = [one for one in job.photos if one.checked or not scanning]
    return Card(job, due(job.due_at, now, zone), job.assignee_id == viewer().id, _tried(job, zone), photos)


def due(at: datetime | None, now: datetime, zone: ZoneInfo) -> Due:
    """Return a chip that names the instant itself; what is left of it changes while nobody draws the page anew."""
    if at is None:
        return Due("calm", "clock", "No hour set")
    there, here = at.astimezone(zone), now.astimezone(zone)
    when = clock_time(at, zone) if there.date() == here.date() else f"{there:%a} {there.day} {there:%b %H:%M}"
    if at < now:
        return Due("late", "late", f"Late: was due {when}")
    return Due("soon" if there.date() == here.date() else "calm", "clock", f"Due {when}")


def values(one: Card) -> dict[str, object]:
    """Return what a phone keeps of a job; ``html`` is the card as the page has it."""
    job = one.job
    return {
        "task": job.id,
        "reference": job.reference,
        "seen": job.seen,
        "title": job.title,
        "due": job.due_at.isoformat() if job.due_at else None,
        "mine": one.mine,
        "photos": [photo.id for photo in one.photos],
        "html": render_template("desk/field/job.html", card=one),
    }


def answer(told: Answer, names: dict[int, str]) -> dict[str, object]:
    """Return an answer as a phone reads it; ``meanwhile`` are sentences."""
    return {
        "key": told.key,
        "state": told.state.value,
        "said": told.said,
        "field": told.field,
        "seen": told.seen,
        "open": told.open,
        "meanwhile": sentences(told.meanwhile, names),
    }


def sentences(lines: Sequence[EventEntry], names: dict[int, str]) -> list[str]:
    """Return what others did meanwhile, each with its time."""
    city = container().city
    zone = room.zone_of(city)
    setting = history.Setting(city, zone, names)
    return [f"{moment(one.at, zone)}: {history.sentence(one, setting)}" for one in lines]


def reasons() -> list[tuple[str, str]]:
    """Return the reasons why a job is not done, as a form offers them."""
    return [(one.value, words) for one, words in WHY_NOT.items()]


def _tried(job: Job, zone: ZoneInfo) -> str:
    one = job.tried
    if one is None:
        return ""
    who = "You" if one.agent_id == viewer().id else one.name
    if one.kind == "on_my_way":
        return f"{who}: on the way, {moment(one.at, zone)}"
    return f"{who}: not done, {moment(one.at, zone)}. {field_lines.why_not(one.why_not)}."
