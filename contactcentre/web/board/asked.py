"""Which board an address asks for: a layout that was kept or none, one department or all, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for
from sqlalchemy.orm import Session

from cases.board import layouts
from cases.departments import City
from cases.errors import NotFound
from cases.permissions import Viewer
from cases.queries import board

WHOLE = "All departments"
#: what needs the width of a table, and what stands beside it
_WIDE = ("departments", "hours", "people")


@dataclass(frozen=True, slots=True)
class Asked:
    """``only`` are the departments shown, none for all that the viewer may see; ``name`` is what the board is called.

    ``turns`` are the departments that are shown one after the other, ``turn`` the place among them of the one shown.
    """

    name: str
    parts: tuple[str, ...]
    only: tuple[str, ...]
    layout_id: int | None = None
    turns: tuple[str, ...] = ()
    turn: int = 0
    seconds: int = 0
    department: str | None = None

    def address(self, endpoint: str, *, turn: int | None = None) -> str:
        """Return where this board is, as a page or as its numbers alone; of another turn where one is given."""
        at = self.turn if turn is None else turn
        return url_for(endpoint, layout=self.layout_id, turn=at if self.turns else None, department=self.department)

    @property
    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The parts of the left column and those of the right one, each in its order."""
        rest = [one for one in self.parts if one != "totals"]
        return tuple(one for one in rest if one in _WIDE), tuple(one for one in rest if one not in _WIDE)

    @property
    def totals_first(self) -> bool:
        """Tell whether the large numbers stand above the rest."""
        return self.parts[0] == "totals"

    @property
    def next(self) -> str:
        """The address of the next department's turn."""
        return self.address("board.page", turn=(self.turn + 1) % len(self.turns))


def read(session: Session, viewer: Viewer, *, city: City) -> Asked:
    """Return what the request's address asks for; raises ``NotFound`` for what is not there, or not the viewer's."""
    department = request.args.get("department") or None
    layout_id = _number(request.args.get("layout", ""))
    may_see = board.keys(viewer, city)
    if department is not None:
        if department not in may_see:
            raise NotFound("There is no such department, or none whose board you may see.", field="department")
        return Asked(city.department_name(department), layouts.PARTS, (department,), department=department)
    if layout_id is None:
        return Asked(_whole(may_see, city), layouts.PARTS, ())
    row = layouts.find(session, viewer, layout_id)
    # What was laid out by somebody else, or before departments changed, shows what this viewer may see of it.
    only = tuple(one for one in row.departments if one in may_see)
    if row.departments and not only:
        raise NotFound("This board shows no department that you may see.", field="layout")
    turns = only or tuple(one for one in may_see if one)
    if not row.seconds or not turns:
        return Asked(row.name, tuple(row.parts), only, layout_id)
    turn = (_number(request.args.get("turn", "")) or 0) % len(turns)
    name = f"{row.name}: {city.departments[turns[turn]].name}"
    return Asked(name, tuple(row.parts), (turns[turn],), layout_id, turns, turn, row.seconds)


def _whole(may_see: Sequence[str], city: City) -> str:
    named = [one for one in may_see if one]
    return WHOLE if len(named) != 1 else city.departments[named[0]].name


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
