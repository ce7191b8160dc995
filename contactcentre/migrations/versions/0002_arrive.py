"""One round trip for everything that intake must know before it decides"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Volatile on purpose: each of its statements sees what was committed while it waited for the lock.
ARRIVE = """
create function arrive(
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
                   f.version, f.event_seq, encode(f.event_head, 'hex') as event_head
              from case_file f where f.thread_id = arrive.thread_id order by f.id desc limit p_candidates) c);
        if p_reference is not null then
            candidates := coalesce(candidates, '[]') || coalesce((select jsonb_agg(to_jsonb(c)) from (
                select f.id, f.reference, f.status, f.department, f.service, f.resolved_at,
                       f.last_message_at as last_at, f.version, f.event_seq, encode(f.event_head, 'hex') as event_head
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
DROP = "drop function arrive(bigint, text, text, text, text, text, text, text, int, int, text, timestamptz)"


def upgrade() -> None:
    """Add the function; the release before this one does not call it."""
    op.create_table(
        "fetched",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "external_id", name=op.f("pk_fetched")),
    )
    op.create_index("uq_fetched_message_id", "fetched", ["message_id"], unique=True)
    op.create_index(
        "ix_message_fetched",
        "message",
        ["thread_id"],
        postgresql_where=sa.text("direction = 'in' and external_id like 'fetched:%'"),
    )
    op.execute(ARRIVE)


def downgrade() -> None:
    """Remove it."""
    op.execute(DROP)
    op.drop_index("ix_message_fetched", table_name="message")
    op.drop_table("fetched")
