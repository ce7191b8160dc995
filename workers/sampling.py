"""What the ticker does for reviews: last week's samples are drawn by themselves."""

from __future__ import annotations

from cases import clock
from cases.reviews import sampling
from contactcentre.container import Container


def draw_samples(container: Container) -> int:
    """Draw the samples of last week that are not drawn yet; returns how many."""
    city = container.city
    return container.db.run(lambda uow: sampling.draw_due(uow.session, city=city, at=clock.now(uow.session)))
