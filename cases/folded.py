"""Words as search compares them: without case, accents and special letters, the same here and in the database."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, func, literal_column, select

_PLAIN = {
    "a": "áàâãäåāăą", "c": "çćč", "d": "ɖđ", "e": "éèêëēėęəɛ", "f": "ƒ", "g": "ɣğ", "i": "íìîïīįɩ", "k": "ƙ",
    "n": "ñńŋ", "o": "óòôõöøōőɔ", "s": "śš", "u": "úùûüūůűʋ", "y": "ýÿƴ", "z": "žźż", "b": "ɓ",
}  # fmt: skip
_MARKS = "".join(chr(one) for one in range(0x300, 0x30D))
#: what is written as what; the marks at the end are left out
FROM = "".join(_PLAIN.values()) + _MARKS
TO = "".join(plain * len(letters) for plain, letters in _PLAIN.items())
_TABLE = {ord(one): TO[at] if at < len(TO) else None for at, one in enumerate(FROM)}
_WORD = re.compile(r"[^\W_]+")
#: a word of this length or longer may be unfinished where it stands last
BEGUN = 3
MOST_WORDS = 12


def words(text: str) -> list[str]:
    """Return the words of a text, folded, a dozen at most."""
    return _WORD.findall(text.lower().translate(_TABLE))[:MOST_WORDS]


def sql(expression: str) -> str:
    """Return the SQL of a text's folded words, as the indexes have it; ``expression`` is SQL of our own."""
    return f"to_tsvector('simple', translate(lower({expression}), '{FROM}', '{TO}'))"


def said(expression: str, wanted: list[str]) -> ColumnElement[bool]:
    """Return the condition that all words stand in a text, the last one perhaps only begun."""
    return literal_column(sql(expression)).op("@@")(func.to_tsquery("simple", _query(wanted)))


def asked(wanted: list[str], *, known: bool) -> Any:
    """Return the same words as one value, for texts whose words are kept: see :mod:`cases.models.words`.

    Where they are ``known`` to the planner, a plan follows from how frequent they are, and is made at every search;
    otherwise one is made once and kept for all words.
    """
    if known:
        return func.to_tsquery(
            "simple", bindparam("words", _query(wanted), String(), unique=True, literal_execute=True)
        )
    return select(func.to_tsquery("simple", _query(wanted))).scalar_subquery()


def _query(wanted: list[str]) -> str:
    *whole, last = (f"'{one}'" for one in wanted)
    return " & ".join([*whole, last + ":*" if len(wanted[-1]) >= BEGUN else last])
