"""Reads messages/<language>.toml: all that a citizen reads, and the words that the product understands."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from cases.commands import Keywords, fold
from cases.texts import KEYS, Catalogue, Text
from config.schema import Block

Entries = dict[tuple[str, str, str | None], Text]
#: tables of words; a command is known by its first word, only thanks may be a phrase
TABLES = tuple(one.name for one in fields(Keywords) if one.name != "languages")
PHRASES = {"thanks"}


def read(
    blocks: Mapping[str, Block], *, default_language: str, allow_drafts: bool, channels: Iterable[str]
) -> tuple[Catalogue, Keywords]:
    """Read the files of all languages, by code. The default language must be complete, the others may have gaps."""
    entries: Entries = {}
    names: dict[str, str] = {}
    words: dict[str, set[str]] = {table: set() for table in TABLES}
    for language, block in blocks.items():
        names[language] = block.text("name")
        draft = block.flag("draft", default=False)
        texts = block.table("texts")
        for key, value in texts.rest().items():
            entries.update(_entries(texts, key, value, language=language, draft=draft, channels=channels))
        _words(block.table("keywords"), words)
        block.end()
    if default_language in blocks:
        _complete(blocks[default_language], entries, default_language)
    keywords = Keywords(**{table: frozenset(found) for table, found in words.items()}, languages=_languages(names))
    return Catalogue(entries, names, default_language, allow_drafts), keywords


def _entries(
    block: Block, key: str, value: Any, *, language: str, draft: bool, channels: Iterable[str]
) -> Iterable[tuple[tuple[str, str, str | None], Text]]:
    if key not in KEYS:
        block.fault(key, f"is no text of the product; allowed: {', '.join(sorted(KEYS))}")
        return
    table: dict[str, Any] = value if isinstance(value, dict) else {"text": value}
    marked = table.get("draft", draft)
    if not isinstance(marked, bool):
        block.fault(key, "draft must be true or false")
    for way, words in table.items():
        if way == "draft":
            continue
        if way != "text" and way not in channels:
            block.fault(key, f"{way!r} is no channel; allowed: text, draft, {', '.join(sorted(channels))}")
        elif not isinstance(words, str) or not words.strip():
            block.fault(key, f"must be text, not {words!r}")
        elif wrong := _placeholder_fault(words, KEYS[key]):
            block.fault(key, wrong)
        else:
            yield (key, language, None if way == "text" else way), Text(words, bool(marked))


def _placeholder_fault(text: str, wanted: frozenset[str]) -> str | None:
    """Say what is wrong with the braces of a text. Only plain names: a format or an index could ask for anything."""
    try:
        parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        return "has a brace that is not closed; write {{ or }} for a brace itself"
    if any(form or conversion for _, _, form, conversion in parts):
        return "has a placeholder with a format; write the bare name in braces"
    found = {str(name) for _, name, _, _ in parts}
    if found == wanted:
        return None
    return f"fills in {_braced(found)}; it must fill in {_braced(wanted)}"


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing"


def _complete(block: Block, entries: Entries, language: str) -> None:
    for key in KEYS:
        found = entries.get((key, language, None))
        if found is None and not _named(block, key):
            block.fault(f"texts.{key}", "is missing; the default language must have every text")
        elif found is not None and found.draft:
            block.fault(f"texts.{key}", "is a draft; the default language must be reviewed")


def _named(block: Block, key: str) -> bool:
    """Tell whether the file has the text although it could not be used: that fault is already noted."""
    given = block.table("texts").rest().get(key)
    return given is not None and not (isinstance(given, dict) and "text" not in given)


def _words(block: Block, words: dict[str, set[str]]) -> None:
    for table in TABLES:
        for given in block.texts(table):
            folded = fold(given)
            if not folded:
                block.fault(table, f"{given!r} has no letters or digits")
            elif " " in folded and table not in PHRASES:
                block.fault(table, f"{given!r} must be a single word")
            elif other := next((name for name in TABLES if name != table and folded in words[name]), None):
                block.fault(table, f"{given!r} already means {other}")
            words[table].add(folded)
    block.end()


def _languages(names: Mapping[str, str]) -> dict[str, str]:
    found = {fold(code): code for code in names}
    return {**{fold(name): code for code, name in names.items()}, **found}


def command_faults(block: Block, keywords: Keywords) -> None:
    """Note every command that no language has a word for: a citizen could never give it."""
    empty = [table for table in TABLES if table not in PHRASES and not getattr(keywords, table)]
    for table in empty:
        block.fault(f"keywords.{table}", "is missing; write at least one word such as in the shipped files")
