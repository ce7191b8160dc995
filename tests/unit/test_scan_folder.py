"""The scan folder: whole files are taken once, half-written ones waited for, links left lying and told of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from channels.base import Parcel
from channels.errors import AccountFault
from channels.letters import endings, folder
from channels.letters.folder import DONE, WORK, Watched, look
from channels.letters.settings import PaperSettings
from channels.settings import Secret, parse_account

PDF = b"%PDF-1.4\n%%EOF\n"


class Inbox:
    """Keeps what it is given; ``breaks`` lets the process die behind the commit."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, bytes, bool]] = {}
        self.told: list[str] = []
        self.breaks = False

    def missing(self, keys: Sequence[str]) -> list[str]:
        return [one for one in keys if one not in self.kept]

    def take(self, parcel: Parcel) -> None:
        assert parcel.key not in self.kept
        self.kept[parcel.key] = (parcel.name, parcel.content.read(), parcel.whole)
        if self.breaks:
            raise KeyboardInterrupt

    def tell(self, trouble: str) -> None:
        self.told.append(trouble)

    @property
    def names(self) -> list[str]:
        return sorted(name for name, _, _ in self.kept.values())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return folder._prepared(tmp_path / "scans")


def test_a_file_is_taken_once_it_stands_still(place: Path) -> None:
    inbox, watched = Inbox(), Watched()
    (place / "SCAN_0001.pdf").write_bytes(PDF)
    assert look(place, watched, inbox, stable=10, now=100) == 0
    assert look(place, watched, inbox, stable=10, now=109) == 0
    with (place / "SCAN_0001.pdf").open("ab") as file:
        file.write(b"\n%%EOF\n")
    assert look(place, watched, inbox, stable=10, now=111) == 0
    assert look(place, watched, inbox, stable=10, now=120) == 0
    assert look(place, watched, inbox, stable=10, now=121) == 1
    assert inbox.names == ["SCAN_0001.pdf"]
    assert [one.name for one in (place / DONE).rglob("*.pdf")] == ["SCAN_0001.pdf"]
    assert list((place / WORK).iterdir()) == []
    assert look(place, watched, inbox, stable=10, now=140) == 0


def test_half_a_file_is_waited_for_and_in_the_end_taken_as_it_is(place: Path) -> None:
    inbox, watched = Inbox(), Watched()
    (place / "half.pdf").write_bytes(b"%PDF-1.4\nhalf")
    for now in (0, 10, 50):
        assert look(place, watched, inbox, stable=10, now=now) == 0
    assert look(place, watched, inbox, stable=10, now=folder.PATIENCE) == 1


def test_links_and_odd_things_are_left_lying_and_told_of(place: Path, tmp_path: Path) -> None:
    inbox, watched = Inbox(), Watched()
    (tmp_path / "secret").write_bytes(b"secret")
    (place / "link.pdf").symlink_to(tmp_path / "secret")
    os.link(tmp_path / "secret", place / "hard.pdf")
    (place / "sub").mkdir()
    os.mkfifo(place / "pipe")
    (place / ".hidden").write_bytes(PDF)
    for now in (0, 10, 200):
        assert look(place, watched, inbox, stable=1, now=now) == 0
    said = inbox.told[-1]
    for words in ("link.pdf is a link", "hard.pdf has a second name", "sub is a folder", "pipe is no plain file"):
        assert words in said
    assert ".hidden" not in said
    assert inbox.kept == {}
    for name in ("link.pdf", "hard.pdf", "pipe"):
        (place / name).unlink()
    (place / "sub").rmdir()
    look(place, watched, inbox, stable=1, now=201)
    assert inbox.told[-1] == ""


def test_who_is_killed_behind_the_commit_stores_nothing_twice(place: Path) -> None:
    inbox, watched = Inbox(), Watched()
    (place / "one.pdf").write_bytes(PDF)
    look(place, watched, inbox, stable=1, now=0)
    inbox.breaks = True
    with pytest.raises(KeyboardInterrupt):
        look(place, watched, inbox, stable=1, now=2)
    inbox.breaks = False
    assert len(list((place / WORK).rglob("*.pdf"))) == 1
    assert look(place, Watched(), inbox, stable=1, now=3) == 1
    assert len(inbox.kept) == 1
    assert len(list((place / DONE).rglob("*.pdf"))) == 1


def test_who_is_killed_before_the_commit_loses_nothing(place: Path) -> None:
    inbox = Inbox()
    (place / "one.pdf").write_bytes(PDF)
    stamp = folder._stamp(place / "one.pdf")
    assert isinstance(stamp, folder.Stamp)
    assert folder._begin(place, "one.pdf", stamp)
    assert look(place, Watched(), inbox, stable=1, now=0) == 1
    assert inbox.names == ["one.pdf"]


def test_the_same_scan_twice_is_two_parcels_of_the_same_bytes(place: Path) -> None:
    inbox, watched = Inbox(), Watched()
    for turn in range(2):
        (place / "SCAN_0001.pdf").write_bytes(PDF)
        look(place, watched, inbox, stable=1, now=turn * 10)
        look(place, watched, inbox, stable=1, now=turn * 10 + 5)
    assert len(inbox.kept) == 2
    assert {content for _, content, _ in inbox.kept.values()} == {PDF}


def test_a_name_of_any_bytes_is_data(place: Path) -> None:
    inbox, watched = Inbox(), Watched()
    (place / os.fsdecode(b"caf\xe9 ../<b>.pdf".replace(b"/", b"_"))).write_bytes(PDF)
    look(place, watched, inbox, stable=1, now=0)
    look(place, watched, inbox, stable=1, now=2)
    assert inbox.names == ["caf\ufffd .._<b>.pdf"]


def test_of_a_file_that_is_too_large_the_beginning_is_stored(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LARGEST", 100)
    monkeypatch.setattr(folder, "BEGINNING", 10)
    inbox, watched = Inbox(), Watched()
    (place / "large.tif").write_bytes(b"II*\x00" + bytes(200))
    look(place, watched, inbox, stable=1, now=0)
    look(place, watched, inbox, stable=1, now=2)
    ((name, content, whole),) = inbox.kept.values()
    assert (name, len(content), whole) == ("large.tif", 10, False)


def test_a_folder_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "scans" / WORK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AccountFault) as fault:
        folder._prepared(tmp_path / "scans")
    assert "cannot be used" in fault.value.agent_text


def test_the_listener_stops_when_it_is_told_to(tmp_path: Path) -> None:
    turns = iter([False, False, True, True, True])
    settings, faults = _settings(folder=str(tmp_path / "scans"))
    assert faults == []
    inbox = Inbox()
    folder.watch(settings, inbox, lambda: next(turns, True))
    assert inbox.told == [""]


@pytest.mark.parametrize(
    ("head", "tail", "whole"),
    [
        (b"%PDF-1.7", b"startxref\n9\n%%EOF\n", True),
        (b"%PDF-1.7", b"stream", False),
        (b"\xff\xd8\xff\xe0", b"\xff\xd9\x00\x00", True),
        (b"\xff\xd8\xff\xe0", b"\x00", False),
        (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82", True),
        (b"\x89PNG\r\n\x1a\n", b"IDAT", False),
        (b"II*\x00", b"whatever", True),
        (b"", b"", False),
    ],
)
def test_how_files_end(head: bytes, tail: bytes, whole: bool) -> None:
    assert endings.ends(head, tail) is whole


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("folder", "scans", "absolute path"),
        ("stable_seconds", 0, "from 1 to 600"),
        ("pages_of_one", 61, "from 0 to 60"),
        ("letterhead", ["a"], "must be text"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(key: str, value: object, said: str) -> None:
    made, faults = _settings(**{key: value})
    assert made is None
    assert said in faults[0]


def _settings(**more: object) -> tuple[PaperSettings, list[str]]:
    block = {"id": "letters", "channel": "letters", "gateway": "paper", "address": "P.O. Box 1"}
    made, faults = parse_account(PaperSettings, {**block, "hook_secret": "file:x", **more}, _no_secret)
    return made, faults  # type: ignore[return-value]


def _no_secret(secret: Secret) -> str:
    raise LookupError(secret.reference)
