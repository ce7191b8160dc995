"""The words that a cover sheet bears beside its code, so that one whose code is torn is still known for what it is."""

from __future__ import annotations

from itertools import pairwise

from cases.identity.names import fold

#: printed in large letters on each sheet
WORDS = "COVER SHEET"
#: a sheet says little else; a letter may well speak of a cover sheet
_MOST_WORDS = 60


def looks_like_cover(text: str) -> bool:
    """Tell whether what was read of a page are the words of a cover sheet."""
    words = fold(text).split()
    wanted = fold(WORDS).split()
    return len(words) <= _MOST_WORDS and any([*pair] == wanted for pair in pairwise(words))
