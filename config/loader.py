"""A folder of TOML files and places, as texts and as the city that they describe. Every fault is reported at once.

The texts themselves are what is stored and written again, so that remarks and order survive every round trip.
"""

from __future__ import annotations

import difflib
import tomllib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from cases.commands import Keywords
from cases.departments import Account, City, Organisation
from cases.errors import Invalid
from cases.references import References
from cases.routing.gazetteer import Gazetteer
from cases.routing.places import Place
from cases.texts import Catalogue
from channels import registry
from channels.dialogue.menu import Menu
from channels.settings import AccountSettings, Secret, SecretReader
from config import canned, city, examples, gazetteer, menus, places_file, texts, whole
from config.schema import Block

#: file, with slashes, relative to the folder → its text
Raw = Mapping[str, str]
ORGANISATION = "organisation.toml"
FOLDERS = ("calendars", "departments", "holidays", "macros", "menus", "messages", "replies")
PLACES = "places"
#: stands in the folder but is no configuration: what ``demo load`` plays
NOT_OURS = {"demo.toml"}
#: files whose examples have all gone where they should, the latest: one process builds the same files several times
_TRIED: deque[frozenset[tuple[str, str]]] = deque(maxlen=4)


class Faulty(Invalid):
    """A configuration that cannot be used. ``faults`` are all: ``file: key: what is wrong, what is allowed``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration in values: the city for the domain, account blocks for the channels, menus for dialogues."""

    city: City
    accounts: tuple[AccountSettings, ...]
    menus: Mapping[str, Menu] = field(default_factory=dict)


def read(folder: Path) -> dict[str, str]:
    """Return the text of every TOML file of a folder, and of its places.

    Raises ``FileNotFoundError`` where there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder; name the one that holds {ORGANISATION}")
    paths = sorted([*folder.rglob("*.toml"), *(folder / PLACES).glob("*.csv")])
    found = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
    return {name: path.read_bytes().decode(errors="replace") for name, path in found.items() if name not in NOT_OURS}


def write(raw: Raw, folder: Path) -> None:
    """Write the files into a folder, byte for byte as they were read."""
    for name, text in raw.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def diff(before: Raw, after: Raw) -> str:
    """Return what changed, as a unified diff; empty where nothing did."""
    lines: list[str] = []
    for name in sorted({*before, *after}):
        old, new = (raw.get(name, "").splitlines(keepends=True) for raw in (before, after))
        lines += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def faults(raw: Raw) -> list[str]:
    """Return everything that is wrong with a configuration; no secret is read for it."""
    try:
        build(raw, read_secret=_no_secret, references=None, version=0)
    except Faulty as error:
        return error.faults
    return []


def draft(raw: Raw) -> City:
    """Return the city that files describe, to be looked at: no secret is read, and no case can be opened with it."""
    return draft_with_menus(raw).city


def draft_with_menus(raw: Raw) -> Loaded:
    """Return all that files describe, to be looked at as by :func:`draft`."""
    return build(raw, read_secret=_no_secret, references=None, version=0)


def build(raw: Raw, *, read_secret: SecretReader, references: References | None, version: int) -> Loaded:
    """Turn files into a city; raises :class:`Faulty`. Secrets stay references, to be read when they are needed."""
    found: list[str] = []
    blocks = {name: Block(name, values, found) for name, values in _parsed(raw, found).items()}
    lines = [line for name in sorted(raw) if is_places(name) for line in places_file.read(name, raw[name], found)]
    places = gazetteer.join(lines, found)
    content = frozenset(raw.items())
    tried = content in _TRIED
    made = _build(blocks, places, found, read_secret=read_secret, references=references, version=version, tried=tried)
    if made is None or found:
        raise Faulty(sorted(found))
    if not tried:
        _TRIED.append(content)
    return made


def _build(
    blocks: Mapping[str, Block],
    places: tuple[Place, ...],
    found: list[str],
    *,
    read_secret: SecretReader,
    references: References | None,
    version: int,
    tried: bool,
) -> Loaded | None:
    if ORGANISATION not in blocks:
        if not any(fault.startswith(f"{ORGANISATION}:") for fault in found):
            found.append(f"{ORGANISATION}: (file): is missing; every city needs it")
        return None
    gathered = city.Gathered(read_secret, _of("calendars", blocks), _of("holidays", blocks), places=places)
    organisation, limits = city.read_organisation(blocks[ORGANISATION], gathered)
    for key, block in _of("departments", blocks).items():
        city.read_department(key, block, gathered, region=organisation.region)
    if not gathered.departments:
        found.append("departments/: (file): there is none; write a file for each department")
    whole.check(gathered)
    whole.check_organisation(blocks[ORGANISATION], gathered)
    catalogue, keywords = _words(blocks, organisation)
    spoken = _menus(blocks, organisation)
    menus.check_accounts(gathered.accounts, spoken)
    written = canned.replies(_of("replies", blocks), gathered.departments, default=organisation.default_language)
    steps = canned.macros(_of("macros", blocks), gathered.departments, written)
    accounts = tuple(account for _, account in gathered.accounts)
    made = City(
        organisation=organisation,
        departments=gathered.departments,
        accounts={account.id: _known(account) for account in accounts},
        rules=tuple(sorted((rule for _, rule in gathered.rules), key=lambda one: one.order)),
        policies=tuple(policy for _, policy in gathered.policies),
        texts=catalogue,
        keywords=keywords,
        limits=limits,
        references=references,
        version=version,
        calendars=gathered.calendars,
        holidays=gathered.holidays,
        statutes=tuple(statute for _, statute in gathered.statutes),
        gazetteer=Gazetteer(places),
        emergency=gathered.emergency,
        neighbours=tuple(neighbour for _, neighbour in gathered.neighbours),
        canned=written,
        macros=steps,
        calls=gathered.calls,
        forecasts=gathered.forecasts,
        reviews=gathered.reviews,
    )
    if not tried:
        examples.check(gathered, made)
    return Loaded(made, accounts, spoken)


def _words(blocks: Mapping[str, Block], organisation: Organisation) -> tuple[Catalogue, Keywords]:
    messages = _of("messages", blocks)
    _check_languages(blocks[ORGANISATION], organisation.languages, messages)
    catalogue, keywords = texts.read(
        messages,
        default_language=organisation.default_language,
        allow_drafts=organisation.allow_drafts,
        channels={kind for kind, _ in registry.discover()},
    )
    if organisation.default_language in messages:
        texts.command_faults(messages[organisation.default_language], keywords)
    return catalogue, keywords


def _menus(blocks: Mapping[str, Block], organisation: Organisation) -> dict[str, Menu]:
    return menus.read(
        _of("menus", blocks),
        default_language=organisation.default_language,
        languages=organisation.languages,
        allow_drafts=organisation.allow_drafts,
    )


def _parsed(raw: Raw, found: list[str]) -> dict[str, dict[str, object]]:
    parsed = {}
    for name, text in sorted(raw.items()):
        path = PurePosixPath(name)
        if name != ORGANISATION and path.parent.as_posix() not in FOLDERS and not is_places(name):
            folders = ", ".join(f"{one}/*.toml" for one in FOLDERS)
            found.append(f"{name}: (file): is not read; allowed: {ORGANISATION}, {folders}, {PLACES}/*.csv")
            continue
        if is_places(name):
            continue  # read by places_file
        if "\ufffd" in text:
            found.append(f"{name}: (file): is not UTF-8; save it with that encoding")
            continue
        try:
            parsed[name] = tomllib.loads(text.removeprefix("\ufeff"))
        except tomllib.TOMLDecodeError as error:
            found.append(f"{name}: (file): is not TOML: {error}")
    return parsed


def is_places(name: str) -> bool:
    """Tell whether a file of the folder is a list of places."""
    path = PurePosixPath(name)
    return path.parent.as_posix() == PLACES and path.suffix == ".csv"


def _of(folder: str, blocks: Mapping[str, Block]) -> dict[str, Block]:
    paths = {name: PurePosixPath(name) for name in blocks}
    return {path.stem: blocks[name] for name, path in paths.items() if path.parent.as_posix() == folder}


def _check_languages(organisation: Block, languages: tuple[str, ...], messages: Mapping[str, Block]) -> None:
    for language in languages:
        if language not in messages:
            organisation.fault("languages", f"{language!r} has no file; write messages/{language}.toml")
    for language in messages:
        if language not in languages:
            messages[language].fault("(file)", f"is not read; add {language!r} to the languages of {ORGANISATION}")


def _known(account: AccountSettings) -> Account:
    known = Account(account.id, account.channel, account.gateway, account.address, account.department, account.group)
    carrier = getattr(account, "answers_by", None)
    return replace(known, answers_by=carrier, price_per_part=account.price_per_part)


def _no_secret(secret: Secret) -> str:
    raise LookupError(f"{secret.reference} is not read while a configuration is checked")
