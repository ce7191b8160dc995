"""What the calls of filing take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from contactcentre.api.schemas import Id, In

#: eight digits in any spacing
Reference = Annotated[str, Field(max_length=40)]


class MergedIn(In):
    reference: Reference
    version: int | None = Field(None, description="as you read it; a newer one refuses the merge")


class MergeIn(In):
    cases: list[MergedIn] = Field(min_length=1, max_length=50, description="the cases that go into this one")
    reason: str = Field("", description="for staff; nobody outside is told")


class RefileIn(In):
    message: Id = Field(description="a message of the citizen in this case")
    to: Reference = Field(description="another live case of the same citizen")
    reason: str
    version: int | None = None


class SplitIn(In):
    messages: list[Id] = Field(min_length=1, max_length=100)
    reason: str = ""
    tell: bool = Field(False, description="tell the citizen the reference and code of the new case")
    version: int | None = None


class LinkIn(In):
    other: Reference
    kind: Literal["related", "duplicate_of", "caused_by", "follows_from"] = Field(
        description="what this case is to the other one"
    )


class UndoPath(BaseModel):
    reference: str = Field(description="eight digits, in any spacing")
    rearrangement: int = Field(description="as events and answers name it", ge=1, lt=2**63)


class LinkPath(BaseModel):
    reference: str = Field(description="eight digits, in any spacing")
    link: int = Field(ge=1, lt=2**63)


class LinkOut(BaseModel):
    id: int
    kind: str
    words: str = Field(description="how it reads from this case")
    other: str


class LinksOut(BaseModel):
    items: list[LinkOut]
    next: str | None = None
