"""The declarative base of all tables, and the column types that they share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, cast

from sqlalchemy import BigInteger, DateTime, Identity, MetaData, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the product. Constraint names are fixed, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSONB,
        datetime: DateTime(timezone=True),
        int: BigInteger,
    }


def table(model: type[Base]) -> Table:
    """Return a model's table, for statements that go past the unit of work; SQLAlchemy types it as less than it is."""
    return cast(Table, model.__table__)
