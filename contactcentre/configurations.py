"""The city's configuration in the database: numbered versions that never change, one of them active.

A version remembers which folder it came from, or that it was made here. The last one that came from a folder is what
that folder and the database have in common: if both have changed since, nothing is overwritten.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cases import clock
from cases.departments import City
from cases.errors import Invalid, NotFound, Stale
from cases.models import ConfigurationActive, ConfigurationVersion
from cases.references import References
from channels.dialogue.menu import Menu
from channels.settings import AccountSettings, SecretReader
from config import loader
from config.loader import Loaded, Raw
from contactcentre.db import Database
from contactcentre.orphans import orphans

log = structlog.get_logger(__name__)
HERE = "here"
#: an exported folder holds its own name and the version it began with; all folders without a mark count as one
MARK = ".configuration-version"
NONE_YET = "no configuration is active yet; run: contactcentre release"
_LOCK = text("select pg_advisory_xact_lock(hashtext('configuration'))")
_ACTIVE = select(ConfigurationVersion).join(
    ConfigurationActive, ConfigurationActive.number == ConfigurationVersion.number
)


class NoConfiguration(LookupError):
    """No configuration has been applied yet."""


class BothChanged(Stale):
    """Folder and database have both changed since they last agreed; ``difference`` is what the folder would change."""

    def __init__(self, folder: Path, current: Version, common: Version | None, *, difference: str) -> None:
        since = f"since version {common.number}" if common else "and have no version in common"
        super().__init__(
            f"{folder}: both the folder and the active version {current.number} have changed {since}; nothing was "
            "applied. Look at the difference (config diff), export the active version, change that and apply it."
        )
        self.difference = difference


@dataclass(frozen=True, slots=True)
class Version:
    """A stored configuration: its number, its files, and where it came from."""

    number: int
    raw: Raw
    hash: str
    origin: str
    parent: int | None


@dataclass(frozen=True, slots=True)
class _Mark:
    """What an exported folder knows about itself."""

    name: str = ""
    number: int = 0
    hash: str = ""

    @property
    def origin(self) -> str:
        return f"folder:{self.name}"


@dataclass(frozen=True, slots=True)
class _Held:
    """What a process goes by: one version's city, accounts and menus, exchanged together."""

    city: City
    accounts: Mapping[str, AccountSettings]
    menus: Mapping[str, Menu]


def active(session: Session) -> Version | None:
    """Return the version that every process follows, or None before the first was applied."""
    found = session.scalars(_ACTIVE).one_or_none()
    return _version(found) if found else None


def row(session: Session) -> ConfigurationVersion:
    """Return the active version as it is stored, with its author and reason; raises :class:`NoConfiguration`."""
    found = session.scalars(_ACTIVE).one_or_none()
    if found is None:
        raise NoConfiguration(NONE_YET)
    return found


def apply(session: Session, *, folder: Path, author: str, reason: str) -> int:
    """Make a folder's content active if the folder has changed; returns the number that is active then.

    A folder that is as it was last applied leaves alone what was changed here since. Raises
    :class:`config.loader.Faulty`, :class:`BothChanged`, or ``Invalid`` where work would lose its department or account.
    """
    raw, told = loader.read(folder), _mark(folder)
    faults = loader.faults(raw)  # before the lock: trying all examples takes long where the machine is busy
    session.execute(_LOCK)
    current = active(session)
    if current is not None:
        common = _common(session, current, told)
        unchanged_folder = common is not None and raw == common.raw
        if raw == current.raw or (unchanged_folder and common != current):
            return current.number
        if common != current:
            raise BothChanged(folder, current, common, difference=loader.diff(current.raw, raw))
    if faults:
        raise loader.Faulty(faults)
    parent = current.number if current else None
    return add(session, raw, parent=parent, author=author, reason=reason, origin=told.origin)


def add(session: Session, raw: Raw, *, parent: int | None, author: str, reason: str, origin: str = HERE) -> int:
    """Add a version made from ``parent`` and make it active; raises ``Stale`` if another is active by now."""
    made = _checked(raw)
    session.execute(_LOCK)
    current = active(session)
    if (current.number if current else None) != parent:
        raise Stale("Somebody else has changed the configuration meanwhile; look at it again before you change it.")
    if current is not None:
        _refuse_orphans(session, made.city)
    number = (session.scalar(select(func.max(ConfigurationVersion.number))) or 0) + 1
    row = ConfigurationVersion(
        number=number,
        content={"files": dict(raw), "origin": origin},
        hash=digest(raw),
        parent=parent,
        author=author,
        reason=reason,
        created_at=clock.now(session),
    )
    session.add(row)
    session.flush()
    session.merge(ConfigurationActive(id=1, number=number))
    session.flush()
    return number


def numbered(session: Session, number: int) -> Version:
    """Return a version by its number; raises ``NotFound``."""
    row = session.get(ConfigurationVersion, number) if 0 < number < 2**31 else None
    if row is None:
        raise NotFound(f"There is no version {number} of the configuration.")
    return _version(row)


def named(session: Session, number: int) -> str:
    """Return a version as histories name it: its number and the reason that was given for it."""
    row = session.scalars(select(ConfigurationVersion).where(ConfigurationVersion.number == number)).one_or_none()
    return f"version {number}: {row.reason}" if row else f"version {number}"


def export(session: Session, *, folder: Path) -> None:
    """Write the active configuration into a folder; raises :class:`NoConfiguration`."""
    current = active(session)
    if current is None:
        raise NoConfiguration(NONE_YET)
    folder.mkdir(parents=True, exist_ok=True)
    loader.write(current.raw, folder)
    (folder / MARK).write_text(mark(current.number, current.hash, name=secrets.token_hex(8)), encoding="ascii")


def mark(number: int, content: str, *, name: str) -> str:
    """Return the text by which an exported folder knows the version, and the hash of the content, it began with."""
    return f"{name} {number} {content}\n"


def begun_with(session: Session, text: str) -> Version | None:
    """Return the version that a mark tells of, or None where it tells of none that is known here."""
    told = _read_mark(text)
    row = session.get(ConfigurationVersion, told.number) if told.number < 2**31 else None
    return _version(row) if row is not None and row.hash == told.hash else None


def digest(raw: Raw) -> str:
    """Return what identifies a configuration's content."""
    return hashlib.sha256(json.dumps(dict(raw), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _common(session: Session, current: Version, told: _Mark) -> Version | None:
    """Return the latest version, from the active one back, that came from this folder or was exported to it."""
    one = current
    while one.origin != told.origin and (one.number, one.hash) != (told.number, told.hash):
        if one.parent is None:
            return None
        one = _version(session.get_one(ConfigurationVersion, one.parent))
    return one


def _mark(folder: Path) -> _Mark:
    try:
        return _read_mark((folder / MARK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _Mark()


def _read_mark(text: str) -> _Mark:
    try:
        name, number, content = text.split()
        return _Mark(name, int(number), content)
    except ValueError:
        return _Mark()


def _checked(raw: Raw) -> Loaded:
    def read_secret(secret: object) -> str:
        raise LookupError("no secret is read while a configuration is stored")

    return loader.build(raw, read_secret=read_secret, references=None, version=0)


def _refuse_orphans(session: Session, city: City) -> None:
    """Nothing in work may lose the department that answers it, nor a message the account that carries it."""
    found = orphans(session, city)
    if found:
        raise Invalid("\n".join(sentence for _, sentence in found), field=found[0][0])


def _version(row: ConfigurationVersion) -> Version:
    content: dict[str, Any] = row.content
    return Version(row.number, content["files"], row.hash, content["origin"], row.parent)


class Follower:
    """The active configuration as one process sees it, at most ten seconds old. Threads may share it.

    Once it has a configuration it never gives it up: where the database is away, or a version cannot be used by
    this release, the old one stays and the failing is logged.
    """

    #: half of what is promised, since the look itself may have to wait for a connection
    FRESH_FOR = 5.0

    def __init__(self, db: Database, *, read_secret: SecretReader, references: References) -> None:
        self._db = db
        self._read_secret = read_secret
        self._references = references
        self._held: _Held | None = None
        self._looked_at = 0.0
        self._refused: int | None = None
        self._turn = threading.Lock()

    @property
    def city(self) -> City:
        """The city; raises :class:`NoConfiguration` before the first version was applied."""
        return self._current().city

    @property
    def accounts(self) -> Mapping[str, AccountSettings]:
        """The account blocks by id; raises :class:`NoConfiguration`."""
        return self._current().accounts

    @property
    def menus(self) -> Mapping[str, Menu]:
        """The menus of dialogues by name; raises :class:`NoConfiguration`."""
        return self._current().menus

    def refresh(self) -> None:
        """Look now, however fresh the last look is."""
        with self._turn:
            self._look()

    def _current(self) -> _Held:
        held = self._held
        if held is not None and self._fresh():
            return held
        # One thread looks; the others go on with what they have, and wait only where there is nothing yet.
        if self._turn.acquire(blocking=held is None):
            try:
                if self._held is None or not self._fresh():
                    self._look()
            finally:
                self._turn.release()
        found = self._held or held
        assert found is not None, "the look raises where there is nothing"
        return found

    def _fresh(self) -> bool:
        return time.monotonic() - self._looked_at < self.FRESH_FOR

    def _look(self) -> None:
        try:
            self._held = self._newest() or self._held
        except Exception as error:
            if self._held is None:
                raise
            log.error("configuration.not_read", kept=self._held.city.version, error=type(error).__name__)
        self._looked_at = time.monotonic()

    def _newest(self) -> _Held | None:
        """Return the active version if it is another than the one held."""
        # Who holds a version already may lose this look to a dead connection: the next one is soon.
        with self._db.reader(tried=self._held is None) as session:
            number = session.scalar(select(ConfigurationActive.number))
            if number is None:
                raise NoConfiguration(NONE_YET)
            if number == self._refused or (self._held is not None and number == self._held.city.version):
                return None
            raw = _version(session.get_one(ConfigurationVersion, number)).raw
        try:
            loaded = loader.build(raw, read_secret=self._read_secret, references=self._references, version=number)
        except loader.Faulty as error:
            if self._held is not None:
                self._refused = number
            log.error("configuration.faulty", version=number, faults=error.faults)
            raise
        log.info("configuration.followed", version=number)
        return _Held(loaded.city, {account.id: account for account in loaded.accounts}, loaded.menus)
