"""Rearranging cases: what can be undone, links between cases, and merged cases that still answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger()
_STANDS = sa.text("removed_at is null")
_OPEN = sa.text("status not in ('resolved', 'closed')")
_MERGED = sa.text("merged_into_id is not null")
# As ``arrive`` was, but that merged cases lead on.
ARRIVE = """
create function arrive_merged(
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
             where m.thread_id = arrive_merged.thread_id and m.account = p_account and m.direction = 'in'
               and m.external_id not like 'fetched:%' and m.text = p_text
               and m.sent_at between p_sent_at - interval '1 minute' and p_sent_at + interval '1 minute'
               and not exists (select 1 from fetched f where f.message_id = m.id)
             order by m.id limit 1;
        else
            update message set external_id = p_external_id where id = (
                select m.id from message m
                 where m.thread_id = arrive_merged.thread_id and m.account = p_account and m.direction = 'in'
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
                            where m.thread_id = arrive_merged.thread_id and m.direction = 'out' and m.automatic
                            order by m.created_at desc limit p_automatic);
        -- A case that was merged stands for the one it went into, which then answers to its reference too.
        candidates := (select jsonb_agg(to_jsonb(c)) from (
            with recursive way(id, next_id, known_as) as (
                select o.id, o.merged_into_id, o.reference from (
                    select f.id, f.merged_into_id, f.reference from case_file f
                     where f.thread_id = arrive_merged.thread_id order by f.id desc limit p_candidates) o
                union
                select f.id, f.merged_into_id, f.reference from case_file f
                 where f.reference = p_reference
                   and exists (select 1 from party y where y.case_id = f.id and y.address_id = arrive_merged.address_id)
                union
                select f.id, f.merged_into_id, w.known_as from way w join case_file f on f.id = w.next_id
            ), found as (
                select w.id, array_agg(w.known_as) as known_as from way w where w.next_id is null group by w.id
            )
            select f.id, f.reference, f.status, f.department, f.service, f.resolved_at, f.last_message_at as last_at,
                   f.version, f.event_seq, encode(f.event_head, 'hex') as event_head,
                   f.last_speaker = 'agent' as answered, found.known_as
              from found join case_file f on f.id = found.id order by f.id desc) c);
    end if;
    if candidates is null then
        case_id := nextval('case_file_id_seq');
        number := nextval('reference_number');
    end if;
end $$
"""
DROP = "drop function arrive_merged(bigint, text, text, text, text, text, text, text, int, int, text, timestamptz)"


def upgrade() -> None:
    """Expand only: the release before this one merges nothing and goes on calling ``arrive``."""
    # First, and so that it can be begun again: what follows is one transaction.
    with op.get_context().autocommit_block():
        _index("ix_case_file_merged_into_id", ["merged_into_id"], _MERGED)
        _index("ix_case_file_alike", ["service", "opened_at"], _OPEN)
    _rearrangements()
    _links()
    op.execute(ARRIVE)


def downgrade() -> None:
    """Remove it; what was merged stays closed."""
    op.execute(DROP)
    op.drop_index("ix_case_file_alike", table_name="case_file")
    op.drop_index("ix_case_file_merged_into_id", table_name="case_file")
    op.drop_table("case_link")
    op.drop_table("rearrangement")


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, "case_file", columns, postgresql_where=where, postgresql_concurrently=True, if_not_exists=True
    )


def _rearrangements() -> None:
    op.create_table(
        "rearrangement",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_case_id", _BIG, nullable=False),
        sa.Column("to_case_id", _BIG, nullable=False),
        sa.Column("kept", JSONB(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("undone_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["from_case_id"], ["case_file.id"], name=op.f("fk_rearrangement_from_case_id")),
        sa.ForeignKeyConstraint(["to_case_id"], ["case_file.id"], name=op.f("fk_rearrangement_to_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rearrangement")),
    )
    op.create_index("ix_rearrangement_from_case_id_id", "rearrangement", ["from_case_id", "id"])
    op.create_index("ix_rearrangement_to_case_id_id", "rearrangement", ["to_case_id", "id"])


def _links() -> None:
    op.create_table(
        "case_link",
        sa.Column("id", _BIG, sa.Identity(), nullable=False),
        sa.Column("from_id", _BIG, nullable=False),
        sa.Column("to_id", _BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("removed_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["case_file.id"], name=op.f("fk_case_link_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["case_file.id"], name=op.f("fk_case_link_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    stands = "uq_case_link_from_id_to_id_kind"
    op.create_index(stands, "case_link", ["from_id", "to_id", "kind"], unique=True, postgresql_where=_STANDS)
    op.create_index("ix_case_link_to_id", "case_link", ["to_id"], postgresql_where=_STANDS)
    once = sa.text("kind = 'part_of' and removed_at is null")
    op.create_index("uq_case_link_part_of", "case_link", ["from_id"], unique=True, postgresql_where=once)
