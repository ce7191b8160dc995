"""Reads what citizens ask a department for: the record that feeds every channel."""

from __future__ import annotations

from cases.services import FIELD_KINDS, Charter, Fee, Field, Service
from config.schema import KEY, Block
from config.wording import words

FAMILIES = ("service", "complaint", "enquiry", "information_request", "application", "feedback")


def service(block: Block, department: str) -> Service:
    """Read one thing that citizens ask a department for."""
    made = Service(
        key=block.key(),
        name=block.text("name"),
        family=block.text("family", allowed=FAMILIES),
        department=department,
        requirements=block.texts("requirements"),
        fee=_fee(block),
        charter=_charter(block),
        where=block.text("where", ""),
        fields=_fields(block),
        words=words(block.table("words")),
        published=block.flag("published", default=False),
    )
    block.end()
    return made


def _fee(block: Block) -> Fee | None:
    if "fee" not in block:
        return None
    table = block.table("fee")
    made = Fee(table.whole("amount", least=0), table.text("note", ""))
    table.end()
    return made


def _charter(block: Block) -> Charter | None:
    if "charter" not in block:
        return None
    table = block.table("charter")
    made = Charter(table.text("time"), table.text("source"), table.flag("sample", default=False))
    table.end()
    return made


def _fields(block: Block) -> tuple[Field, ...]:
    found: dict[str, Field] = {}
    for one in block.tables("fields"):
        key, label = one.text("key", like=KEY), one.text("label")
        kind, choices = one.text("kind", allowed=FIELD_KINDS), one.texts("choices")
        made = Field(key, label, kind, one.flag("required", default=False), choices)
        one.end()
        if key in found:
            one.fault("key", f"{key!r} is a field of this service already; choose another")
        if kind == "choice" and len(choices) < 2:
            one.fault("choices", "are missing; a choice needs at least two")
        if kind != "choice" and choices:
            one.fault("choices", f'are for the kind "choice", not {kind!r}; leave them out')
        found[key] = made
    return tuple(found.values())
