"""Recordings of what a voice says: where a gateway fetches each, and which texts have none or an old one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Protocol
from weakref import WeakKeyDictionary

from cases import voice_prompts
from cases.holding import hold
from cases.voice_prompts import Recorded
from channels.dialogue.menu import Menu
from channels.dialogue.phrases import PAUSE, Piece, pieces
from channels.dialogue.spoken import MUSIC
from config.settings import Settings
from contactcentre import hold_music, sounds
from contactcentre.db import Database
from contactcentre.scanning import Scanner

#: seconds after which the recordings are looked up again
LASTS = 5.0
#: what is no text and has no words: played while somebody waits
_MUSIC = Piece(MUSIC[0], "Music while somebody waits", MUSIC[1])
Addresses = Mapping[tuple[str, str], str]


class Site(Protocol):
    """What is needed of the composition root."""

    @property
    def db(self) -> Database: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def scanner(self) -> Scanner | None: ...


class State(StrEnum):
    """How a text stands: ``old`` was recorded from other words, ``held`` waits for the scanner or was refused by it."""

    RECORDED = "recorded"
    OLD = "old"
    HELD = "held"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a menu in one language, and its recording if there is one; ``address`` is where it can be heard."""

    piece: Piece
    language: str
    state: State
    recorded: Recorded | None = None
    address: str = ""


_kept: WeakKeyDictionary[object, dict[str, tuple[float, Menu, Addresses]]] = WeakKeyDictionary()


class Prompts:
    """The recordings of one process's configuration."""

    def __init__(self, container: Site) -> None:
        self._site = container

    def addresses(self, menu: Menu) -> Addresses:
        """Return the public address of every recording that says what the menu says now, by text and language.

        At most ``LASTS`` seconds old. One of other words than today's is left out: the gateway's voice reads these.
        """
        kept = _kept.setdefault(self._site, {})
        read_at, of, found = kept.get(menu.key, (-LASTS, None, {}))
        if of is not menu or time.monotonic() - read_at >= LASTS:
            found = self._found(menu)
            kept[menu.key] = (time.monotonic(), menu, found)
        return found

    def lines(self, menu: Menu, language: str) -> list[Line]:
        """Return every text of a menu that is said in a language, the house's own sentences first, music last."""
        return _lines(menu, language, self._current(menu), scanning=self._site.scanner is not None)

    def counts(self, menu: Menu, languages: Mapping[str, str]) -> dict[str, dict[State, int]]:
        """Return how many texts stand how, by language."""
        current, scanning = self._current(menu), self._site.scanner is not None
        found = {}
        for language in languages:
            lines = _lines(menu, language, current, scanning=scanning)
            found[language] = {state: sum(one.state is state for one in lines) for state in State}
        return found

    def _found(self, menu: Menu) -> Addresses:
        base, current = self._site.settings.base_url, self._current(menu)
        found = {PAUSE: base + path(*_own(PAUSE)), MUSIC: base + path(*_own(MUSIC))}
        for language in sorted({menu.default_language, *(of for _, of in current)} - {MUSIC[1]}):
            for line in _lines(menu, language, current, scanning=self._site.scanner is not None):
                if line.state is State.RECORDED:
                    found[line.piece.key, line.language] = base + line.address
        return found

    def _current(self, menu: Menu) -> dict[tuple[str, str], Recorded]:
        with self._site.db.reader() as session:
            return {(one.key, one.language): one for one in voice_prompts.current(session, menu=menu.key)}


def every_piece(menu: Menu, language: str) -> list[Piece]:
    """Return what can be recorded in a language; music belongs to none, and is offered with the default one."""
    own = list(pieces(menu, language))
    return [*own, _MUSIC] if language == menu.default_language else own


def path(sha256: str, media_type: str) -> str:
    """Return where a recording is fetched, within this site."""
    return f"/prompts/{sha256}.{sounds.ENDINGS[media_type]}"


def made_here(sha256: str) -> bytes | None:
    """Return the tones or the pause that are made here, by their hash."""
    every = {_own(one)[0]: one for one in (MUSIC, PAUSE)}
    return _MADE[every[sha256]]() if sha256 in every else None


_MADE = {MUSIC: hold_music.music, PAUSE: hold_music.pause}


@cache
def _own(which: tuple[str, str]) -> tuple[str, str]:
    return hashlib.sha256(_MADE[which]()).hexdigest(), sounds.WAV


def _lines(menu: Menu, language: str, current: Mapping[tuple[str, str], Recorded], *, scanning: bool) -> list[Line]:
    found = []
    for piece in every_piece(menu, language):
        spoken = piece.language if piece is _MUSIC else language
        found.append(_line(piece, spoken, current.get((piece.key, spoken)), scanning=scanning))
    return found


def _line(piece: Piece, language: str, one: Recorded | None, *, scanning: bool) -> Line:
    if one is None:
        return Line(piece, language, State.MISSING)
    if hold(scan=one.scan, note=one.scan_note, trouble=one.trouble, scanning=scanning) is not None:
        return Line(piece, language, State.HELD, one)
    state = State.RECORDED if one.digest == piece.digest else State.OLD
    return Line(piece, language, state, one, path(one.sha256, one.media_type))
