"""``holidays`` on the command line: listed, proposed, and a notice taken over with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from contactcentre import configurations
from contactcentre.container import Container
from tests.integration.commands import Commands, commands, environment, failed

NOTICE = "Monday, 26th October, 2026 marks Harbour Day. It shall instead be observed on Tuesday, 27th October, 2026."


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Runs commands on the test installation."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "harbour-day.txt"
    path.write_text(NOTICE)
    return path


def test_the_kept_days_are_listed_as_scripts_rely_on(container: Container, run: Commands) -> None:
    code, out, _ = run("holidays", "list", "--year", "2026", "--json")
    assert code == 0
    rows = json.loads(out)
    assert [row["date"] for row in rows] == ["2026-02-06", "2026-04-03", "2026-10-26"]
    assert rows[2] == {
        "date": "2026-10-26",
        "name": "Harbour Day",
        "observed": None,
        "hours": ["08:30-12:00"],
        "estimated": True,
        "source": "Notice of the mayor",
    }
    assert run("holidays", "list", "--year", "2031", "--json")[1] == "[]\n"
    assert "there is: port" in failed(run("holidays", "list", "--holidays", "none"))


def test_a_notice_changes_nothing_before_it_is_applied(container: Container, run: Commands, notice: Path) -> None:
    code, out, _ = run("holidays", "import", str(notice), "--json")
    assert code == 0
    answer = json.loads(out)
    (proposal,) = answer["proposals"]
    assert (proposal["state"], proposal["observed"], proposal["source"]) == (
        "other",
        "2026-10-27",
        "notice harbour-day.txt",
    )
    assert [(day["date"], day["becomes"]) for day in answer["days"]] == [
        ("2026-10-26", "open"),
        ("2026-10-27", "closed"),
    ]
    assert (answer["promises"], answer["version"]) == ({"live": 0, "moved": 0, "more": False}, None)
    assert "add --apply and --reason" in run("holidays", "import", str(notice))[1]
    assert "--apply needs --reason" in failed(run("holidays", "import", str(notice), "--apply"))
    with container.db.reader() as session:
        current = configurations.active(session)
    assert current is not None and current.number == 1


def test_a_notice_is_applied_as_a_version_with_its_reason_and_source(
    container: Container, run: Commands, notice: Path
) -> None:
    how = ("holidays", "import", str(notice), "--apply", "--reason", "The mayor's notice", "--source", "Gazette 4")
    code, out, _ = run(*how)
    assert (code, out.splitlines()[-1]) == (0, "version 2 is active")
    rows = json.loads(run("holidays", "list", "--json")[1])
    assert [(row["observed"], row["source"]) for row in rows if row["date"] == "2026-10-26"] == [
        ("2026-10-27", "Gazette 4")
    ]
    with container.db.reader() as session:
        assert configurations.named(session, 2) == "version 2: The mayor's notice"
    assert "nothing would change" in run(*how)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Friday, 26th October, 2026 marks Harbour Day.", "is a Monday, but the text says Friday"),
        (f"{NOTICE} The 1st of May is closed too.", "not read"),
    ],
)
def test_what_is_doubtful_is_not_applied_unseen(
    container: Container, run: Commands, notice: Path, text: str, words: str
) -> None:
    notice.write_text(text)
    assert words in failed(run("holidays", "import", str(notice), "--apply", "--reason", "x"))
    assert run("holidays", "import", str(notice))[0] == 0


def test_a_proposal_for_a_year_can_be_corrected_and_imported(
    container: Container, run: Commands, tmp_path: Path
) -> None:
    code, out, _ = run("holidays", "seed", "--country", "GB", "--year", "2027", "--json")
    assert code == 0
    assert {row["state"] for row in json.loads(out)} == {"new"}
    table = tmp_path / "2027.csv"
    table.write_text(run("holidays", "seed", "--country", "GB", "--year", "2027", "--csv")[1])
    assert run("holidays", "import", str(table), "--apply", "--reason", "2027")[0] == 0
    rows = json.loads(run("holidays", "list", "--year", "2027", "--json")[1])
    assert {row["source"] for row in rows} == {"holidays 0.109, estimate"}
    assert "knows no country 'XX'" in failed(run("holidays", "seed", "--country", "xx", "--year", "2027"))
