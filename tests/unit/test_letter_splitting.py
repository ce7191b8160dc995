"""Where letters begin: by cover sheets, or held; nothing is guessed."""

from __future__ import annotations

import pytest

from cases.letters.cover_words import looks_like_cover
from cases.letters.splitting import Seen, Span, split
from cases.messages import PageCode

P, BLANK, BROKEN = Seen(), Seen(blank=True), Seen(broken=True)
FALSE = Seen((PageCode("false"),))


def C(number: int, *, blank: bool = False) -> Seen:  # noqa: N802  stands beside P in tables
    return Seen((PageCode("cover", number=number),), blank=blank)


def R(message: int) -> Seen:  # noqa: N802  as above
    return Seen((PageCode("reply", reference="48217736", message_id=message),))


@pytest.mark.parametrize(
    ("pages", "letters", "covers"),
    [
        ([C(1), P, C(2), P, P], [(2, 2), (4, 5)], {1, 3}),
        ([C(1), BLANK, P, BLANK, C(2), BLANK, P, BLANK], [(3, 4), (7, 8)], {1, 5}),
        ([BLANK, C(1), P], [(3, 3)], {2}),
        ([C(1), P, BLANK, P, BLANK], [(2, 5)], {1}),
        ([C(1), P, C(2), P, P, C(3), P, C(4), P, P], [(2, 2), (4, 5), (7, 7), (9, 10)], {1, 3, 6, 8}),
        ([C(1), R(7), P, C(2), R(8)], [(2, 3), (5, 5)], {1, 4}),
    ],
)
def test_cover_sheets_split_a_scan(pages: list[Seen], letters: list[tuple[int, int]], covers: set[int]) -> None:
    found = split(pages, single=False)
    assert found.held == ""
    assert found.letters == tuple(Span(*one) for one in letters)
    assert found.covers == covers


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([P, C(1), P], "before the first cover sheet"),
        ([C(1), C(2), P], "two in a row"),
        ([C(1), BLANK, C(2), P], "two in a row"),
        ([C(1), P, C(2)], "one too many"),
        ([C(1), P, C(1), P], "twice"),
        ([C(1), P, FALSE, P], "Page 3 has a code that looks like ours"),
        ([FALSE], "did not sign"),
        ([C(1), P, BROKEN, P], "Page 3 cannot be shown"),
        ([C(1), R(7), R(8)], "several letters of ours"),
        ([BLANK, BLANK], "blank"),
        ([], "blank"),
        ([P, P], "no cover sheets and 2 pages"),
        ([Seen((PageCode("cover", number=1), PageCode("cover", number=2))), P], "several cover sheets"),
    ],
)
def test_what_is_not_sure_is_held(pages: list[Seen], why: str) -> None:
    found = split(pages, single=False)
    assert why in found.held
    assert found.letters == ()


@pytest.mark.parametrize("pages", [[P], [P, BLANK], [P, P, P], [R(7), P]])
def test_without_cover_sheets_a_single_thing_is_one_letter(pages: list[Seen]) -> None:
    assert split(pages, single=True).letters == (Span(1, len(pages)),)


@pytest.mark.parametrize("pages", [[P, BROKEN], [R(7), R(8)], [BLANK], [FALSE, P]])
def test_a_single_thing_is_held_too_where_something_is_odd(pages: list[Seen]) -> None:
    assert split(pages, single=True).held


@pytest.mark.parametrize(
    ("text", "is_cover"),
    [
        ("Test Assembly\nCOVER SHEET\nNo. 12\nA new letter begins behind this sheet.", True),
        ("C0VER SHEET", False),
        ("Please find the cover sheet attached. " + "words " * 80, False),
        ("sheet cover", False),
        ("", False),
    ],
)
def test_a_cover_sheet_is_known_by_its_words(text: str, is_cover: bool) -> None:
    assert looks_like_cover(text) is is_cover
