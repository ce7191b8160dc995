"""Reads parsed TOML key by key and collects every fault; what nobody asked for is a fault too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}")
KEY_WORDS = "small letters and digits, with single hyphens between words"


class Block:
    """One table of a file. Every question gives a usable value, or notes a fault and gives an empty one."""

    def __init__(self, file: str, values: Mapping[str, Any], faults: list[str], path: str = "") -> None:
        self.file = file
        self._values = values
        self._faults = faults
        self._path = path
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def fault(self, key: str, what: str) -> None:
        """Note that the value of ``key`` is wrong; ``what`` also says what is allowed."""
        self._faults.append(f"{self.file}: {self._path}{key}: {what}")

    def text(
        self,
        key: str,
        default: str | None = None,
        *,
        allowed: Iterable[str] | None = None,
        like: re.Pattern[str] | None = None,
        words: str = KEY_WORDS,
    ) -> str:
        """Return a text. ``like`` is what it must look like, ``words`` says so to people."""
        value = self._take(key, default, str, "text")
        if not isinstance(value, str) or key not in self._values:
            return value if isinstance(value, str) else ""
        if not value.strip():
            self.fault(key, "is empty")
        elif allowed is not None and value not in (one := sorted(allowed)):
            self.fault(key, f"{value!r} is unknown; allowed: {', '.join(one) or 'nothing yet'}")
        elif like is not None and not like.fullmatch(value):
            self.fault(key, f"{value!r} is not allowed; write {words}")
        return value

    def check_name(self, name: str) -> None:
        """Note a file's name that other parts of the configuration could not speak of it by."""
        if not KEY.fullmatch(name):
            self.fault("(the file's name)", f"{name!r} is not allowed; write {KEY_WORDS}")

    def zone(self, key: str, default: str | None = None) -> str:
        """Return the name of a time zone that there is; ``default`` is not looked at."""
        name = self.text(key, default)
        try:
            ZoneInfo(name.strip() or "Etc/UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            if key in self:
                self.fault(key, f"{name!r} is no time zone; write an IANA name such as Etc/UTC")
            return "Etc/UTC"
        return name.strip() or "Etc/UTC"

    def key(self, key: str = "key") -> str:
        """Return the name by which other parts of the configuration speak of this block."""
        return self.text(key, like=KEY)

    def whole(self, key: str, default: int | None = None, *, least: int = 1) -> int:
        """Return a whole number of at least ``least``."""
        value = self._take(key, default, int, "a whole number")
        if not isinstance(value, int):
            return least
        if value < least:
            self.fault(key, f"{value} is too small; at least {least}")
        return max(value, least)  # what is read further on is still checked, and must not stumble over it

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(key, default, bool, "true or false")
        return value if isinstance(value, bool) else default

    def date(self, key: str) -> date | None:
        """Return a day, written as TOML does: 2026-03-06, without quotation marks."""
        value = self._take(key, None, date, "a date such as 2026-03-06, without quotation marks")
        if isinstance(value, datetime):
            self.fault(key, "must be a date alone, without a time")
            return None
        return value if isinstance(value, date) else None

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts, none of them empty; of one that is ``required`` there is at least one."""
        value = self._take(key, None if required else (), list, "a list of texts")
        if not isinstance(value, list):
            return ()
        if not all(isinstance(one, str) and one.strip() for one in value):
            self.fault(key, 'must be a list of texts such as ["one", "two"]')
            return ()
        if required and not value:
            self.fault(key, "is empty; name at least one")
        return tuple(value)

    def table(self, key: str) -> Block:
        """Return the table of this name, empty where it is missing."""
        value = self._take(key, {}, dict, f"a table [{key}]")
        return Block(self.file, value if isinstance(value, dict) else {}, self._faults, f"{self._path}{key}.")

    def tables(self, key: str) -> tuple[Block, ...]:
        """Return the tables of a list ``[[key]]``."""
        value = self._take(key, (), list, f"a list of tables [[{key}]]")
        if not isinstance(value, list):
            return ()
        if not all(isinstance(one, dict) for one in value):
            self.fault(key, f"must be a list of tables [[{key}]]")
            return ()
        return tuple(
            Block(self.file, one, self._faults, f"{self._path}{key}[{number}].") for number, one in enumerate(value, 1)
        )

    def any(self, key: str) -> Any:
        """Return whatever stands there, for a reader that looks at it more closely."""
        self._asked.add(key)
        return self._values.get(key)

    def names(self) -> tuple[str, ...]:
        """Return the names of everything in the table, where they are the writer's own."""
        return tuple(self._values)

    def rest(self) -> dict[str, Any]:
        """Return what was not asked for yet, for a reader with a list of keys of its own."""
        left = {key: value for key, value in self._values.items() if key not in self._asked}
        self._asked |= left.keys()
        return left

    def end(self) -> None:
        """Note every key that nothing has asked for."""
        for key in self._values:
            if key not in self._asked:
                self.fault(key, f"is not a key of this table; allowed: {', '.join(sorted(self._asked)) or 'nothing'}")

    def _take(self, key: str, default: Any, kind: type, words: str) -> Any:
        self._asked.add(key)
        if key not in self._values:
            if default is None:
                self.fault(key, f"is missing; it must be {words}")
            return default
        value = self._values[key]
        # bool is an int to Python; a file that says true where a number belongs is a mistake
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            self.fault(key, f"must be {words}, not {value!r}")
            return None
        return value


def unique(blocks: Iterable[tuple[Block, str]], what: str) -> None:
    """Note every name that was used before; ``blocks`` come with the names that they give themselves."""
    seen: dict[str, str] = {}
    for block, name in blocks:
        if name and name in seen:
            block.fault("id" if "id" in block else "key", f"{what} {name!r} is already in {seen[name]}; choose another")
        seen.setdefault(name, block.file)
