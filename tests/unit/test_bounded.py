"""What strangers sent is read where it can harm nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from contactcentre.bounded.reading import Reader, Unread

LENGTH, MISBEHAVE = "tests.unit.bounded_readers:length", "tests.unit.bounded_readers:misbehave"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(MISBEHAVE, seconds=5, megabytes=256) as started:
        yield started


def _told(folder: Path, words: str) -> Path:
    place = folder / "source"
    place.write_text(words)
    return place


def _came_of(reader: Reader, folder: Path, words: str) -> str:
    with reader.read(_told(folder, words)) as found:
        return str(found.values["result"])


def test_values_and_files_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTCENTRE_SECRET", "hidden")
    with Reader(LENGTH) as reader:
        for words in ("first", "the second"):
            with reader.read(_told(tmp_path, words)) as found:
                assert found.values["length"] == len(words)
                assert [one.read_text() for one in found.files] == [words]
                assert "CONTACTCENTRE_SECRET" not in found.values["environment"]
    assert not found.files[0].exists()


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("hang", "too long"),
        ("grow", "too much memory"),
        ("crash", "broken"),
        ("raise", "broken"),
        ("refuse This is no mail.", "This is no mail."),
    ],
)
def test_what_cannot_be_read_ends_and_the_next_is_read(reader: Reader, tmp_path: Path, deed: str, words: str) -> None:
    with pytest.raises(Unread, match=words) as refused, reader.read(_told(tmp_path, deed)):
        pass
    assert not refused.value.again
    assert _came_of(reader, tmp_path, "read /dev/null") == "did: ''"


def test_a_reading_process_that_dies_is_started_anew(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(Unread) as refused, reader.read(_told(tmp_path, "kill-parent")):
        pass
    assert refused.value.again
    assert _came_of(reader, tmp_path, "read /dev/null") == "did: ''"


def test_it_reaches_no_network_no_file_and_no_program(reader: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        assert _came_of(reader, tmp_path, f"connect 127.0.0.1:{port}") == "refused: 13"
    for deed in (f"read {secret}", "read /etc/passwd", f"write {secret}", "write /dev/null", "run"):
        assert _came_of(reader, tmp_path, deed) == "refused: 13", deed
    assert secret.read_text() == "do not tell"
    assert _came_of(reader, tmp_path, f"link {secret}") == "refused: 13"
