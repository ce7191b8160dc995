"""Recordings of what a voice says, for administrators: what is missing by language, hearing, sending, recording."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Blueprint, abort, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from cases import voice_prompts
from cases.errors import DomainError, Invalid, NotFound
from cases.permissions import Action
from cases.voice_prompts import Of
from channels.dialogue.menu import Menu
from channels.dialogue.spoken import MUSIC
from contactcentre import sounds
from contactcentre.db import UnitOfWork
from contactcentre.prompts import Line, Prompts, State
from contactcentre.web.context import container, viewer
from contactcentre.web.permissions import requires
from contactcentre.web.posting import change, new_key

blueprint = Blueprint("prompts", __name__, url_prefix="/admin/prompts")
log = structlog.get_logger(__name__)
#: what the list can be narrowed to, with its words
SHOWN = {"": "All", "missing": "Missing", "old": "Out of date", "recorded": "Recorded"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The text that a request names."""

    menu: Menu
    line: Line

    @property
    def of(self) -> Of:
        return Of(self.menu.key, self.line.piece.key, self.line.language)

    @property
    def address(self) -> dict[str, Any]:
        return {"menu": self.menu.key, "language": self.line.language, "text": self.line.piece.key}


@blueprint.get("")
@requires(Action.CONFIGURE)
def table() -> str:
    """Show every text that is spoken in a language, and how many are recorded in each."""
    every = _menus()
    menu = _menu(every) if every else None
    names, site = container().city.texts.names, Prompts(container())
    language, shown = request.args.get("language") or _default(), request.args.get("show", "")
    if language not in names or shown not in SHOWN:
        abort(404)
    lines = site.lines(menu, language) if menu else []
    return render_template(
        "admin/prompts.html",
        menus=every,
        menu=menu,
        names=names,
        language=language,
        spoken=menu is not None and language in menu.languages,
        counts=site.counts(menu, names) if menu else {},
        lines=[one for one in lines if not shown or one.state == shown],
        shown=shown,
        filters=SHOWN,
    )


@blueprint.get("/text")
@requires(Action.CONFIGURE)
def page() -> str:
    """Show one text with its words, to hear, send, record or remove its recording."""
    return _page(_asked())


@blueprint.post("/text")
@requires(Action.CONFIGURE)
def keep() -> AnyResponse:
    """Make a file the recording of a text, and lead on to the next one that has none."""
    asked, who = _asked(), viewer()
    try:
        sound = sounds.read(_sent(), longest=sounds.LONGEST_MUSIC if _is_music(asked) else sounds.LONGEST)
        stored = container().files.put(io.BytesIO(sound.content), name=f"prompt.{sounds.ENDINGS[sound.media_type]}")

        def work(uow: UnitOfWork) -> str:
            file = {"sha256": stored.sha256, "size": stored.size, "media_type": sound.media_type}
            digest, seconds = asked.line.piece.digest, sound.seconds
            voice_prompts.keep(uow.session, who, asked.of, digest=digest, seconds=seconds, **file)  # type: ignore[arg-type]
            return _next(asked)

        answer = change(work)
    except DomainError as error:
        return make_response(_page(asked, error=str(error)), 422)
    log.info("prompt.kept", by=who.actor, **asked.address)
    return answer


@blueprint.post("/remove")
@requires(Action.CONFIGURE)
def remove() -> AnyResponse:
    """Take the recording of a text away: the gateway's voice reads its words again."""
    asked, who = _asked(), viewer()

    def work(uow: UnitOfWork) -> str:
        voice_prompts.remove(uow.session, who, asked.of)
        return url_for("prompts.page", removed="yes", **asked.address)

    try:
        answer = change(work)
    except NotFound as error:
        return make_response(_page(asked, error=str(error)), 409)
    log.info(
        "prompt.removed", menu=asked.menu.key, key=asked.line.piece.key, language=asked.line.language, by=who.actor
    )
    return answer


def _page(asked: _Asked, *, error: str = "") -> str:
    menu, line = asked.menu, asked.line
    whole = None if _is_music(asked) else menu.said(line.piece.key.partition("/")[0], line.language)[0]
    return render_template(
        "admin/prompt.html",
        menu=menu,
        line=line,
        names=container().city.texts.names,
        whole=whole if whole != line.piece.words else None,
        borrowed=line.piece.language not in (line.language, MUSIC[1]),
        is_music=_is_music(asked),
        address=asked.address,
        longest=sounds.LONGEST_MUSIC if _is_music(asked) else sounds.LONGEST,
        megabytes=sounds.LARGEST // 1024 // 1024,
        rates=[one / 1000 for one in sounds.RATES],
        saved=request.args.get("saved", ""),
        removed=request.args.get("removed", ""),
        error=error,
        form_key=new_key(),
    )


def _next(asked: _Asked) -> str:
    """Return where to go after a text was recorded: to the next without a recording, round to the first."""
    lines = Prompts(container()).lines(asked.menu, _default() if _is_music(asked) else asked.line.language)
    keys = [one.piece.key for one in lines]
    here = keys.index(asked.line.piece.key)
    ahead = [one for one in (*lines[here + 1 :], *lines[:here]) if one.state in (State.MISSING, State.OLD)]
    saved = asked.line.piece.key
    if not ahead:
        return url_for("prompts.table", menu=asked.menu.key, language=asked.line.language, saved=saved)
    one = ahead[0]
    return url_for("prompts.page", menu=asked.menu.key, language=one.language, text=one.piece.key, saved=saved)


def _asked() -> _Asked:
    """Return the text that the address, or the form, names; 404 where no menu says it."""
    every = _menus()
    if not every:
        abort(404)
    menu, language, key = _menu(every), request.values.get("language", ""), request.values.get("text", "")
    within = _default() if language == MUSIC[1] else language
    if within not in container().city.texts.names:
        abort(404)
    lines = Prompts(container()).lines(menu, within)
    found = next((one for one in lines if (one.piece.key, one.language) == (key, language)), None)
    if found is None:
        abort(404)
    return _Asked(menu, found)


def _menus() -> dict[str, Menu]:
    return {key: one for key, one in container().menus.items() if one.speaks}


def _menu(every: dict[str, Menu]) -> Menu:
    found = every.get(request.values.get("menu") or next(iter(every)))
    if found is None:
        abort(404)
    return found


def _default() -> str:
    return container().city.organisation.default_language


def _is_music(asked: _Asked) -> bool:
    return (asked.line.piece.key, asked.line.language) == MUSIC


def _sent() -> bytes:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Choose a recording, as WAV or MP3, or record one here.", field="file")
    content = file.stream.read(sounds.LARGEST + 1)
    file.stream.seek(0)
    return content
