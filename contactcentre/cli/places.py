"""``places``: take a list of places into a configuration folder, and try what a description is taken for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cases.routing.gazetteer import Gazetteer
from cases.routing.places import Ask, Found, Place
from config import gazetteer, loader, places_file
from contactcentre.cli.call import Call, Failed, command

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("places")
def group() -> None:
    """Places and what people call them."""


@command(group, "import")
@click.argument("file", type=FILE)
@click.option("--into", "folder", type=FOLDER, required=True, help="The configuration folder.")
def take(call: Call, file: Path, folder: Path) -> None:
    """Add the places of a CSV file, or their aliases, to the folder. With any fault nothing is written."""
    faults: list[str] = []
    new = _lines({f"{loader.PLACES}/{file.name}": file.read_bytes().decode(errors="replace")}, faults)
    old = _lines(loader.read(folder), faults)
    before, after = gazetteer.join(old, []), gazetteer.join([*old, *new], faults)
    if faults:
        for fault in faults:
            click.echo(fault, err=True)
        raise Failed(f"{file}: {len(faults)} faults; nothing was written")
    target = folder / loader.PLACES / file.name
    own = gazetteer.join([*(line for line in old if line[0] == f"{loader.PLACES}/{file.name}"), *new], [])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(gazetteer.write(own), encoding="utf-8")
    added, aliases = len(after) - len(before), _aliases(after) - _aliases(before)
    if call.as_json:
        call.show_json({"file": str(target), "added": added, "aliases": aliases})
    else:
        click.echo(f"{target}: {added} places added, {aliases} aliases")


@command(group)
@click.argument("text")
@click.option("--in", "folder", type=FOLDER, help="A configuration folder (default: the active configuration).")
def find(call: Call, text: str, folder: Path | None) -> None:
    """Say which place a description is taken for, or between which ones somebody would have to ask."""
    places = _folder(folder) if folder else call.container.city.gazetteer
    found = places.resolve(text)
    match found:
        case Found(place=place):
            names = [one.name for one in places.around(place)]
            words = f"{' in '.join(names)} ({place.kind}), constituency {places.constituency(place) or 'not known'}"
        case Ask(candidates=candidates):
            names = [one.name for one in candidates]
            words = f"unsure: ask whether it is {' or '.join(names)}"
        case _:
            names, words = [], "no place that is known"
    told = {"result": type(found).__name__.lower(), "places": names, "score": round(found.score, 2)}
    call.show_json(told) if call.as_json else click.echo(words)


def _folder(folder: Path) -> Gazetteer:
    faults: list[str] = []
    places = gazetteer.join(_lines(loader.read(folder), faults), faults)
    if faults:
        raise Failed(f"{folder}: {len(faults)} faults in its places; see config check")
    return Gazetteer(places)


def _lines(raw: loader.Raw, faults: list[str]) -> list[places_file.Line]:
    names = [name for name in sorted(raw) if loader.is_places(name)]
    return [line for name in names for line in places_file.read(name, raw[name], faults)]


def _aliases(places: Sequence[Place]) -> int:
    return sum(len(one.aliases) for one in places)
