"""Reads the phrases by which citizens speak of something, language by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.routing.phrases import Phrase, apart, phrase
from config.schema import LANGUAGE, Block

_LIST = 'must be a list such as ["pothole", "bad road", ["road", "spoilt"]]: an inner list is words that stand apart'


def words(table: Block) -> Mapping[str, tuple[Phrase, ...]]:
    """Read phrases by language. Any language may have some, for a citizen mixes those that they speak."""
    found = {}
    for language, value in table.rest().items():
        if not LANGUAGE.fullmatch(language):
            table.fault(language, f"{language!r} is no language; write codes of ISO 639 such as en")
        found[language] = phrases(table, language, value)
    return found


def phrases(block: Block, key: str, value: Any) -> tuple[Phrase, ...]:
    """Read a list of phrases, each a text, or a list of words that may stand apart."""
    if not isinstance(value, list):
        block.fault(key, f"{_LIST}, not {value!r}")
        return ()
    found: dict[Phrase, None] = {}
    for one in value:
        made = _phrase(one)
        if made is None:
            block.fault(key, f"{one!r} cannot be looked for; the list {_LIST}")
        elif made in found:
            block.fault(key, f"{one!r} is in this list already; leave one out")
        else:
            found[made] = None
    return tuple(found)


def _phrase(value: Any) -> Phrase | None:
    if isinstance(value, str):
        made = phrase(value)
    elif isinstance(value, list) and len(value) > 1 and all(isinstance(one, str) for one in value):
        made = apart(value)
    else:
        return None
    return made if made.stems else None
