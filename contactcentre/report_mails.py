"""Reports that are sent by mail: in numbers alone, with what each means, through the outbox like all that leaves."""

from __future__ import annotations

from collections.abc import Iterator

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
from cases.permissions import Action, may
from cases.queries.reports import catalogue
from cases.queries.reports.asked import ask
from cases.reports import subscribing
from cases.reports.rhythms import next_day, period
from cases.reports.saying import said
from cases.reports.values import Report
from cases.staff_texts import thread_with
from contactcentre.container import Container
from contactcentre.db import UnitOfWork

#: reports sent in one turn, so that many of them do not keep the ticker from its other duties
MOST = 20
#: rows of a table that a mail shows; the page has all
MOST_ROWS = 40


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
    since, until = period(row.rhythm, today)
    try:
        asked = ask(session, viewer, city=city, since=since, until=until, department=row.department or None)
        report = catalogue.make(row.report, asked)
    except DomainError:  # a department that is no more, or no more theirs
        return False
    recipient = Address(AddressKind.EMAIL, row.address)
    thread_id = thread_with(session, recipient, at=at)
    if thread_id is None:
        return False
    subject = f"{report.title}, {since} to {until}"
    draft = Draft(
        thread_id=thread_id,
        recipient=recipient,
        account=account.id,
        channel=account.channel,
        text="\n".join(lines(report, row, city)),
        automatic=True,
        message_class=MessageClass.STAFF,
        head=mails.Head(subject, (), city.organisation.short_name, city.organisation.name),
    )
    outbox.enqueue(session, draft, at=at)
    row.sent_at = at
    return True


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
