"""Commands for places and routing: a list taken in whole or not at all, a description tried, every rule told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cases.models import Case
from config import loader
from config.settings import Settings, load
from contactcentre.app import create_app
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import TEST_CITY
from tests.integration.callbacks import hook, sms
from tests.integration.commands import Commands, commands, environment, failed
from tests.routing.shared import ELMHAVEN

NEW = "name,kind,parent,aliases\nPort,city,,\nQuay,area,Port,Kway;The Old Pier\n"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as runner:
        yield runner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEST_CITY, tmp_path / "config", ignore=shutil.ignore_patterns("__pycache__")))


def listed(folder: Path, text: str, name: str = "piers.csv") -> str:
    """Write a list beside the folder, as somebody brings it."""
    file = folder.parent / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_list_is_taken_in_and_its_aliases_are_added_to_what_is_there(run: Commands, folder: Path) -> None:
    code, out, _ = run("places", "import", listed(folder, NEW), "--into", str(folder), "--json")
    told = json.loads(out)
    assert (code, told["added"], told["aliases"]) == (0, 2, 2)
    assert loader.faults(loader.read(folder)) == []
    more = NEW.replace("Kway", "Quai") + "Hill,area,Port,\n"
    code, out, _ = run("places", "import", listed(folder, more), "--into", str(folder))
    assert (code, out.strip().endswith("piers.csv: 1 places added, 1 aliases")) == (0, True)
    assert "Quay,area,Port,Kway;The Old Pier;Quai,,," in (folder / "places" / "piers.csv").read_text()
    other = listed(folder, "name,kind,parent,aliases\nQuay,area,Port,Dock Seven\n", "docks.csv")
    assert run("places", "import", other, "--into", str(folder))[0] == 0
    for said in ("dock seven", "the old pier", "at the kway"):
        assert json.loads(run("places", "find", said, "--in", str(folder), "--json")[1])["places"] == ["Quay", "Port"]


def test_with_any_fault_nothing_is_written_and_all_are_told(run: Commands, folder: Path) -> None:
    wrong = NEW + "Hill,mountain,Port,\nDale,area,Nowhere,\n"
    outcome = run("places", "import", listed(folder, wrong), "--into", str(folder))
    assert "2 faults; nothing was written" in failed(outcome)
    assert "places/piers.csv: line 4: kind: 'mountain' is unknown" in outcome[2]
    assert "places/piers.csv: line 5: parent: 'Nowhere' is no place of these files" in outcome[2]
    assert not (folder / "places").exists()


def test_a_description_is_tried(run: Commands, folder: Path) -> None:
    run("places", "import", listed(folder, NEW + "Hill,area,Port,\n"), "--into", str(folder))
    where = ("--in", str(folder))
    assert run("places", "find", "the Quay", *where)[1] == "Quay in Port (area), constituency not known\n"
    assert run("places", "find", "Hill or Quay", *where)[1].startswith("unsure: ask whether it is ")
    assert run("places", "find", "nowhere", *where)[1] == "no place that is known\n"
    (folder / "places" / "piers.csv").write_text("name\n")
    assert "1 faults in its places; see config check" in failed(run("places", "find", "Quay", *where))


def test_the_example_city_boots_and_says_rule_by_rule_why(
    run: Commands, settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONTACTCENTRE_CONFIG", str(ELMHAVEN))
    monkeypatch.setenv("CONTACTCENTRE_DATA", str(tmp_path / "elmhaven"))
    code, _, err = run("release")
    assert code == 0, err
    words = ("route", "explain", "--channel", "sms")
    (row,) = json.loads(run(*words, "A pot hole near Oak Street, and graffiti", "--json")[1])
    assert (row["department"], row["service"], row["rule"]) == ("roads-drains", "pothole", "words")
    assert not row["urgent"]
    assert [(one["order"], one["rule"], one["held"]) for one in row["tried"]] == [(500, "words", True)]
    assert row["suggestions"] == ["graffiti"]
    out = run(*words, "Two houses on fire, my house on fire, and nobody comes")[1]
    assert "danger to life: the words ‘house on fire’\n" in out
    assert "    500 emergency: holds; it has the words ‘house on fire’ of danger to life\n" in out
    assert "sms-city: Tray, because no rule matched" in run(*words, "good morning")[1]

    container = Container(load())
    form = sms("The street lamp is out")
    assert create_app(container).test_client().post(hook(container, account="sms-city"), data=form).status_code == 200
    with db.reader() as session:
        case = session.scalars(select(Case)).one()
    assert (case.department, case.service) == ("parks-trees", "street-lamp")
    container.close()
