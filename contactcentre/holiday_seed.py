"""Proposes a country's public holidays from the list of the package ``holidays``: a start, never the authority."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib.metadata import version

from cases.errors import Invalid
from cases.sla.holidays import Holiday
from contactcentre.holiday_notice import Proposal

_ESTIMATED, _OBSERVED = "(estimated)", "(observed)"
_NAMELESS = "Public Holiday"


def seed(country: str, years: Iterable[int]) -> tuple[Proposal, ...]:
    """Return a country's holidays of some years, by date; ``Invalid`` where the list does not know the country."""
    import holidays  # takes a while, and only who asks for a proposal needs it

    try:
        found = holidays.country_holidays(country, years=sorted(years), language="en_US")
    except NotImplementedError:
        raise Invalid(f"The list of holidays knows no country {country!r}.", field="country") from None
    source = f"holidays {version('holidays')}, estimate"
    return tuple(_proposal(day, said, source) for day, said in sorted(found.items()))


def _proposal(day: date, said: str, source: str) -> Proposal:
    names = said.split("; ")
    plain = "; ".join(one.replace(_ESTIMATED, "").replace(_OBSERVED, "").strip() for one in names)
    doubts = []
    if _ESTIMATED in said:
        doubts.append("its day is reckoned, nobody has announced it yet")
    if _OBSERVED in said or _NAMELESS in names:
        doubts.append("stands for another holiday, which is listed too: find out whether both days are closed")
    return Proposal(Holiday(day, plain, source, estimated=_ESTIMATED in said), tuple(doubts))
