"""The ticker: due timers, failed callbacks, waiting messages, lapsed leases, live events, seals, figures.

Any number may run. Correct without a leader: every piece of work is claimed in PostgreSQL and written there, so a
second ticker finds what the first has left, and a stopped one holds up nobody.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from cases import clock, closing, drafts, media, notices, outbox, outcomes, snoozing, viewing
from cases.models.raw import RawState
from cases.sla import waking
from channels.base import Lists
from contactcentre import alarms, heartbeat, idempotency, ledger_check, logs, parcels, raw, reconciliation
from contactcentre.board import count_board
from contactcentre.container import Container
from contactcentre.db import Unavailable, UnitOfWork
from contactcentre.examinations import examine
from contactcentre.figures import count_figures
from contactcentre.jobs import READ
from contactcentre.live_events import project
from contactcentre.presence import sign
from contactcentre.production import refuse_weak
from contactcentre.reads_forgotten import forget_reads
from contactcentre.recalculations import follow_calendars
from contactcentre.report_mails import send_reports
from contactcentre.scanning import watching
from contactcentre.sealing import seal_waiting
from workers import assigning, call_duties, dialogues, inspection, letter_setting, letters, notify, sampling

log = structlog.get_logger(__name__)
EVERY = 0.5
#: seconds that telling may take to end
LONGEST = 5.0
#: nudges are only for the impatient: what waits longer than this lost its own
SLOW_EVERY = 5
#: callbacks applied again in one turn, so that many of them do not keep the ticker from its other duties
MOST_REPLAYS = 50
#: turns between two seals of the history: a minute
SEAL_EVERY = 120


def main() -> int:
    """Tick until SIGTERM."""
    container = Container.from_environment()
    logs.configure(container.settings, process="ticker")
    refuse_weak(container)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    holder, turn, away = f"{socket.gethostname()}:{os.getpid()}", 0, True
    beside = threading.Thread(target=tell, args=(container, stop), name="tell", daemon=True)
    beside.start()
    while not stop.wait(EVERY):
        if not guarded("timers", lambda: wake_timers(container)):
            away = True
            continue
        if away:
            # What the gateways could not tell us meanwhile is on their own lists.
            away = not guarded("outage", lambda: container.db.run(lambda uow: reconciliation.ask_again(uow.session)))
        if turn % SLOW_EVERY == 0:
            guarded("raw", lambda: replay_raw(container))
            guarded("snoozed", lambda: wake_snoozed(container))
            guarded("assigning", lambda: assigning.give_out(container))
            guarded("notices", lambda: nudge_notices(container))
            guarded("outbox", lambda: nudge_waiting(container))
            guarded("media", lambda: nudge_media(container))
            guarded("parcels", lambda: nudge_readers(container))
            guarded("files", lambda: inspection.nudge(container))
            guarded("letters", lambda: letters.nudge(container))
            guarded("calls", lambda: call_duties.watch(container))
            guarded("letters_out", lambda: letter_setting.nudge(container))
            guarded("leases", lambda: expire_leases(container))
            guarded("calendars", lambda: follow_calendars(container))
            guarded("clinic", lambda: examine(container))
            guarded("figures", lambda: count_figures(container))
        if turn % (SLOW_EVERY * 4) == 0:
            guarded("hands", lambda: assigning.change_hands(container))
            guarded("followers", lambda: dialogues.tell_followers(container))
            guarded("closing", lambda: close_resolved(container))
            guarded("reconcile", lambda: ask_for_lists(container))
            # Before the sign of life: who reads that may take it that all accounts have been tried since the start.
            guarded("heartbeat", lambda: send_beats(container))
            guarded("presence", lambda: container.db.run(lambda uow: sign(uow, "ticker", holder)))
            guarded("scanner", lambda: watching.watch(container))
            guarded("alarms", lambda: alarms.watch(container))
            guarded("reports", lambda: send_reports(container))
            guarded("ledger", lambda: ledger_check.check(container))
        if turn % SEAL_EVERY == 0:
            guarded("seal", lambda: seal_waiting(container))
            guarded("dialogues", lambda: dialogues.forget_dialogues(container))
            guarded("recordings", lambda: call_duties.forget_recordings(container))
            guarded("viewing", lambda: container.db.run(lambda uow: viewing.forget(uow.session)))
            guarded("drafts", lambda: forget_drafts(container))
            guarded("keys", lambda: container.db.run(lambda uow: idempotency.forget(uow.session)))
            guarded("reads", lambda: forget_reads(container))
            guarded("samples", lambda: sampling.draw_samples(container))
        turn += 1
    beside.join(LONGEST)
    container.close()
    return 0


def tell(container: Container, stop: threading.Event) -> None:
    """Count for boards and tell open pages; whoever looks on waits for none of the other duties, however long."""
    while not stop.wait(EVERY):
        guarded("board", lambda: count_board(container))  # first: whoever is told of a case looks at its board at once
        guarded("live", lambda: project(container))


def guarded(duty: str, work: Callable[[], object]) -> bool:
    """Do one duty; its failing must not keep the others waiting. Tells whether the database was there for it."""
    try:
        work()
    except Unavailable:
        log.error("ticker.no_database", duty=duty)
        return False
    except Exception as error:  # noqa: BLE001  the next turn tries again
        log.error("ticker.failed", duty=duty, error=type(error).__name__)
    return True


def wake_timers(container: Container) -> int:
    """Record the breaches that are due; returns how many timers were looked at."""

    def work(uow: UnitOfWork) -> int:
        return waking.wake(uow.session, calendars=container.city.calendars, at=clock.now(uow.session))

    total = 0
    while count := container.db.run(work):
        total += count
    return total


def wake_snoozed(container: Container) -> int:
    """Let cases be there again that were put aside; returns how many."""
    return container.db.run(lambda uow: snoozing.wake_due(uow.session, at=clock.now(uow.session)))


def forget_drafts(container: Container) -> int:
    """Forget what was written long ago and never sent; returns how many."""
    kept = timedelta(days=container.city.limits.draft_days)
    return container.db.run(lambda uow: drafts.sweep(uow.session, before=clock.now(uow.session) - kept))


def replay_raw(container: Container) -> int:
    """Apply again what failed and is due; returns how many were applied."""
    tried: set[int] = set()
    applied = 0
    # Looked for anew each time: what another ticker has tried meanwhile is not due any more, and its tries are few.
    while len(tried) < MOST_REPLAYS and (one := _next_due(container, tried)) is not None:
        tried.add(one)
        done = raw.replay(container.db, one, find_route=container.find_route, city=container.city)
        applied += done is not None and done.state is RawState.APPLIED
    return applied


def _next_due(container: Container, tried: set[int]) -> int | None:
    with container.db.reader() as session:
        return next((one for one in raw.due(session) if one not in tried), None)


def nudge_waiting(container: Container) -> int:
    """Nudge the accounts with something to send or to settle whose own nudge was lost, or whose pause has ended."""
    with container.db.reader() as session:
        now = clock.now(session)
        waiting = {
            *outbox.waiting_accounts(session, now=now - timedelta(seconds=1)),
            *outcomes.unsettled_accounts(session, now=now),
        }
    for account in waiting:
        container.jobs.nudge("workers.deliver.drain", account)
    return len(waiting)


def nudge_notices(container: Container) -> bool:
    """Have people told of what waits for them; done here where the queue server is away. Tells if anything did."""
    with container.db.reader() as session:
        waits = notices.waiting(session, at=clock.now(session))
    if waits and not container.jobs.nudge(notify.TELL, notify.KEY):
        notify.tell_all(container)
    return waits


def nudge_media(container: Container) -> int:
    """Nudge the accounts whose gateway holds files for us; returns how many."""
    with container.db.reader() as session:
        waiting = media.waiting_accounts(session, now=clock.now(session))
    for account in waiting:
        container.jobs.nudge("workers.fetch.media", account)
    return len(waiting)


def nudge_readers(container: Container) -> int:
    """Nudge the accounts whose mails or scans wait to be read; returns how many."""

    def work(uow: UnitOfWork) -> Sequence[str]:
        now = clock.now(uow.session)
        parcels.wake_failed(uow.session, now=now)
        return parcels.waiting_accounts(uow.session, now=now - timedelta(seconds=1))

    waiting = container.db.run(work)
    for account in waiting:
        container.jobs.nudge(READ, account)
    return len(waiting)


def expire_leases(container: Container) -> int:
    """Mark messages whose sender died while sending; returns how many."""

    def work(uow: UnitOfWork) -> int:
        return outcomes.expire_leases(uow.session, now=clock.now(uow.session))

    total = 0
    while count := container.db.run(work):
        total += count
    return total


def ask_for_lists(container: Container) -> int:
    """Have every account's list compared once an hour, and at once after the database was away; returns how many."""
    asked = 0
    for account, channel in container.accounts.items():
        if isinstance(channel, Lists) and container.db.run(
            lambda uow, account=account: reconciliation.due(uow.session, account, at=clock.now(uow.session))  # type: ignore[misc]
        ):
            asked += container.jobs.nudge("workers.fetch.reconcile", account)
    return asked


def send_beats(container: Container) -> int:
    """Send the accounts' test messages that are due; returns how many. Aside, so that a web process that hangs does
    not stop the clock.
    """
    tokens = heartbeat.claim(container)
    if tokens:
        threading.Thread(target=heartbeat.post, args=(container, tokens), name="heartbeat", daemon=True).start()
    return len(tokens)


def close_resolved(container: Container) -> int:
    """Close cases that were resolved longer ago than the reopen window; returns how many."""
    window = timedelta(hours=container.city.limits.reopen_hours)
    return container.db.run(
        lambda uow: closing.close_resolved(
            uow.session, before=clock.now(uow.session) - window, calendars=container.city.calendars
        )
    )


if __name__ == "__main__":
    sys.exit(main())
