"""The simulator's scanner: a file or words end as a scan in the folder of its account, without scripts."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from config.settings import load
from contactcentre.simulator import asking
from contactcentre.simulator.app import create_app


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    (tmp_path / "simulator").mkdir()
    rows = [
        {"id": account, "channel": channel, "gateway": "x", "address": "x", "api_key": "k", "username": ""}
        for account, channel in (("letters", "letters"), ("mail", "email"))
    ]
    (tmp_path / "simulator/accounts.json").write_text(json.dumps(rows))
    app = create_app(load(tmp_path, {"CONTACTCENTRE_CONFIG": str(tmp_path)}))
    yield app.test_client()
    asking.host_of(app).close()


def _scan(client: FlaskClient, **form: object) -> tuple[int, str]:
    answer = client.post("/simulator/scanner", data={"account": "letters", **form})
    return answer.status_code, answer.text


def _lying(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "simulator/scanner/letters"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_file_is_dropped_as_it_is_and_beside_another_of_its_name(client: FlaskClient, tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        assert _scan(client, file=(io.BytesIO(content), "../.odd:name.pdf"))[0] == 303
    assert [(one.name, one.read_bytes()) for one in _lying(tmp_path)] == [
        ("_.odd_name (2).pdf", b"two"),
        ("_.odd_name.pdf", b"one"),
    ]
    page = client.get("/simulator/scanner?done=letters").text
    assert "_.odd_name (2).pdf" in page
    assert "Scanned." in page


def test_words_are_drawn_as_pages_with_cover_sheets(client: FlaskClient, tmp_path: Path) -> None:
    status, _ = _scan(client, text="The first\r\n---\r\nThe second\fIts second page", covers="yes", slant="2.5")
    assert status == 303
    (scan,) = _lying(tmp_path)
    assert scan.read_bytes().count(b"/Type /Page\n") == 5
    assert scan.suffix == ".pdf"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "text: must have words"),
        ({"text": "x", "account": "mail"}, "account: has no scanner here; allowed: letters"),
        ({"text": "x", "turned": "45"}, "turned: is not known"),
        ({"text": "x", "slant": "11"}, "slant: must be a number"),
        ({"text": "x\n---\n" * 61}, "the scanner takes 60"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    client: FlaskClient, tmp_path: Path, form: dict[str, str], said: str
) -> None:
    status, page = _scan(client, **form)
    assert status == 400
    assert said in page
    assert ">x" in page or "text" not in form
    assert _lying(tmp_path) == []


def test_a_form_of_another_site_scans_nothing(client: FlaskClient, tmp_path: Path) -> None:
    answer = client.post(
        "/simulator/scanner", data={"account": "letters", "text": "x"}, headers={"Origin": "http://elsewhere.example"}
    )
    assert answer.status_code == 403
    assert _lying(tmp_path) == []


def test_sheets_lie_as_they_are_laid() -> None:
    from contactcentre.simulator import sheets

    plain = sheets.drawn(sheets.cover("CC1:C:1:ABC", 1))
    turned = sheets.drawn(sheets.lying([sheets.cover("CC1:C:1:ABC", 1)], turned=180, slant=0)[0])
    assert plain.rotate(180).tobytes() == turned.tobytes()
    with Image.open(io.BytesIO(sheets.as_tiff(sheets.typed("a\fb")))) as scan:
        assert (scan.n_frames, scan.mode) == (2, "1")
