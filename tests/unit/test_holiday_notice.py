"""A ministry's notice and a table of days: what is read of them, what is pointed out, and what is only listed."""

from __future__ import annotations

from datetime import date

import pytest

from cases.errors import Invalid
from cases.sla.holidays import Holiday
from contactcentre.holiday_notice import Reading, read_notice
from contactcentre.holiday_seed import seed
from contactcentre.holidays import Differs, Edit, compare, edited

CONSTITUTION = """PUBLIC HOLIDAY: CONSTITUTION DAY

The General Public is hereby informed that Wednesday, 7th January, 2026, which marks Constitution Day, is a statutory
public holiday. However, in view of the fact that 7th January falls on Wednesday, the holiday shall by Executive
Instrument be observed on Friday, 9th January 2026.
"""


def read(text: str) -> Reading:
    return read_notice(text, source="Notice 4")


def days(reading: Reading) -> list[tuple[str, str, str | None]]:
    return [
        (str(one.holiday.day), one.holiday.name, str(one.holiday.observed) if one.holiday.observed else None)
        for one in reading.proposals
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CONSTITUTION, [("2026-01-07", "Constitution Day", "2026-01-09")]),
        (
            (
                "Wednesday, 7th January, 2026, which marks Constitution Day, is a statutory public holiday. In view of "
                "the fact that 7th January falls on Wednesday, Friday, 9th January, 2026 shall be observed as a "
                "public holiday."
            ),
            [("2026-01-07", "Constitution Day", "2026-01-09")],
        ),
        (
            (
                "Friday, 6th March, 2026 which marks Independence Day is a statutory public holiday. It shall instead "
                "be observed on Monday, 9th March, 2026."
            ),
            [("2026-03-06", "Independence Day", "2026-03-09")],
        ),
        (
            (
                "The public is informed that Friday, 3rd April, 2026 and Monday, 6th April 2026 mark Good Friday and "
                "Easter Monday respectively and are statutory public holidays. They should be observed as such."
            ),
            [("2026-04-03", "Good Friday", None), ("2026-04-06", "Easter Monday", None)],
        ),
        (
            "Saturday, 6th June 2026 marks the Eid-ul-Adha and is a Statutory Public Holiday.",
            [("2026-06-06", "Eid-ul-Adha", None)],
        ),
        (
            (
                "Monday the 21st of September, 2026, marks Founder's Day. Friday, 4th Dec. 2026, is Farmers' Day and a "
                "public holiday."
            ),
            [("2026-09-21", "Founder's Day", None), ("2026-12-04", "Farmers' Day", None)],
        ),
        (
            (
                "Saturday, December 26, 2026, which is Boxing Day, falls on a weekend; Monday, December 28, 2026 has "
                "been declared a public holiday in lieu."
            ),
            [("2026-12-26", "Boxing Day", "2026-12-28")],
        ),
        (
            "1. New Year's Day - Friday, 1st January, 2027\n2. Constitution Day – Thursday 7th January 2027\n",
            [("2027-01-01", "New Year's Day", None), ("2027-01-07", "Constitution Day", None)],
        ),
    ],
    ids=["by instrument", "another wording", "instead", "two at once", "the eid", "two sentences", "weekend", "list"],
)
def test_a_notice_is_read(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    reading = read(text)
    assert days(reading) == expected
    assert reading.unread == ()
    assert all(one.doubts == () and one.holiday.source == "Notice 4" for one in reading.proposals)


@pytest.mark.parametrize(
    "text",
    [
        "Accra, 2nd January 2026",
        "Date: 2nd January 2026",
        "Christmas Day - 25 December",
        "Farmers' Day: the first Friday in December",
        "31st February 2027 - Nonsense Day",
        "The holiday of 6th March 2026 is moved to another day.",
        "6th March 2026 is a statutory public holiday.",
        "Friday, 3rd April, 2026 and Monday, 6th April 2026 mark Easter.",
        "Republic Day: 01/07/2026",
    ],
)
def test_what_cannot_be_read_is_listed_and_never_guessed(text: str) -> None:
    assert read(text) == Reading((), (text,))


def test_of_two_holidays_none_is_moved_by_a_sentence_that_names_neither() -> None:
    text = "1st July 2026 marks Republic Day. 21st September 2026 marks Founder's Day. It is observed on 3rd July 2026."
    reading = read(text)
    assert [one[2] for one in days(reading)] == [None, None]
    assert reading.unread == ("It is observed on 3rd July 2026.",)


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (
            "Tuesday, 6th March 2026 marks Independence Day.",
            "2026-03-06 is a Friday, but the text says Tuesday",
        ),
        (
            "Friday, 6th March 2026 marks Independence Day. It shall be observed on Friday, 9th March 2026.",
            "2026-03-09 is a Monday, but the text says Friday",
        ),
        ("date,name\nSunday 6 March 2026,Independence Day\n", "2026-03-06 is a Friday, but the text says Sunday"),
    ],
)
def test_a_weekday_that_does_not_fit_is_pointed_out(text: str, doubt: str) -> None:
    assert [one.doubts for one in read(text).proposals] == [(doubt,)]


def test_a_table_is_read_line_by_line() -> None:
    text = """date,name,observed,source,estimated
2027-01-07,Constitution Day,2027-01-08,Notice 9,
Friday 26 March 2027,Good Friday,,,
2027-05-16,Eid,,,yes
01/07/2027,Republic Day,,,
2027-05-01,,,,
2027-06-01,Games Day,soon,,
2027-03-26,Good Friday again,,,
"""
    reading = read(text)
    assert [one.holiday for one in reading.proposals] == [
        Holiday(date(2027, 1, 7), "Constitution Day", "Notice 9", date(2027, 1, 8)),
        Holiday(date(2027, 3, 26), "Good Friday", "Notice 4"),
        Holiday(date(2027, 5, 16), "Eid", "Notice 4", estimated=True),
    ]
    assert reading.unread == (
        "01/07/2027,Republic Day,,,",
        "2027-05-01,,,,",
        "2027-06-01,Games Day,soon,,",
        "2027-03-26,Good Friday again,,,",
    )


def test_a_proposal_is_set_beside_what_is_kept() -> None:
    kept = (
        Holiday(date(2026, 1, 7), "Constitution Day", "Act"),
        Holiday(date(2026, 3, 6), "Independence Day", "Act"),
        Holiday(date(2026, 6, 5), "Eid ul Adha", "By the moon", estimated=True),
    )
    text = (
        f"{CONSTITUTION}\n6th March 2026 marks Independence Day.\n\n6th June 2026 marks the Eid-ul-Adha.\n\n"
        "1st May 2026 is May Day."
    )
    found = compare(kept, read(text).proposals)
    assert [(one.state, one.edit.was) for one in found] == [
        (Differs.OTHER, date(2026, 1, 7)),
        (Differs.SAME, date(2026, 3, 6)),
        (Differs.OTHER, date(2026, 6, 5)),
        (Differs.NEW, None),
    ]
    after = edited(kept, [one.edit for one in found if one.state is not Differs.SAME])
    assert [(str(one.day), str(one.kept), one.estimated) for one in after] == [
        ("2026-01-07", "2026-01-09", False),
        ("2026-03-06", "2026-03-06", False),
        ("2026-05-01", "2026-05-01", False),
        ("2026-06-06", "2026-06-06", False),
    ]


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(date(2026, 3, 7), None)],
        [Edit(None, Holiday(date(2026, 3, 6), "Another", "x"))],
        [Edit(None, Holiday(date(2026, 3, 8), "One", "x")), Edit(None, Holiday(date(2026, 3, 8), "Two", "x"))],
    ],
    ids=["gone", "taken", "twice"],
)
def test_a_day_is_kept_once(edits: list[Edit]) -> None:
    with pytest.raises(Invalid, match="2026-03-0"):
        edited((Holiday(date(2026, 3, 6), "Independence Day", "Act"),), edits)


def test_the_public_list_only_proposes() -> None:
    found = {str(one.holiday.day): one for one in seed("GH", [2026, 2027])}
    assert {one.holiday.source for one in found.values()} == {"holidays 0.109, estimate"}
    assert found["2026-01-07"].doubts == ()
    assert "find out whether both days are closed" in found["2026-01-09"].doubts[0]
    eid = found["2027-03-09"]
    assert (eid.holiday.name, eid.holiday.estimated, len(eid.doubts)) == ("Eid-ul-Fitr", True, 1)
    with pytest.raises(Invalid, match="knows no country 'XX'"):
        seed("XX", [2026])
