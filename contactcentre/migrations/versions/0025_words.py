"""Words as search looks for them, kept beside what they were said in instead of made anew at each look"""

from __future__ import annotations

from typing import NamedTuple

from alembic import op
from sqlalchemy import text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_FROM = (
    "áàâãäåāăąçćčɖđéèêëēėęəɛƒɣğíìîïīįɩƙñńŋóòôõöøōőɔśšúùûüūůűʋýÿƴžźżɓ"
    "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c"
)
_TO = "aaaaaaaaacccddeeeeeeeeefggiiiiiiiknnnooooooooossuuuuuuuuyyyzzzb"
#: rows that one statement of the filling takes: some tenths of a second
CHUNK = 10_000


class Of(NamedTuple):
    """What words are of: ``text`` and ``which`` rows are SQL of a row, ``columns`` those whose change changes them."""

    table: str
    key: str
    text: str
    which: str
    columns: str


KEPT = {
    "message_words": Of("message", "id", "{0}.text", "not {0}.automatic", "text, automatic"),
    "note_words": Of("event_detail", "event_id", "{0}.personal ->> 'text'", "{0}.personal ? 'text'", "personal"),
    "case_words": Of(
        "case_file",
        "id",
        "({0}.subject || ' ') || coalesce({0}.routing ->> 'place', '')",
        "{0}.id is not null",
        "subject, routing",
    ),
}


def upgrade() -> None:
    """Make and fill three tables, in steps that may break off and begin again; the release before goes on as it did."""
    op.execute(
        "create or replace function folded_words(p_text text) returns tsvector language sql immutable parallel safe "
        "as $$ select to_tsvector('simple', case when octet_length(p_text) = length(p_text) then lower(p_text) "
        f"else translate(lower(p_text), '{_FROM}', '{_TO}') end) $$"
    )
    for name, of in KEPT.items():
        op.execute(
            f"create table if not exists {name} (id bigint not null, words tsvector not null, "
            f"constraint pk_{name} primary key (id))"
        )
        _follow(name, of)
    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")  # an index waits for whoever reads, and keeps nobody from writing
        for name, of in KEPT.items():
            _fill(name, of)
            op.execute(f"drop index concurrently if exists ix_{name}_words")
            op.execute(f"create index concurrently ix_{name}_words on {name} using gin (words)")
            op.execute(f"analyze {name}")
        op.execute("set lock_timeout = 2000")


def _follow(name: str, of: Of) -> None:
    """Keep the words in step with the row, whoever writes it: also the release before this one."""
    op.execute(
        f"create or replace function keep_{name}() returns trigger language plpgsql as $$ begin "
        f"if tg_op <> 'INSERT' then delete from {name} where id = old.{of.key}; end if; "
        f"if tg_op <> 'DELETE' and {of.which.format('new')} then "
        f"insert into {name} (id, words) values (new.{of.key}, folded_words({of.text.format('new')})) "
        "on conflict (id) do update set words = excluded.words; end if; return null; end $$"
    )
    changed = " or ".join(
        f"({one.format('old')}) is distinct from ({one.format('new')})" for one in (of.text, of.which)
    )
    each = f"for each row execute function keep_{name}()"
    op.execute(f"create or replace trigger keep_{name} after insert or delete on {of.table} {each}")
    op.execute(
        f"create or replace trigger keep_{name}_changed after update of {of.columns} on {of.table} "
        f"for each row when ({changed}) execute function keep_{name}()"
    )


def _fill(name: str, of: Of) -> None:
    """Take in what is there already, some rows at a time, each time committed."""
    filling = text(
        f"insert into {name} (id, words) select t.{of.key}, folded_words({of.text.format('t')}) from {of.table} t "
        f"where t.{of.key} > :after and t.{of.key} <= :until and {of.which.format('t')} on conflict do nothing"
    )
    connection = op.get_bind()
    last = connection.execute(text(f"select coalesce(max({of.key}), 0) from {of.table}")).scalar_one()
    for after in range(0, last, CHUNK):
        connection.execute(filling, {"after": after, "until": after + CHUNK})


def downgrade() -> None:
    """Remove them; what they were made from is where it was."""
    for name, of in KEPT.items():
        op.execute(f"drop trigger keep_{name} on {of.table}")
        op.execute(f"drop trigger keep_{name}_changed on {of.table}")
        op.execute(f"drop function keep_{name}()")
        op.execute(f"drop table {name}")
    op.execute("drop function folded_words(text)")
