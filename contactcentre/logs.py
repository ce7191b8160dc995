"""Logs: one JSON line each on standard output, ids instead of people. What slips through is masked at the very end."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

from cases import clock
from config.settings import Settings

#: libraries that would log addresses, parameters or texts
QUIET = ("twilio.http_client", "urllib3", "requests", "sqlalchemy", "psycopg", "alembic", "imapclient")
#: written by this module itself; a time would look like a telephone number
_OWN = ("level", "time", "process")
_FRAMES = 12

# A day is no number, and neither is the beginning of a UUID.
_NO_PHONE = r"\d{4}-\d{2}-\d{2}|[\da-f]{8}(?:-[\da-f]{4}){3}-"
_PHONE = re.compile(rf"(?<![\w.:/-])(?!{_NO_PHONE})\+?\d(?:[ ()\-]{{0,2}}\d){{8,14}}(?!\w)")
_CODE = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MASKS = (
    (re.compile(r"(/hooks/[^/\s]+/)[^/\s?\"'#]+"), r"\1•"),
    (re.compile(r"(/welcome/)[^/\s?\"'#]+"), r"\1•"),
    (re.compile(r"(?<=[\w/%-])\?[^\s\"'<>]+"), "?•"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 •"),
    (re.compile(r"\bcc_[\w-]{16,}"), "cc_•"),
    (re.compile(r"(://)[^/\s@]+@"), r"\1•@"),
)

Event = MutableMapping[str, Any]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(settings: Settings, *, process: str, to_stderr: bool = False) -> None:
    """Send every log line of this process, ours and the libraries', to standard output as JSON.

    With ``to_stderr`` for commands, whose standard output is their answer.
    """
    level = logging.getLevelNamesMapping().get(settings.log_level, logging.INFO)

    def stamp(_: object, method: str, event: Event) -> Event:
        return {"time": clock.wall().isoformat(timespec="milliseconds"), "process": process, **event}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            without_words,
            mask,
            to_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Output(to_stderr),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(level)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def without_words(_: object, method: str, event: Event) -> Event:
    """Replace an exception by its type and the lines it passed: its message may quote what a citizen wrote."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    info = _exception(given)
    if info is not None:
        kind, error, trace = info
        event["error"] = kind.__name__
        frames = traceback.extract_tb(trace)[-_FRAMES:]
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["cause"] = type(cause).__name__
    return event


def mask(_: object, method: str, event: Event) -> Event:
    """Mask numbers, secrets, tokens and codes in every string value, however deep."""
    return {key: value if key in _OWN else _masked(key, value) for key, value in event.items()}


def masked(text: str) -> str:
    """Return text as it may stand in a log."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return _PHONE.sub(_short, text)


def to_json(_: object, method: str, event: Event) -> str:
    """Render one line; what comes first in every line stands first."""
    first = {key: event[key] for key in ("level", "time", "process", "event") if key in event}
    return json.dumps({**first, **event}, ensure_ascii=False, default=str)


def _masked(key: str, value: Any) -> Any:
    if key == "code" or key.endswith("_code"):
        value = _CODE.sub("••••", str(value)) if isinstance(value, int | str) else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {masked(str(name)): _masked(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, one) for one in value]
    return masked(str(value))


def _short(match: re.Match[str]) -> str:
    compact = re.sub(r"[ ()\-]", "", match.group())
    return f"{compact[:4]}•••••{compact[-2:]}"


def _exception(given: Any) -> ExceptionInfo | None:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    found = given if isinstance(given, tuple) else sys.exc_info() if given else (None, None, None)
    kind, error, trace = found
    return (kind, error, trace) if kind is not None and error is not None else None


class _Output:
    """Writes lines to whatever standard output is at that moment; one write each, so that lines never mix."""

    def __init__(self, to_stderr: bool) -> None:
        self._stream = sys.stderr if to_stderr else sys.stdout

    def msg(self, line: str) -> None:
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            return  # a reader that has gone is no reason to stop working

    debug = info = warning = error = critical = exception = log = msg


class _Handler(logging.Handler):
    """Gives the libraries' lines to the same end: their words become ``event``, their name ``logger``."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)  # a library's own mistake in its format
        logger = structlog.get_logger()
        values = {"logger": record.name, "exc_info": record.exc_info}
        # libraries invent levels of their own between the five
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        logger.log(level, text.replace("\n", " "), **values)
