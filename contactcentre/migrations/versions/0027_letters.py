"""Letters: scans, their pages, the register, print batches and cover sheets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_TABLES = ("letter_change", "letter", "scan_page", "scan", "letter_number", "print_batch", "cover_sheet")


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_address_postal",
            "address",
            [sa.text("lower(value)")],
            postgresql_where=sa.text("kind = 'postal'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )
    _print_room()
    _scans()
    _letters()
    _changes()
    op.create_table(
        "letter_number",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("direction", "year", name=op.f("pk_letter_number")),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Remove them."""
    for name in _TABLES:
        op.drop_table(name)
    op.drop_index("ix_address_postal", table_name="address")


def _print_room() -> None:
    op.create_table(
        "print_batch",
        _id(),
        _number("made_by"),
        _instant("made_at", nullable=False),
        _text("pdf_sha256", nullable=False),
        _number("letters", nullable=False),
        _points("print_batch", "made_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_batch")),
        if_not_exists=True,
    )
    op.create_table(
        "cover_sheet",
        _id(),
        _number("made_by"),
        _instant("made_at", nullable=False),
        _points("cover_sheet", "made_by", "agent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cover_sheet")),
        if_not_exists=True,
    )


def _scans() -> None:
    op.create_table(
        "scan",
        _id(),
        *(_text(name, nullable=False) for name in ("account", "sha256", "name", "state", "came_by")),
        _text("trouble"),
        _number("raw_id"),
        _number("twin_of"),
        sa.Column("pages", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _instant("received_at", nullable=False),
        _version(),
        _points("scan", "twin_of", "scan"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        if_not_exists=True,
    )
    _index("uq_scan_raw_id", "scan", ["raw_id"], "raw_id is not null", unique=True)
    _index("ix_scan_sha256", "scan", ["sha256", "id"])
    _index("ix_scan_waiting", "scan", ["id"], "state in ('held', 'refused')")
    op.create_table(
        "scan_page",
        _id(),
        _number("scan_id", nullable=False),
        _small("number"),
        *(_text(name) for name in ("picture_sha256", "shown_sha256", "pdf_sha256")),
        _number("width"),
        _number("height"),
        _json("codes", "'[]'"),
        *(
            sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
            for name in ("blank", "cover")
        ),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _instant("next_try_at"),
        *(
            sa.Column(name, sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
            for name in ("turned", "turn")
        ),
        sa.Column("skew", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("text", sa.String(), server_default=sa.text("''"), nullable=False),
        _json("words", "'[]'"),
        _points("scan_page", "scan_id", "scan"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_page")),
        if_not_exists=True,
    )
    _index("uq_scan_page_scan_id_number", "scan_page", ["scan_id", "number"], unique=True)
    _index("ix_scan_page_waiting", "scan_page", ["next_try_at"], "state = 'waiting'")


def _letters() -> None:
    op.create_table(
        "letter",
        _id(),
        *(_text(name, nullable=False) for name in ("direction", "register_number", "account", "state")),
        *(_number(name) for name in ("scan_id", "proves", "joined_to", "keyed_by", "message_id", "case_id")),
        _number("print_batch_id"),
        *(_small(name, nullable=True) for name in ("first_page", "last_page")),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("received_on", "dated", "posted_on", "returned_on")),
        *(_text(name) for name in ("sender_name", "signed_by", "recipient_name", "postal", "subject", "text")),
        *(_text(name) for name in ("reference_found", "trouble", "pdf_sha256", "tracking", "returned_reason")),
        _json("found", "'{}'"),
        _instant("keyed_at"),
        _instant("printed_at"),
        _version(),
        _instant("created_at", nullable=False),
        _points("letter", "scan_id", "scan"),
        _points("letter", "joined_to", "letter"),
        _points("letter", "keyed_by", "agent"),
        _points("letter", "case_id", "case_file"),
        _points("letter", "print_batch_id", "print_batch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("register_number", name=op.f("uq_letter_register_number")),
        if_not_exists=True,
    )
    _index("ix_letter_scan_id", "letter", ["scan_id", "first_page"], "scan_id is not null")
    _index("ix_letter_to_key", "letter", ["id"], "state in ('reading', 'to_key')")
    _index("ix_letter_dispatch", "letter", ["state", "id"], "direction = 'out'")
    _index("ix_letter_direction_id", "letter", ["direction", "id"])
    for name in ("message_id", "case_id", "print_batch_id"):
        _index(f"ix_letter_{name}", "letter", [name], f"{name} is not null")


def _changes() -> None:
    op.create_table(
        "letter_change",
        _id(),
        _number("scan_id"),
        _number("letter_id"),
        _text("kind", nullable=False),
        _text("actor", nullable=False),
        _instant("at", nullable=False),
        _json("values", "'{}'"),
        _points("letter_change", "scan_id", "scan"),
        _points("letter_change", "letter_id", "letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_change")),
        if_not_exists=True,
    )
    for name in ("scan_id", "letter_id"):
        _index(f"ix_letter_change_{name}", "letter_change", [name, "id"], f"{name} is not null")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _number(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _small(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=nullable)


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _json(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, JSONB(), server_default=sa.text(default), nullable=False)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False)


def _points(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _index(name: str, table: str, columns: list[str], where: str = "", *, unique: bool = False) -> None:
    only = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, postgresql_where=only, if_not_exists=True)
