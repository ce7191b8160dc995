"""What is one word to routing: folded, and without its English ending."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

#: letters of Akan, Ewe and Hausa as they are written on a keyboard that lacks them
_PLAIN = str.maketrans(
    {"ɛ": "e", "ɔ": "o", "ŋ": "n", "ɖ": "d", "ƒ": "f", "ɣ": "g", "ʋ": "v", "ɓ": "b", "ɗ": "d", "ƙ": "k"}
)
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])(?:[^\W_]|[\u0300-\u036f]|['’ʼ](?=[^\W_]))*")
_PART = re.compile(r"[,;:!?\n]")
_SENTENCE = 4
_FILLERS = """
a an the is are was were be been being am has have had do does did my our your his her their its this that these
those very so just please pls plz kindly sir madam dey dem abeg ooo of
"""
#: words that say nothing by themselves: "the gutter is choked" and "gutter choked" are the same to a phrase
FILLERS = frozenset(_FILLERS.split())
#: words of a text that are looked at; whoever writes more has said it by then
MOST_WORDS = 250


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: folded, its stem, and where it stands there."""

    folded: str
    stem: str
    start: int
    end: int
    #: a comma or the end of a sentence stands before it: no phrase runs over that
    begins: bool = True


def split(text: str) -> tuple[Word, ...]:
    """Return the words that say something, in order; a text of fillers alone keeps them."""
    found = [_word(match) for _, match in zip(range(MOST_WORDS), _WORD.finditer(text), strict=False)]
    every = [one for one in found if one.folded]
    kept = [one for one in every if one.folded not in FILLERS] or every
    return tuple(kept[:1] + [replace(one, begins=_parted(text, before, one)) for before, one in pairwise(kept)])


def fold(word: str) -> str:
    """Return a word without case, accents, apostrophes and special letters."""
    if word.isascii():  # what most words are, and much quicker
        return word.lower().replace("'", "")
    # Unfolding brings out capitals (of mathematical letters), and lowering them may bring out marks once more.
    lowered = unicodedata.normalize("NFKD", word).casefold().translate(_PLAIN)
    return "".join(one for one in unicodedata.normalize("NFKD", lowered) if one.isalnum())


def stem(folded: str) -> str:
    """Return a folded word without the English endings of plural, -ing and -ed; short words stay as they are."""
    found = folded
    if len(found) >= 4:
        found = _without_plural(found)
    if len(found) >= 6:
        found = _without_ending(found)
    return found[:-1] if len(found) >= 6 and found.endswith("e") else found


def _parted(text: str, before: Word, one: Word) -> bool:
    between = text[before.end : one.start]
    # "No. 1" is one name; a longer word with a full stop behind it ends a sentence
    return bool(_PART.search(between)) or ("." in between and before.end - before.start >= _SENTENCE)


def _word(match: re.Match[str]) -> Word:
    folded = fold(match.group())
    return Word(folded, stem(folded), match.start(), match.end())


def _without_plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _without_ending(word: str) -> str:
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and any(one in "aeiouy" for one in rest):
            return rest[:-1] if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
    return word
