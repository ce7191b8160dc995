"""One act of an officer, done once: whatever two people did to a job is kept of both, or the second one is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cases import access, attachments, bells, clock, open_tasks, survivors
from cases.errors import Invalid, NotAllowed, NotFound
from cases.field import clocks, meanwhile
from cases.field.acts import WHY_NOT, Act, ActKind, Moment
from cases.field.answers import Answer, Conflict, State
from cases.field.clocks import Acted
from cases.field.meanwhile import Meanwhile
from cases.messages import KeptFile
from cases.models import Case, Event, FieldAct, Task
from cases.models.event import Happened, record
from cases.open_tasks import TaskState
from cases.permissions import Action, Viewer, ViewerKind

ON_MY_WAY, NOT_DONE = "field_on_my_way", "field_not_done"
DONE_WORDS = "Done on the spot."
#: what stands above a photo's own words
_PHOTOS: Mapping[Moment, str] = {Moment.BEFORE: "Photo before the work.", Moment.AFTER: "Photo after the work."}


@dataclass(frozen=True, slots=True)
class _Job:
    """A locked case, its task, and what bears on an act there."""

    case: Case
    task: Task
    acted: Acted
    meanwhile: Meanwhile
    at: datetime

    @property
    def values(self) -> dict[str, object]:
        """What the history says of when it was done, beside its own time."""
        flagged = {"clock": self.acted.clock.value} if self.acted.clock else {}
        return {**open_tasks.values(self.task), "acted_at": self.acted.at.isoformat(), **flagged}


def do(session: Session, viewer: Viewer, act: Act, *, photo: KeptFile | None = None) -> Answer:
    """Do an act, or return what was answered to its key before. The photo is in the store already.

    A second act with the same key waits here until the first has ended. Raises :class:`Conflict` where somebody
    settled or moved the job meanwhile, and the errors of the domain; nothing is written then, not even the key.
    """
    if viewer.kind is not ViewerKind.AGENT or viewer.id is None:
        raise NotAllowed("Only an agent does jobs.")
    if (act.kind is ActKind.PHOTO) != (photo is not None):
        raise Invalid("A photo comes with its picture, and nothing else does.", field="photo")
    at, digest = clock.now(session), act.digest(photo.sha256 if photo else "")
    before = _claim(session, viewer.id, act, digest, at=at)
    if before is not None:
        return before
    job = _job(session, viewer, act, at=at)
    _DO[act.kind](session, viewer, act, job)
    if photo is not None:
        _attach(session, viewer, job, photo)
    answer = Answer(
        act.key,
        State.DONE,
        seen=job.case.event_seq,
        open=job.task.state == TaskState.OPEN,
        meanwhile=job.meanwhile.lines,
    )
    _keep(session, viewer.id, act, job, answer)
    return answer


def _claim(session: Session, agent_id: int, act: Act, digest: str, *, at: datetime) -> Answer | None:
    """Take a key, or return what was answered to it; raises ``Invalid`` for one that was used for something else."""
    row = {"agent_id": agent_id, "key": act.key, "digest": digest, "kind": act.kind.value, "seen": act.seen, "at": at}
    claimed = insert(FieldAct).values(**row).on_conflict_do_nothing().returning(FieldAct.id)
    if session.execute(claimed).scalar_one_or_none() is not None:
        return None
    known = select(FieldAct.digest, FieldAct.answer).where(FieldAct.agent_id == agent_id, FieldAct.key == act.key)
    kept = session.execute(known).one()
    if kept.digest != digest:
        raise Invalid("The key of this act was used for another one; make a new key.", field="key")
    told = kept.answer or {}
    return Answer(act.key, State.ALREADY, seen=told.get("seen"), open=bool(told.get("open")))


def _keep(session: Session, agent_id: int, act: Act, job: _Job, answer: Answer) -> None:
    values = {
        "case_id": job.case.id,
        "task_id": job.task.id,
        "phone_at": act.phone_at,
        "acted_at": job.acted.at,
        "clock": job.acted.clock.value if job.acted.clock else None,
        "answer": {"seen": answer.seen, "open": answer.open, **({"reason": act.why_not} if act.why_not else {})},
    }
    own = (FieldAct.agent_id == agent_id, FieldAct.key == act.key)
    session.execute(update(FieldAct).where(*own).values(values))


def _job(session: Session, viewer: Viewer, act: Act, *, at: datetime) -> _Job:
    case = access.for_change(session, viewer, Action.NOTE, reference=act.reference)
    task = session.get(Task, act.task_id, populate_existing=True)
    if task is None or survivors.of(session, task.case_id).id != case.id:
        raise NotFound("There is no such job in this case.", field="task")
    acted = clocks.believed(act.phone_at, since=task.created_at, now=at)
    if task.case_id != case.id:  # its case was merged, and the phone has seen nothing of this one
        return _Job(case, task, acted, Meanwhile(), at)
    if act.seen > case.event_seq:
        raise Invalid("This phone says that it has seen what has not happened yet. Load the jobs again.", field="seen")
    others = meanwhile.since(session, viewer, case, seen=act.seen, task_id=task.id)
    return _Job(case, task, acted, others, at)


def _on_my_way(session: Session, viewer: Viewer, act: Act, job: _Job) -> None:
    """Note that somebody goes there, and give them the job where nobody has it."""
    happened = [Happened(ON_MY_WAY, viewer.actor, job.values, _personal(job, act))]
    if job.task.state == TaskState.OPEN and job.task.assignee_id is None:
        happened.append(_given(job, viewer, viewer.id))
    record(session, job.case, happened, at=job.at)


def _done(session: Session, viewer: Viewer, act: Act, job: _Job) -> None:
    _check(job)
    words = act.words or DONE_WORDS
    first, *rest = open_tasks.finish(session, job.case, job.task, result=words, at=job.at, actor=viewer.actor)
    done = replace(first, values={**first.values, **job.values})
    record(session, job.case, [done, *rest], at=job.at)


def _not_done(session: Session, viewer: Viewer, act: Act, job: _Job) -> None:
    """Say why a job was not done. It stays open, goes back to its department, and the case's agent is told."""
    _check(job)
    assert act.why_not is not None
    values = {**job.values, "reason": act.why_not.value}
    happened = [Happened(NOT_DONE, viewer.actor, values, _personal(job, act))]
    if job.task.assignee_id is not None:
        happened.append(_given(job, viewer, None))
    record(session, job.case, happened, at=job.at)
    owner = job.case.assignee_id
    if owner is not None and owner != viewer.id:
        bells.ring(session, [owner], job.case, kind=bells.NOT_DONE, at=job.at, about=WHY_NOT[act.why_not])


def _note(session: Session, viewer: Viewer, act: Act, job: _Job) -> None:
    # It names nobody: a note that is refused for a name would come back hours after it was written.
    record(session, job.case, [Happened("note", viewer.actor, job.values, {"text": act.words})], at=job.at)


def _photo(session: Session, viewer: Viewer, act: Act, job: _Job) -> None:
    assert act.moment is not None
    text = f"{_PHOTOS[act.moment]} {act.words}".strip()
    values = {**job.values, "photo": act.moment.value}
    record(session, job.case, [Happened("note", viewer.actor, values, {"text": text})], at=job.at)


_DO: Mapping[ActKind, Callable[[Session, Viewer, Act, _Job], None]] = {
    ActKind.ON_MY_WAY: _on_my_way,
    ActKind.DONE: _done,
    ActKind.NOT_DONE: _not_done,
    ActKind.NOTE: _note,
    ActKind.PHOTO: _photo,
}


def _attach(session: Session, viewer: Viewer, job: _Job, photo: KeptFile) -> None:
    written = select(Event.id).where(Event.case_id == job.case.id, Event.seq == job.case.event_seq)
    attachments.add(
        session,
        viewer,
        reference=job.case.reference,
        event_id=int(session.execute(written).scalar_one()),
        sha256=photo.sha256,
        size=photo.size,
        media_type=photo.media_type,
        name=photo.name,
    )


def _check(job: _Job) -> None:
    """Raise :class:`Conflict` where the job is settled, or somebody changed it after the officer saw it."""
    is_open = job.task.state == TaskState.OPEN
    if is_open and not job.meanwhile.against:
        return
    said = "Somebody changed this job while you had no line." if is_open else f"This job is {job.task.state} already."
    shown = job.meanwhile.against or job.meanwhile.lines
    raise Conflict(said, seen=job.case.event_seq, still_open=is_open, meanwhile=shown)


def _given(job: _Job, viewer: Viewer, agent_id: int | None) -> Happened:
    job.task.assignee_id = agent_id
    told = {**open_tasks.values(job.task), "agent": agent_id}
    return Happened("task_assigned", viewer.actor, told, {"title": job.task.title})


def _personal(job: _Job, act: Act) -> dict[str, str]:
    return {"title": job.task.title, **({"words": act.words} if act.words else {})}
