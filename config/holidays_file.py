"""Writes holidays/*.toml: one text for the same days, so that versions differ only where days do."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cases.sla.calendar import Window
from cases.sla.holidays import Holiday


def write(holidays: Iterable[Holiday], *, heading: str = "") -> str:
    """Return the text of a file, by date; ``heading`` is what stood above the first day of the file before."""
    parts = [heading.strip()] if heading.strip() else []
    parts += ["\n".join(_lines(one)) for one in sorted(holidays, key=lambda one: one.day)]
    return "\n\n".join(parts) + "\n"


def heading(text: str) -> str:
    """Return the remarks above the first day of a file."""
    lines = []
    for line in text.removeprefix("\ufeff").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        lines.append(line)
    return "\n".join(lines)


def hours(windows: Iterable[Window]) -> list[str]:
    """Return windows as the file has them, such as ``08:00-12:00``."""
    return [f"{_clock(opens)}-{_clock(closes if closes <= 1440 else closes - 1440)}" for opens, closes in windows]


def _lines(one: Holiday) -> list[str]:
    lines = ["[[days]]", f"date = {one.day}", f"name = {_text(one.name)}", f"source = {_text(one.source)}"]
    if one.observed is not None:
        lines.append(f"observed = {one.observed}")
    if one.hours:
        lines.append(f"hours = [{', '.join(map(_text, hours(one.hours)))}]")
    if one.estimated:
        lines.append("estimated = true")
    return lines


def _text(said: str) -> str:
    """A basic string of TOML escapes as JSON does, but for DEL, which JSON leaves bare and TOML refuses."""
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007F")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
