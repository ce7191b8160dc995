"""Reports that are sent by mail: in numbers alone, with what each means, through the outbox like all that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sqlalchemy.orm import Session

from cases import clock, mails, outbox
from cases.assignment import viewer_of
from cases.departments import Account, City
from cases.errors import DomainError
from cases.figures.definitions import DEFINITIONS
from cases.figures.setting import setting_of
from cases.messages import Address, AddressKind
from cases.models import ReportSubscription
from cases.outbox import Draft, MessageClass
from cases.permissions import Action, Viewer, may
from cases.queries.reports import catalogue
from cases.queries.reports.asked import ask
from cases.reports import subscribing
from cases.reports.rhythms import RHYTHMS, next_day, period
from cases.reports.saying import said
from cases.reports.values import Report
from cases.staff_texts import thread_with
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: reports sent in one turn, so that many of them do not keep the ticker from its other duties
MOST = 20
#: rows of a table that a mail shows; the page has all
MOST_ROWS = 40
#: until the next one of the shortest rhythm is due, a report is worth sending: other messages to staff are not
LIFE = timedelta(days=7)


def send_reports(container: Container) -> int:
    """Send what is due; returns how many mails were queued."""
    city, sent = container.city, 0
    account = next((one for one in city.accounts.values() if one.channel == "email"), None)
    if account is None:
        return 0

    def one(uow: UnitOfWork) -> bool | None:
        return _one(uow.session, city, account)

    for _ in range(MOST):
        found = container.db.run(one)
        if found is None:
            break
        sent += found
    return sent


def _one(session: Session, city: City, account: Account) -> bool | None:
    """Queue the next one that is due; None where none is, False where its reader may see no figures any more."""
    at = clock.now(session)
    today = setting_of(city).date_of(at)
    row = subscribing.due(session, today=today)
    if row is None:
        return None
    row.next_day = next_day(row.rhythm, today)
    viewer = viewer_of(session, row.agent_id)
    if not may(viewer, Action.FIGURES):
        return False
    try:
        report = _made(session, viewer, row, city, today)
    except DomainError as error:  # a department that is no more, or no more theirs: that is said once
        subject = f"{catalogue.title(row.report)}: no longer sent"
        session.delete(row)
        return _queue(session, city, account, row.address, (subject, gone(row, city, str(error))))
    row.sent_at = at
    subject = f"{report.title}, {report.since} to {report.until}"
    return _queue(session, city, account, row.address, (subject, lines(report, row, city)))


def _made(session: Session, viewer: Viewer, row: ReportSubscription, city: City, today: date) -> Report:
    since, until = period(row.rhythm, today)
    asked = ask(session, viewer, city=city, since=since, until=until, department=row.department or None)
    return catalogue.make(row.report, asked)


def _queue(session: Session, city: City, account: Account, address: str, mail: tuple[str, Iterable[str]]) -> bool:
    """Queue a mail, of a subject and lines, to who asked for a report; False where that address wants none."""
    at, recipient, (subject, said) = clock.now(session), Address(AddressKind.EMAIL, address), mail
    thread_id = thread_with(session, recipient, at=at)
    if thread_id is None:
        return False
    draft = Draft(
        thread_id=thread_id,
        recipient=recipient,
        account=account.id,
        channel=account.channel,
        text="\n".join(said),
        automatic=True,
        message_class=MessageClass.STAFF,
        head=mails.Head(subject, (), city.organisation.short_name, city.organisation.name),
        life=LIFE,
    )
    outbox.enqueue(session, draft, at=at)
    return True


def gone(row: ReportSubscription, city: City, why: str) -> Iterator[str]:
    """Yield what is said when a report cannot be made any more, in plain lines."""
    whose = city.department_name(row.department) if row.department else "all departments that you may see"
    yield from (f"{catalogue.title(row.report)}, {RHYTHMS[row.rhythm]}, {whose}", "", why, "")
    yield "It is sent no more. Where the department goes by another name now, ask for its reports at /board/reports."


def lines(report: Report, row: ReportSubscription, city: City) -> Iterator[str]:
    """Yield a report as plain lines; no citizen is in it."""
    whose = city.department_name(row.department) if row.department else "all departments that you may see"
    yield from (report.title, f"{report.since} to {report.until}, {whose}", "")
    for tile in report.tiles:
        yield f"{tile.title}: {said(tile.cell)}{f' ({tile.words})' if tile.words else ''}"
    for table in report.tables:
        yield from ("", table.title)
        for line in table.rows[:MOST_ROWS]:
            cells = (f"{head} {said(cell)}" for head, cell in zip(table.heads, line.cells, strict=True))
            yield f"- {line.label}: {', '.join(cells)}"
        if len(table.rows) > MOST_ROWS:
            yield f"- and {len(table.rows) - MOST_ROWS} more, on the page of the report"
    yield from ("", *report.notes, "What the figures mean")
    for key in report.figures:
        yield f"{DEFINITIONS[key].name}: {DEFINITIONS[key].text}"
    yield from ("", "You are sent this because you asked for it. End it at /board/reports.")
