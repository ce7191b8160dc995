"""What must be true after a crowd of agents has worked: the database beside what they were told."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from cases import clock
from cases.figures.differences import Difference
from cases.figures.recounting import recount
from cases.figures.setting import setting_of
from cases.sla import examining
from config.settings import child_environment
from contactcentre.engines.kept import PYTHON
from tests.faults import holders, said
from tests.faults.colleague import Told
from tests.faults.figures import Figures
from tests.faults.findings import count
from tests.faults.holders import KINDS, Change
from tests.faults.said import DONE, Stored
from tests.faults.stage import Stage

_CHANGES = text(
    "select c.reference, e.seq, e.at, e.actor, coalesce(e.plain->>'why', '') as why, "
    "case when e.kind in ('unassigned', 'transferred', 'pulled_back') then null else (e.plain->>'agent')::bigint end "
    "from event e join case_file c on c.id = e.case_id where e.kind = any(:kinds) order by e.case_id, e.seq"
)
_STORED = text(
    "select m.text, count(*) as messages, (select count(*) from event e where e.kind = 'replied' "
    "and e.message_id = any(array_agg(m.id))) as lines, (select array_agg(o.state) from outbox o "
    "where o.message_id = any(array_agg(m.id))) as states from message m where m.agent_id is not null group by m.text"
)
_NOTES = text(
    "select d.personal->>'text' as words, count(*) as number from event e join event_detail d on d.event_id = e.id "
    "where e.kind = 'note' group by 1"
)
_LEADS = text(
    "select c.reference as merged, s.reference as survivor from rearrangement r "
    "join case_file c on c.id = r.from_case_id join case_file s on s.id = r.to_case_id where r.kind = 'merge'"
)
_ASSIGNEES = text("select reference, assignee_id from case_file")
MERGES = "select count(*) from rearrangement where kind = 'merge'"
UNDONE = "select count(*) from rearrangement where kind = 'merge' and undone_at is not null"
#: what a crowd comes to in three minutes
HAPPENED = {
    "reopened": "select count(*) from event where kind = 'reopened'",
    "closed": "select count(*) from event where kind = 'status_changed' and plain->>'to' = 'closed'",
    "merges": MERGES,
    "merges_undone": UNDONE,
}
UNEXAMINED = "select count(*) from examination where finished_at is null"
DRIFTS = "select coalesce(sum(drifts), 0) from examination"
UNCOUNTED = (
    "select count(*) from event, projection_cursor p where p.name = 'figures' "
    "and (event.xid, event.id) > (p.xid::text::xid8, p.event_id)"
)


def prove(
    scene: Stage, found: Figures, told: Sequence[Told], pairs: Sequence[tuple[Told, Told]], *, whole: bool
) -> None:
    """Check all of it; a ``whole`` run must also have come to everything, or nothing was tried."""
    _answers(found, told, pairs)
    _words(scene, found, told)
    _assignees(scene, found, [one for one in told if one.act == "take" and one.status == DONE])
    for act, query in (("merge", MERGES), ("undo", UNDONE)):
        done = sum(one.act == act and one.status == DONE for one in told)
        found.promise(
            f"each {act} that was answered 303 is there once", count(scene, query) == done, count(scene, query)
        )
    for name, query in HAPPENED.items():
        found.more[name] = count(scene, query)
        found.promise(f"there is something of everything: {name}", bool(found.more[name]) or not whole)
    wrong = _verify(scene)
    found.promise("verify passes", wrong == "", wrong)
    _examine(scene, found)
    scene.until(lambda: count(scene, UNCOUNTED) == 0, seconds=60)
    differing = _recount(scene)
    found.promise("the recount is equal", differing == [], differing[:3])


def _answers(found: Figures, told: Sequence[Told], pairs: Sequence[tuple[Told, Told]]) -> None:
    bad = [f"{one.act}: {one.status} {one.body[:2000]}" for one in told if one.status == 0 or one.status >= 500]
    found.promise("no answer is 5xx, and each comes", bad == [], bad[:5])
    strange = [f"{one.act}: {one.status}" for one in told if one.status not in _EXPECTED]
    found.promise("no answer is strange", strange == [], Counter(strange))
    unlike = said.unlike_twins(pairs)
    found.promise("a form sent twice is answered alike", unlike == [], unlike[:3])
    found.more["sent_twice"] = len(pairs)


_EXPECTED = frozenset({200, 301, 302, DONE, *said.REFUSED})


def _words(scene: Stage, found: Figures, told: Sequence[Told]) -> None:
    replies = [one for one in told if one.act in ("reply", "reply and resolve")]
    taken = Counter(one["text"] for one in scene.sent())
    with scene.site.container.db.reader() as session:
        stored = {
            words: Stored(messages, lines, tuple(states or ()), taken[words])
            for words, messages, lines, states in session.execute(_STORED)
        }
        notes = {one.words: one.number for one in session.execute(_NOTES)}
    # What no message bears may have left all the same.
    stored = {one.text: Stored(taken=taken[one.text]) for one in replies if taken[one.text]} | stored
    wrong = said.replies(replies, stored)
    found.promise("each reply that was answered 303 is there once, no refused one is", wrong == [], wrong[:3])
    wrong = said.notes([one for one in told if one.act == "note"], notes)
    found.promise("each note is there once", wrong == [], wrong[:3])
    found.more["replies"] = sum(one.status == DONE for one in replies)
    found.more["stale_refused"] = stale = sum(one.status == 409 for one in replies)
    found.promise("some replies were stale, so that their refusal was seen", stale > 0)


def _assignees(scene: Stage, found: Figures, takes: Sequence[Told]) -> None:
    with scene.site.container.db.reader() as session:
        rows = session.execute(_CHANGES, {"kinds": list(KINDS)})
        changes = [Change(case, seq, at, actor, agent, why) for case, seq, at, actor, why, agent in rows]
        leads = [(one.merged, one.survivor) for one in session.execute(_LEADS)]
        assignees = {one.reference: one.assignee_id for one in session.execute(_ASSIGNEES)}
    won, without = holders.taken(takes, changes)
    found.more |= {"takes": len(takes), "takes_of_ones_own": len(without)}
    for words, wrong in (
        ("each case has the assignee of its history", holders.unlike(changes, assignees)),
        ("each take that won is the history's", holders.lost(without, changes, leads)),
        ("no two win at one version", holders.twice(won)),
        ("nobody loses a case to a page that did not show them", holders.unseen(won)),
    ):
        found.promise(words, wrong == [], wrong[:3])


def _verify(scene: Stage) -> str:
    environment = child_environment(**scene.site.environ)
    words = [*PYTHON, "contactcentre.cli", "verify"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-500:]


def _examine(scene: Stage, found: Figures) -> None:
    scene.site.container.db.run(lambda uow: examining.begin(uow.session, asked_by="agent:1", at=clock.now(uow.session)))
    scene.until(lambda: count(scene, UNEXAMINED) == 0, seconds=120)
    found.promise("the clinic ends", count(scene, UNEXAMINED) == 0)
    found.promise("the clinic shows no drift", count(scene, DRIFTS) == 0, count(scene, DRIFTS))


def _recount(scene: Stage) -> list[Difference]:
    city = scene.site.container.city
    with scene.site.container.db.reader() as session:
        today = clock.now(session).date()
        since, until = today - timedelta(days=1), today + timedelta(days=1)  # whatever day it is in the city's zone
        return list(recount(session, setting_of(city), since=since, until=until))
