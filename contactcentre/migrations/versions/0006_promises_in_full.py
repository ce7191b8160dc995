"""Promises in full: pauses, the escalation ladder, deadlines that an open pause leaves unknown"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# As before, with one more thing of each case that a message may join: whether an agent has spoken last in it.
ARRIVE = """
create or replace function arrive(
    p_lock bigint, p_kind text, p_value text, p_account text, p_external_id text, p_event text, p_raw_key text,
    p_reference text, p_automatic int, p_candidates int, p_text text, p_sent_at timestamptz,
    out at timestamptz, out repeated boolean, out is_new boolean,
    out address_id bigint, out citizen_id bigint, out thread_id bigint, out language text, out opted_out boolean,
    out message_id bigint, out reply_id bigint, out case_id bigint, out number bigint,
    out automatic timestamptz[], out candidates jsonb
) language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock(p_lock);
    at := transaction_timestamp();
    repeated := exists (select 1 from raw_request r
                        where r.account = p_account and r.event = p_event and r.dedupe_key = p_raw_key)
             or exists (select 1 from fetched f where f.account = p_account and f.external_id = p_external_id)
             or exists (select 1 from message m
                        where m.account = p_account and m.external_id = p_external_id and m.direction = 'in'
                          and m.external_id is not null);
    select a.id, t.id, a.language, a.opted_out_at is not null,
           (select min(l.citizen_id) from citizen_address l where l.address_id = a.id)
      into address_id, thread_id, language, opted_out, citizen_id
      from address a join thread t on t.address_id = a.id
     where a.kind = p_kind and a.value = p_value;
    is_new := address_id is null;
    if not is_new and not repeated and p_sent_at is not null then
        -- The list of some gateways numbers messages otherwise than their callbacks do: the same words of the same
        -- number within a minute are one message, whichever way they came first.
        if p_external_id like 'fetched:%' then
            insert into fetched (account, external_id, message_id)
            select p_account, p_external_id, m.id from message m
             where m.thread_id = arrive.thread_id and m.account = p_account and m.direction = 'in'
               and m.external_id not like 'fetched:%' and m.text = p_text
               and m.sent_at between p_sent_at - interval '1 minute' and p_sent_at + interval '1 minute'
               and not exists (select 1 from fetched f where f.message_id = m.id)
             order by m.id limit 1;
        else
            update message set external_id = p_external_id where id = (
                select m.id from message m
                 where m.thread_id = arrive.thread_id and m.account = p_account and m.direction = 'in'
                   and m.external_id like 'fetched:%' and m.text = p_text
                   and m.sent_at between p_sent_at - interval '1 minute' and p_sent_at + interval '1 minute'
                 order by m.id limit 1);
        end if;
        repeated := found;
    end if;
    message_id := nextval('message_id_seq');
    reply_id := nextval('message_id_seq');
    if is_new then
        address_id := nextval('address_id_seq');
        citizen_id := nextval('citizen_id_seq');
        thread_id := nextval('thread_id_seq');
        opted_out := false;
    else
        automatic := array(select m.created_at from message m
                            where m.thread_id = arrive.thread_id and m.direction = 'out' and m.automatic
                            order by m.created_at desc limit p_automatic);
        candidates := (select jsonb_agg(to_jsonb(c)) from (
            select f.id, f.reference, f.status, f.department, f.service, f.resolved_at, f.last_message_at as last_at,
                   f.version, f.event_seq, encode(f.event_head, 'hex') as event_head,
                   f.last_speaker = 'agent' as answered
              from case_file f where f.thread_id = arrive.thread_id order by f.id desc limit p_candidates) c);
        if p_reference is not null then
            candidates := coalesce(candidates, '[]') || coalesce((select jsonb_agg(to_jsonb(c)) from (
                select f.id, f.reference, f.status, f.department, f.service, f.resolved_at,
                       f.last_message_at as last_at, f.version, f.event_seq, encode(f.event_head, 'hex') as event_head,
                   f.last_speaker = 'agent' as answered
                  from case_file f where f.reference = p_reference
                   and exists (select 1 from party y where y.case_id = f.id and y.address_id = arrive.address_id)
            ) c), '[]');
        end if;
    end if;
    if candidates is null then
        case_id := nextval('case_file_id_seq');
        number := nextval('reference_number');
    end if;
end $$
"""
_ANSWERED = ",\n                   f.last_speaker = 'agent' as answered"
_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()


def upgrade() -> None:
    """Expand only: the release before this one writes timers without the new columns."""
    op.add_column("timer", sa.Column("calendar_mark", sa.String(), nullable=True))
    op.add_column("timer", sa.Column("overridden", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("timer", sa.Column("rung", _BIG, server_default=sa.text("0"), nullable=False))
    op.add_column("timer", sa.Column("met_by", _BIG, nullable=True))
    op.alter_column("timer", "due_at", nullable=True)
    op.create_index("ix_timer_met_by", "timer", ["met_by"], postgresql_where=sa.text("met_by is not null"))
    op.create_table(
        "timer_pause",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("timer_id", _BIG, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["timer_id"], ["timer.id"], name=op.f("fk_timer_pause_timer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer_pause")),
    )
    op.create_index(op.f("ix_timer_pause_timer_id"), "timer_pause", ["timer_id"])
    op.create_table(
        "escalation",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("timer_id", _BIG, nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("to", JSONB(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("noticed_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    op.create_index("uq_escalation_timer_id_step_due_at", "escalation", ["timer_id", "step", "due_at"], unique=True)
    op.create_index("ix_escalation_unnoticed", "escalation", ["id"], postgresql_where=sa.text("noticed_at is null"))
    op.execute(ARRIVE)


def downgrade() -> None:
    """Remove it. Paused timers have no deadline to keep, so they get their start's."""
    op.execute(ARRIVE.replace(_ANSWERED, ""))
    op.drop_table("escalation")
    op.drop_table("timer_pause")
    op.drop_index("ix_timer_met_by", table_name="timer")
    op.execute("update timer set due_at = started_at where due_at is null")
    op.alter_column("timer", "due_at", nullable=False)
    for column in ("met_by", "rung", "overridden", "calendar_mark"):
        op.drop_column("timer", column)
