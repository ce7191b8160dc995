"""An office in which cases are rearranged, and what must hold of them whatever was done."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cases.filing import merging, refiling, splitting, undoing
from cases.filing.merging import Seen
from cases.models import Case, Event, Filing, Message, Rearrangement, Timer
from cases.models.event import Head, verify
from cases.sla.timers import LIVE
from tests.integration.office import Office


def reference(desk: Office, case_id: int) -> str:
    with desk.db.reader() as session:
        return session.get_one(Case, case_id).reference


def row(desk: Office, case_id: int) -> Case:
    with desk.db.reader() as session:
        return session.get_one(Case, case_id)


def merge(desk: Office, case_id: int, into: int, *more: int, reason: str = "") -> int:
    """Merge a case into another; returns the last rearrangement."""
    seen = [Seen(reference(desk, one)) for one in (case_id, *more)]
    target = reference(desk, into)
    return desk.db.run(
        lambda uow: merging.merge(
            uow.session, desk.agent, city=desk.city, cases=seen, into=target, reason=reason
        )[-1].id
    )  # fmt: skip


def refile(desk: Office, message_id: int, source: int, target: int, reason: str = "it is about the other") -> int:
    how = {"reference": reference(desk, source), "to": reference(desk, target), "reason": reason}
    return desk.db.run(
        lambda uow: refiling.refile(uow.session, desk.agent, city=desk.city, message_id=message_id, **how).id
    )


def split(desk: Office, source: int, *messages: int, tell: bool = False) -> tuple[int, int]:
    """Split messages off; returns the rearrangement and the new case."""

    def work(uow):  # type: ignore[no-untyped-def]
        made = splitting.split(
            uow.session,
            desk.agent,
            city=desk.city,
            reference=reference(desk, source),
            message_ids=messages,
            tell=tell,
        )
        return made.rearrangement.id, made.case.id

    return desk.db.run(work)


def undo(desk: Office, rearrangement: int) -> None:
    with desk.db.reader() as session:
        named = reference(desk, session.get_one(Rearrangement, rearrangement).to_case_id)
    how = {"city": desk.city, "reference": named, "rearrangement_id": rearrangement}
    desk.db.run(lambda uow: undoing.undo(uow.session, desk.agent, **how))


def messages(desk: Office, case_id: int) -> list[int]:
    """The citizen's messages that stand in a case itself."""
    with desk.db.reader() as session:
        query = (
            select(Message.id)
            .join(Filing, Filing.message_id == Message.id)
            .where(Filing.case_id == case_id, Filing.removed_at.is_(None), Message.direction == "in")
            .order_by(Message.id)
        )
        return list(session.scalars(query))


def promised(desk: Office, case_id: int) -> dict[str, tuple[str, str, str]]:
    """The live promises of a case: state, start and deadline by kind."""
    from tests.integration.office import words

    with desk.db.reader() as session:
        query = select(Timer).where(Timer.case_id == case_id, Timer.state.in_(LIVE)).order_by(Timer.kind)
        return {one.kind: (one.state, words(one.started_at), words(one.due_at)) for one in session.scalars(query)}


def sound(desk: Office) -> None:
    """Check what must hold of all cases, whatever was done."""
    with desk.db.reader() as session:
        cases = session.scalars(select(Case)).all()
        for case in cases:
            checked = verify(session, case.id, head=Head(case.id, case.event_seq, case.event_head))
            assert checked.faults == (), case.id
        merged = [case.id for case in cases if case.merged_into_id is not None]
        live = select(Timer.id).where(Timer.case_id.in_(merged), Timer.state.in_(LIVE))
        assert session.scalars(live).all() == []
        words = select(Message.id).where(Message.direction == "in", Message.text.not_like("STATUS%"))
        inbound = session.scalars(words).all()
        filed = set(session.scalars(select(Filing.message_id).where(Filing.removed_at.is_(None))))
        assert set(inbound) <= filed
    assert desk.drifts() == ()


def last(desk: Office) -> Rearrangement:
    with desk.db.reader() as session:
        return session.scalars(select(Rearrangement).order_by(Rearrangement.id.desc()).limit(1)).one()


def kinds(desk: Office, case_id: int) -> Sequence[str]:
    with desk.db.reader() as session:
        return session.scalars(select(Event.kind).where(Event.case_id == case_id).order_by(Event.seq)).all()
