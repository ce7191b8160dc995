"""An independent walk over the history: every figure of every report in SQL, from the lines of ``event`` alone.

It knows nothing of the product's counting. Beside the lines it is told the zone of the city's days, when each
calendar is open (that of who was promised nothing under an empty name), and whose case is whose.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

#: the lines but those of replies that were taken back as a whole, each with whom its case is attributed to after it
_TOLD = """
create temporary table told as
with undone as (
    select u.case_id, r.seq as first, u.seq as last from event u
      join event r on r.case_id = u.case_id and r.kind = 'replied' and r.message_id = u.message_id
     where u.kind = 'reply_undone' and (u.plain ->> 'whole')::boolean
)
select * from event v
 where not exists (select from undone u where u.case_id = v.case_id and v.seq between u.first and u.last)
"""
_TOLD_INDEX = "create unique index on told (case_id, seq); analyze told"
_LINES = """
create temporary table line as
select e.case_id, e.seq, e.kind, e.at, e.plain, e.actor, e.message_id, (e.at at time zone :zone)::date as day,
       coalesce(d.department, '') as department, coalesce(s.service, '') as service,
       coalesce(a.area, '') as area, coalesce(c.channel, '') as channel
  from told e
  left join lateral (select coalesce(p.plain ->> case p.kind when 'routed' then 'department' else 'to' end, '')
                       as department from told p where p.case_id = e.case_id and p.seq <= e.seq
                        and p.kind in ('routed', 'transferred') order by p.seq desc limit 1) d on true
  left join lateral (select case p.kind when 'routed' then p.plain ->> 'service'
                                 when 'service_changed' then p.plain ->> 'to' end as service
                       from told p where p.case_id = e.case_id and p.seq <= e.seq and p.kind in
                       ('routed', 'service_changed', 'transferred') order by p.seq desc limit 1) s on true
  left join lateral (select p.plain ->> 'area' as area from told p where p.case_id = e.case_id and p.seq <= e.seq
                        and p.kind = 'routed' order by p.seq desc limit 1) a on true
  left join lateral (select p.plain ->> 'channel' as channel from told p where p.case_id = e.case_id
                        and p.kind = 'opened' order by p.seq limit 1) c on true
"""
_INDEX = "create unique index on line (case_id, seq); create index on line (case_id, kind, seq); analyze line"
_ANALYSE = "; ".join(f"create index on {one} (case_id, at); analyze {one}" for one in ("contact", "status", "answer"))
#: the citizen comes
_CONTACTS = """
create temporary table contact as
select case_id, seq, at, day, to_char(at at time zone :zone, 'HH24') as hour, department, service, area, channel
  from (
    select o.case_id, o.seq, o.at, o.day, n.department, n.service, n.area, n.channel
      from line o join line n on n.case_id = o.case_id and n.seq = o.seq + 1
     where o.kind = 'opened' and o.actor = 'citizen'
    union all
    select case_id, seq, at, day, department, service, area, coalesce(plain ->> 'channel', channel) from line
     where kind = 'message_received' and plain ->> 'reason' <> 'thanks' and plain -> 'by_machine' is null
    union all
    select case_id, seq, at, day, department, service, area,
           case plain ->> 'contact' when 'call' then 'voice' else 'counter' end from line
     where kind = 'contact_logged' and (plain ->> 'reached')::boolean and plain ->> 'direction' = 'in') c
"""
#: a call in is one too, but for that in which the citizen opened the case
_CALLED = """
insert into contact
select case_id, seq, at, day, to_char(at at time zone :zone, 'HH24'), department, service, area, 'voice'
  from (select l.*, row_number() over (partition by case_id order by seq) as turn from line l
         where kind = 'call_started' and plain ->> 'direction' = 'in') l
 where not (turn = 1 and channel = 'voice'
       and 1 = (select count(*) from contact c where c.case_id = l.case_id and c.seq < l.seq)
       and exists (select from line o where o.case_id = l.case_id and o.kind = 'opened' and o.actor = 'citizen'))
"""
#: from which line to which a case was part of another one
_MERGED = """
create temporary table merged as
select m.case_id, m.seq, m.at, (select min(u.seq) from line u where u.case_id = m.case_id and u.seq > m.seq
                                   and u.kind = 'unmerged') as until_seq
  from (select l.case_id, coalesce((select min(t.seq) from line t where t.case_id = l.case_id and t.seq < l.seq
                                       and t.kind = 'timer_ended' and t.plain ->> 'why' = 'merged' and t.at = l.at
                                       and not exists (select from line u where u.case_id = l.case_id
                                           and u.kind = 'unmerged' and u.seq > t.seq and u.seq < l.seq)), l.seq) as seq,
               l.at from line l where l.kind = 'merged') m
"""
#: a status, and until when; what stands still for
_STATUS = """
create temporary table status as
select case_id, seq, at, plain ->> 'from' as came, plain ->> 'to' as status,
       lead(at) over w as until, lead(seq) over w as until_seq, lead(plain ->> 'to') over w as next
  from line where kind in ('status_changed', 'reopened') window w as (partition by case_id order by seq)
"""
_AWAY = """
create temporary table away as
select case_id, seq, at, until from status where status in ('waiting_on_citizen', 'waiting_on_third_party', 'resolved')
"""
_RESOLUTIONS = """
create temporary table resolution as
select l.case_id, l.seq, l.at, l.day, l.department, l.service, l.area, l.channel,
       row_number() over (partition by l.case_id order by l.seq) as cycle,
       -- it lasts until the case is taken up again; being closed is not that
       (select b.seq from status b where b.case_id = l.case_id and b.seq > l.seq and b.came = 'resolved'
           and b.status <> 'closed' order by b.seq limit 1) as again_seq,
       (select b.at from status b where b.case_id = l.case_id and b.seq > l.seq and b.came = 'resolved'
           and b.status <> 'closed' order by b.seq limit 1) as again_at,
       1 = (select count(*) from contact c where c.case_id = l.case_id and c.seq < l.seq)
         + (select count(*) from line o where o.case_id = l.case_id and o.kind = 'opened' and o.actor <> 'citizen'
               -- whoever opened it while the citizen was on the telephone adds nothing to that call
               and not (l.channel = 'voice' and 'call_started' = (select k.kind from contact c join line k
                   using (case_id, seq) where c.case_id = l.case_id and c.seq < l.seq order by c.seq limit 1)))
       as single
  from line l join status s using (case_id, seq) where s.status = 'resolved'
"""
#: since when a case counts, as was known at each of its lines
_STARTED = """
create temporary table started as
select l.case_id, l.seq, least(
    (select min(o.at) from line o where o.case_id = l.case_id and o.kind = 'opened'),
    (select min((t.plain ->> 'started_at')::timestamptz) from line t where t.case_id = l.case_id and t.seq <= l.seq
        and t.kind in ('timer_started', 'timer_moved') and t.plain ->> 'timer' in ('first_response', 'resolution'))
    ) as at
  from line l
"""
#: what a person said to the citizen, if it has arrived; ``lost_seq``: since which line it is known that it has not
_ANSWERS = """
create temporary table answer as
select l.case_id, l.seq, coalesce(p.seq, l.seq) as since_seq, coalesce(p.at, l.at) as at, coalesce(p.day, l.day) as day,
       l.department, l.service, l.area, l.channel, l.message_id, r.kind as told, r.seq as told_seq
  from line l
  -- what goes by post is said once it was posted, unless it ends its case
  left join line p on (l.plain ->> 'by_post')::boolean and p.case_id = l.case_id and p.message_id = l.message_id
                  and p.kind = 'letter_posted'
  left join lateral (select r.kind, r.seq from line r where r.case_id = l.case_id and r.message_id = l.message_id
                        and r.kind in ('message_delivered', 'message_not_delivered', 'reply_undone', 'letter_posted')
                      order by r.seq desc limit 1) r on true
 where (l.kind = 'replied' and (p.seq is not null or not coalesce((l.plain ->> 'by_post')::boolean, false)))
    or l.kind = 'contact_logged' and (l.plain ->> 'reached')::boolean
"""
#: since when an answer is owed, step by step: asked for, moved with a message to another case or from it, or owed
#: again since words that came before a letter was posted
_OWED = """
create temporary table owed as
with recursive step as (
    select *, row_number() over (partition by case_id order by seq) as place from (
        select case_id, seq, 'asks' as what, at as since from line
         where kind = 'opened' or kind = 'message_received' and plain ->> 'reason' <> 'thanks'
                                  and plain -> 'by_machine' is null
        union all
        select case_id, seq, case kind when 'letter_posted' then 'posts' else 'moves' end,
               (plain ->> 'owed_since')::timestamptz from line where kind in ('refiled_out', 'refiled_in', 'split_out',
               'took_in', 'gave_back', 'refile_undone', 'split_undone', 'letter_posted')) s
), walk as (
    select case_id, place, array[seq] as starts, array[since] as sinces, array[seq] as sets from step where place = 1
    union all
    select s.case_id, s.place,
           case when open and what = 'moves' and since is null then trim_array(starts, 1)
                when open or since is null then starts else starts || seq end,
           case when open and what = 'moves' then
                     case when since is null then trim_array(sinces, 1) else trim_array(sinces, 1) || since end
                when open or since is null then sinces else sinces || since end,
           case when open and what = 'moves' then
                     case when since is null then trim_array(sets, 1) else trim_array(sets, 1) || seq end
                when open or since is null then sets else sets || seq end
      from walk w join step s on s.case_id = w.case_id and s.place = w.place + 1
     cross join lateral (select cardinality(starts) > 0 and not exists (
        select from answer a
         where a.case_id = s.case_id and a.seq > starts[cardinality(starts)] and a.since_seq <= s.seq
           and not coalesce((select r.kind not in ('message_delivered', 'letter_posted') from line r
                              where r.case_id = a.case_id and r.message_id = a.message_id and r.seq < s.seq
                                and r.kind in
                                    ('message_delivered', 'message_not_delivered', 'reply_undone', 'letter_posted')
                              order by r.seq desc limit 1), false)) as open) o
), last as (
    select distinct on (case_id) * from walk order by case_id, place desc
)
select l.case_id, o.seq, o.number,
       -- a promise of an answer says when the words were received that it was made for
       least(o.since, (select min((t.plain ->> 'started_at')::timestamptz) from line t
                        where t.case_id = l.case_id and t.seq > o.set and t.kind in ('timer_started', 'timer_moved')
                          and t.plain ->> 'timer' in ('first_response', 'next_response')
                          and t.seq < coalesce((select min(a.since_seq) from answer a
                                                 where a.case_id = l.case_id and a.seq > o.seq), t.seq + 1))) as at
  from last l cross join lateral unnest(starts, sinces, sets) with ordinality as o(seq, since, set, number)
"""
#: promises, one after the other: a timer that is started again under its number is another one
_PROMISES = """
create temporary table promised as
with t as (
    select l.*, plain ->> 'timer' as timer, coalesce(plain ->> 'instance', '1') as instance,
           count(*) filter (where kind = 'timer_started')
             over (partition by case_id, plain ->> 'timer', coalesce(plain ->> 'instance', '1') order by seq) as run
      from line l where kind like 'timer\\_%'
       and not exists (select from merged m where m.case_id = l.case_id and m.seq <= l.seq
                          and coalesce(m.until_seq, l.seq + 1) > l.seq)
), told as (
    select *, case
        when kind = 'timer_breached' then (plain ->> 'due_at')::timestamptz
        when kind = 'timer_met' and (plain ->> 'late')::boolean then (plain ->> 'at')::timestamptz
        when kind = 'timer_missed' then (plain ->> 'at')::timestamptz
        when kind = 'timer_unmet' and plain ->> 'state' = 'missed' then at
        when kind = 'timer_unmet' and plain ->> 'state' = 'breached' then (plain ->> 'due_at')::timestamptz
    end as broken_at from t
), first as (
    select distinct on (case_id, timer, instance, run) case_id, timer, instance, run, 'breached' as measure,
           broken_at as at, department, service, area, channel
      from told where broken_at is not null order by case_id, timer, instance, run, seq
), last as (
    select distinct on (case_id, timer, instance, run) case_id, timer, instance, run,
           substr(kind, 7) as measure, (plain ->> 'at')::timestamptz as at, department, service, area, channel
      from told where kind in ('timer_met', 'timer_waived', 'timer_unmet')
     order by case_id, timer, instance, run, seq desc
), found as (
    select * from first
    union all
    select * from last l where measure <> 'unmet' and not exists (
        select from first f where f.case_id = l.case_id and f.timer = l.timer and f.instance = l.instance
           and f.run = l.run)
)
select f.case_id, f.measure, f.timer, f.at,
       case when f.timer = 'department_leg' then b.department else f.department end as department,
       case when f.timer = 'department_leg' then b.service else f.service end as service, f.area, f.channel
  from found f
  join told b on b.case_id = f.case_id and b.timer = f.timer and b.instance = f.instance and b.run = f.run
             and b.kind = 'timer_started'
 -- a case that is part of another one has left
 where not exists (select from merged m where m.case_id = f.case_id and m.until_seq is null)
"""
_LEGS = """
create temporary table leg as
with edge as (
    select l.case_id, l.seq, l.at, n.department, n.service, n.area, n.channel, 'begins' as what
      from line l join line n on n.case_id = l.case_id and n.seq = l.seq + 1 where l.kind = 'opened'
    union all
    select case_id, seq, at, department, service, area, channel, 'passes' from line where kind = 'transferred'
    union all
    select l.case_id, seq, l.at, department, service, area, channel,
           case when s.status in ('resolved', 'closed') then 'ends'
                when s.came = 'resolved' then 'begins' end
      from line l join status s using (case_id, seq)
     where s.status in ('resolved', 'closed') or s.came = 'resolved'
    union all
    select m.case_id, m.seq, m.at, l.department, l.service, l.area, l.channel, 'ends'
      from merged m join line l using (case_id, seq)
    union all
    select case_id, seq, at, department, service, area, channel, 'begins' from line where kind = 'unmerged'
), walked as (
    select *, lag(what) over w as before, lead(at) over w as until, lead(seq) over w as until_seq,
           max(case when what in ('begins', 'ends') then seq end) over (partition by case_id order by seq
               rows between unbounded preceding and 1 preceding) as last_turn
      from edge window w as (partition by case_id order by seq)
)
select w.case_id, w.at, w.until, w.until_seq, w.department, w.service, w.area, w.channel,
       row_number() over (partition by w.case_id order by w.seq) as number
  from walked w
 where w.what = 'begins'
    or w.what = 'passes' and (select b.what from edge b where b.case_id = w.case_id and b.seq = w.last_turn) = 'begins'
"""
_MADE = (
    *(_TOLD, _TOLD_INDEX, _LINES, _INDEX, _CONTACTS, _CALLED, _MERGED, _STATUS, _AWAY, _RESOLUTIONS),
    *(_STARTED, _ANSWERS, _OWED, _PROMISES, _LEGS, _ANALYSE),
)

#: measure, part, day, department, service, channel, area, case
_ENTRIES = """
select 'opened', '', o.day, n.department, n.service, n.channel, n.area, o.case_id
  from line o join line n on n.case_id = o.case_id and n.seq = o.seq + 1 where o.kind = 'opened'
union all
select 'contacts', hour, day, department, service, channel, area, case_id from contact
union all
select case when again_seq is null then 'resolved' else 'reopened' end, '', day, department, service, channel, area,
       case_id from resolution
union all
select 'first_resolution', '', day, department, service, channel, area, case_id from resolution where cycle = 1
union all
select 'single', '', day, department, service, channel, area, case_id from resolution where single
union all
select 'reopening', '', l.day, l.department, l.service, l.channel, l.area, l.case_id
  from resolution r join line l on l.case_id = r.case_id and l.seq = r.again_seq
union all
select 'closed', '', l.day, l.department, l.service, l.channel, l.area, l.case_id
  from line l join status s using (case_id, seq) where s.status = 'closed'
union all
select case o.number when 1 then 'first_response' else 'next_response' end, '', a.day, a.department, a.service,
       a.channel, a.area, o.case_id
  from owed o join lateral (select * from answer a where a.case_id = o.case_id and a.seq > o.seq
      and coalesce(a.told, '') not in ('message_not_delivered', 'reply_undone') order by a.seq limit 1) a on true
union all
select measure, timer, (at at time zone :zone)::date, department, service, channel, area, case_id from promised
union all
select 'escalated', plain ->> 'step', day, department, service, channel, area, case_id from line
 where kind = 'escalated'
union all
select 'leg', '', (until at time zone :zone)::date, department, service, channel, area, case_id
  from leg where until is not null
union all
select 'rated', l.plain ->> 'score', r.day, r.department, r.service, r.channel, r.area, l.case_id
  from line l join lateral (select * from resolution r where r.case_id = l.case_id and r.seq < l.seq
      order by r.seq desc limit 1) r on true
 where l.kind = 'rated'
union all
select 'first_contact',
       case when r.single and (r.again_at is null or r.again_at > r.at + interval '7 days')
             and not exists (
                select from contact c join case_file o on o.id = c.case_id
                 where c.at > r.at and c.at <= r.at + interval '7 days'
                   and (c.case_id = r.case_id or o.citizen_id = f.citizen_id and c.service = r.service
                        and r.service <> ''))
            then 'yes' else 'no' end,
       r.day, r.department, r.service, r.channel, r.area, r.case_id
  from resolution r join case_file f on f.id = r.case_id
 where r.day <= (select max(day) from figure_sum where measure = 'judged')
"""
#: measure, part, day, department, service, channel, area, case: what waited at the end of each day that was counted
_NIGHTS = """
with night as (
    select day, (day + 1)::timestamp at time zone :zone as midnight from figure_sum where measure = 'night'
), stood as (
    select n.day, n.midnight, l.* from night n
      join lateral (select distinct on (case_id) case_id, seq, department, service, area, channel from line
                     where at < n.midnight order by case_id, seq desc) l on true
     where coalesce((select s.status from status s where s.case_id = l.case_id and s.seq <= l.seq
                      order by s.seq desc limit 1), 'new') not in ('resolved', 'closed')
       and not exists (select from merged m where m.case_id = l.case_id and m.seq <= l.seq
                          and coalesce(m.until_seq, l.seq + 1) > l.seq)
)
select 'backlog', case when age <= 1 then '0-1' when age <= 7 then '2-7' when age <= 30 then '8-30'
                       when age <= 90 then '31-90' else '91+' end, day, department, service, channel, area, case_id
  from (select w.*, w.day - (s.at at time zone :zone)::date as age from stood w join started s using (case_id, seq)) b
union all
select 'standing', t.timer, w.day, w.department, w.service, w.channel, w.area, w.case_id
  from stood w join lateral (
    select distinct on (plain ->> 'timer', coalesce(plain ->> 'instance', '1')) plain ->> 'timer' as timer, kind
      from line l where l.case_id = w.case_id and l.seq <= w.seq and kind in ('timer_started', 'timer_paused',
           'timer_resumed', 'timer_revived', 'timer_ended', 'timer_breached', 'timer_met', 'timer_missed',
           'timer_waived')
     order by plain ->> 'timer', coalesce(plain ->> 'instance', '1'), seq desc) t on t.kind = 'timer_paused'
"""
#: case, measure, instance, first instant, last instant, whether waits are left out, and the line that it counts with
_SPANS = """
select o.case_id, case o.number when 1 then 'first_response' else 'next_response' end, o.number, o.at, a.at, false,
       a.since_seq
  from owed o join lateral (select * from answer a where a.case_id = o.case_id and a.seq > o.seq
      and coalesce(a.told, '') not in ('message_not_delivered', 'reply_undone') order by a.seq limit 1) a on true
union all
select r.case_id, m.measure, r.cycle, s.at, r.at, true, r.seq
  from resolution r join started s using (case_id, seq)
 cross join (values ('resolved'), ('first_resolution')) m(measure)
 where case m.measure when 'resolved' then r.again_seq is null else r.cycle = 1 end
union all
select case_id, 'leg', number, at, until, true, until_seq from leg where until is not null
"""
_LASTED = f"""
with span(case_id, measure, instance, since, until, waits, seq) as ({_SPANS}), ran as (
    select s.*, tstzmultirange(tstzrange(since, greatest(since, until))) - coalesce(
        (select range_agg(tstzrange(a.at, least(coalesce(a.until, s.until), s.until)))
           from away a where s.waits and a.case_id = s.case_id and a.at < s.until), '{{}}') as pieces,
           -- by the calendar of the promises that the case had then
           (select t.plain ->> 'calendar' from line t where t.case_id = s.case_id and t.seq <= s.seq
               and t.kind in ('timer_started', 'timer_moved') and t.plain ->> 'calendar' <> ''
               and t.plain ->> 'timer' in ('first_response', 'next_response', 'resolution', 'department_leg')
             order by t.seq desc limit 1) as calendar
      from span s)
select case_id, measure, instance,
       coalesce((select floor(sum(extract(epoch from upper(p) - lower(p)))) from unnest(pieces) p), 0)::bigint,
       coalesce((select floor(sum(extract(epoch from upper(p) - lower(p)))) from unnest(pieces * cast(
           coalesce(cast(:open as jsonb) ->> calendar, cast(:open as jsonb) ->> '') as tstzmultirange)) p), 0)::bigint
  from ran
"""


class Walk:
    """One walk over all lines; what it makes is gone with its connection's transaction."""

    def __init__(self, connection: Connection, *, zone: str, openings: Mapping[str, str]) -> None:
        self.connection, self.values = connection, {"zone": zone, "open": json.dumps(openings)}
        for statement in _MADE:
            connection.execute(text(statement), self._of(statement))

    def entries(self) -> Counter[tuple[Any, ...]]:
        """Return every entry as measure, part, day, department, service, channel, area and case, how often it is."""
        return Counter(tuple(row) for row in self._rows(_ENTRIES))

    def nights(self) -> Counter[tuple[Any, ...]]:
        """Return what waited and stood still at the end of each day, as :meth:`entries` does."""
        return Counter(tuple(row) for row in self._rows(_NIGHTS))

    def lasted(self) -> Counter[tuple[Any, ...]]:
        """Return how long things took: case, measure, instance, seconds on the clock and of work."""
        return Counter(tuple(row) for row in self._rows(_LASTED))

    def secret(self) -> set[int]:
        """Return the cases that are confidential now."""
        query = "select distinct on (case_id) case_id, plain ->> 'confidential' from line"
        rows = self._rows(f"{query} where plain ? 'confidential' order by case_id, seq desc")
        return {case_id for case_id, said in rows if said == "true"}

    def _rows(self, statement: str) -> Iterator[Any]:
        yield from self.connection.execute(text(statement), self._of(statement))

    def _of(self, statement: str) -> dict[str, str]:
        return {name: value for name, value in self.values.items() if f":{name}" in statement}
