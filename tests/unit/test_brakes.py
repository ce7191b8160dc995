"""The small sums behind the brakes: whose country a number is of, what a price says, and which day it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cases.brakes import NO_CAPS, Caps, amount, day_of


@pytest.mark.parametrize(
    ("number", "prefix"),
    [
        ("+233200000001", "+233"),
        ("+64215550001", "+64"),
        ("+6421", "+64"),
        ("+15550001", None),
        ("+23", None),
        ("233200000001", None),
        ("", None),
    ],
)
def test_a_number_is_of_the_country_whose_calling_code_it_begins_with(number: str, prefix: str | None) -> None:
    assert Caps(prefixes=("+64", "+233")).prefix_of(number) == prefix


def test_without_calling_codes_no_number_has_one() -> None:
    assert NO_CAPS.prefix_of("+233200000001") is None


@pytest.mark.parametrize(
    ("cost", "number"),
    [
        ("USD 0.0079", 0.0079),
        ("GHS 0.0300", 0.03),
        ("-0.0075", 0.0075),
        ("NZD 12", 12.0),
        ("0", 0.0),
        ("free", 0.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_the_number_in_a_price_is_read_whatever_stands_around_it(cost: str | None, number: float) -> None:
    assert amount(cost) == number


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        ("2026-03-02T10:59:59", "Pacific/Auckland", date(2026, 3, 2)),
        ("2026-03-02T11:00:00", "Pacific/Auckland", date(2026, 3, 3)),
        ("2026-07-02T11:59:59", "Pacific/Auckland", date(2026, 7, 2)),
        ("2026-07-02T12:00:00", "Pacific/Auckland", date(2026, 7, 3)),
        ("2026-03-02T04:59:59", "America/New_York", date(2026, 3, 1)),
        ("2026-03-02T05:00:00", "America/New_York", date(2026, 3, 2)),
        ("2026-03-02T23:59:59", "UTC", date(2026, 3, 2)),
        ("2026-03-03T00:00:00", "UTC", date(2026, 3, 3)),
    ],
)
def test_a_day_begins_at_the_zones_own_midnight(at: str, zone: str, day: date) -> None:
    assert day_of(datetime.fromisoformat(at).replace(tzinfo=UTC), zone) == day
