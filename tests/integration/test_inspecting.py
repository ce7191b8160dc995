"""Stored files are looked into and scanned; a scanner that is away holds up files and nothing else."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cases import clock, inspections
from cases.holding import Held, Scan, hold
from cases.models import StoredFile
from channels.errors import FileHeld
from contactcentre import health
from contactcentre.cli import doctor
from contactcentre.container import Container
from contactcentre.db import Database
from contactcentre.inspection import inspecting, leaving
from contactcentre.scanning import watching
from tests.clamd_server import Daemon, clamd
from tests.integration.leaving import moved
from tests.routing.shared import NoSharedData, shared
from tests.unit.hostile_files import archive, dense
from tests.unit.test_kinds import picture
from workers import deliver, inspection

MARK = b"a mark of evil"
KEY = inspection.KEY


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "clamd.ctl"


@pytest.fixture
def scanning(container: Container, db: Database, place: Path) -> Iterator[Container]:
    """An installation with a scanner, which is off until a test turns it on."""
    made = Container(dataclasses.replace(container.settings, clamd=f"unix:{place}"))
    made.__dict__["db"] = db
    deliver.use(made)
    yield made


@pytest.fixture
def without(container: Container) -> Container:
    deliver.use(container)
    return container


@pytest.fixture
def daemon(place: Path) -> Iterator[Daemon]:
    with clamd(place) as served:
        served.signatures[MARK] = "Test.Evil-1"
        yield served


def kept(container: Container, content: bytes, *, days_old: int = 0) -> str:
    """Store a content as a channel does; returns its hash."""
    stored = container.files.keep(io.BytesIO(content), largest=10**9)

    def work(uow: Any) -> None:
        row = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.media_type}
        uow.session.add(StoredFile(**row, created_at=clock.now(uow.session) - timedelta(days=days_old)))

    container.db.run(work)
    return stored.sha256


def row(container: Container, sha256: str) -> StoredFile:
    with container.db.reader() as session:
        return session.get_one(StoredFile, sha256)


def held(container: Container, sha256: str) -> Held | None:
    """Return why a file is not given out."""
    one = row(container, sha256)
    scanner = container.scanner is not None
    found = hold(scan=one.scan, note=one.scan_note, trouble=one.trouble, scanning=scanner)
    return found.why if found else None


def test_without_a_scanner_files_are_looked_into_and_given_out(without: Container) -> None:
    sha = kept(without, b"plain words")
    assert inspection.nudge(without)
    assert inspection.files(KEY) == 1
    assert (row(without, sha).scan, held(without, sha)) == (Scan.PENDING, None)
    assert row(without, sha).looked_at is not None
    assert not inspection.nudge(without), "nothing is left to do"
    assert watching.watch(without) is None


def test_a_picture_gets_a_preview_that_is_a_content_of_its_own(without: Container) -> None:
    sha = kept(without, picture("PNG", (640, 320)))
    inspection.files(KEY)
    one = row(without, sha)
    assert (one.preview_width, one.preview_height) == (320, 160)
    small = row(without, str(one.preview_sha256))
    assert (small.media_type, small.scan) == ("image/jpeg", Scan.CLEAN)
    with without.files.open(small.sha256) as content:
        assert content.read(2) == b"\xff\xd8"
    assert not inspection.nudge(without), "a preview is not looked into again"


def test_a_bomb_is_kept_aside_and_what_comes_after_it_is_looked_into(without: Container) -> None:
    good, bomb = kept(without, archive({"a.txt": b"words"})), kept(without, dense(30))
    assert inspection.files(KEY) == 2
    assert (held(without, bomb), held(without, good)) == (Held.ASIDE, None)
    assert "200 times" in str(row(without, bomb).trouble)


def test_a_content_that_is_not_in_the_store_stops_nobody(without: Container) -> None:
    gone, good = kept(without, b"gone"), kept(without, b"here")
    without.files._path(gone).unlink()
    assert inspection.files(KEY) == 2
    assert (row(without, gone).looked_at, row(without, good).looked_at is None) == (None, False)
    assert inspection.files(KEY) == 0


def test_with_a_scanner_nothing_is_given_out_before_it_was_scanned(scanning: Container, daemon: Daemon) -> None:
    clean, evil, old = (kept(scanning, b"words"), kept(scanning, b"x" + MARK), kept(scanning, b"old", days_old=9))
    assert {held(scanning, one) for one in (clean, evil, old)} == {Held.PENDING}
    with capture_logs() as told:
        assert inspection.files(KEY) == 3
    assert [held(scanning, one) for one in (clean, evil, old)] == [None, Held.INFECTED, None]
    assert row(scanning, evil).scan_note == "Test.Evil-1"
    assert daemon.scanned[-1] == b"old", "the newest go first"
    assert [one["found"] for one in told if one["event"] == "security.infected_file"] == ["Test.Evil-1"]


def test_the_standard_test_virus_is_found_once_the_scanner_knows_it(scanning: Container, daemon: Daemon) -> None:
    try:
        eicar = base64.b64decode(json.loads(shared("evil/eicar.json").read_text())["base64"])
    except NoSharedData as error:
        pytest.skip(str(error))
    daemon.signatures[eicar] = "Eicar-Signature"
    sha = kept(scanning, eicar)
    inspection.files(KEY)
    assert (held(scanning, sha), row(scanning, sha).scan_note) == (Held.INFECTED, "Eicar-Signature")


def test_files_that_were_given_out_before_there_was_a_scanner_wait_for_it_too(
    without: Container, scanning: Container, daemon: Daemon
) -> None:
    deliver.use(without)
    sha = kept(without, b"old" + MARK)
    inspection.files(KEY)
    assert (held(without, sha), held(scanning, sha)) == (None, Held.PENDING)
    deliver.use(scanning)
    assert inspection.nudge(scanning)
    inspection.files(KEY)
    assert held(scanning, sha) is Held.INFECTED
    assert held(without, sha) is Held.INFECTED, "taking the scanner away heals nothing"


def test_a_scanner_off_for_an_hour_holds_files_and_clears_them_within_ten_minutes(
    scanning: Container, db: Database, place: Path
) -> None:
    with moved(db) as time, capture_logs() as told:
        shas = []
        for minute in range(60):
            shas.append(kept(scanning, f"file {minute}".encode()))
            if inspection.nudge(scanning):
                inspection.files(KEY)
            watching.watch(scanning)
            time.pass_by(seconds=60)
        shas.append(kept(scanning, MARK))
        assert {held(scanning, one) for one in shas} == {Held.PENDING}
        assert all(row(scanning, one).looked_at for one in shas[:-1]), "previews and limits do not wait for a scanner"
        with clamd(place) as daemon:
            daemon.signatures[MARK] = "Test.Evil-1"
            for _ in range(60):
                watching.watch(scanning)
                if inspection.nudge(scanning):
                    inspection.files(KEY)
                time.pass_by(seconds=10)
        assert [held(scanning, one) for one in shas] == [None] * 60 + [Held.INFECTED]
    said = [one["event"] for one in told if one["event"].startswith("scanner.")]
    assert said == ["scanner.alarm", "scanner.alarm_over"], "each once"


def test_one_that_is_away_is_not_called_for_every_file(
    scanning: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    assert scanning.scanner is not None
    scan = scanning.scanner.scan
    monkeypatch.setattr(scanning.scanner, "scan", lambda stream: calls.append(stream) or scan(stream))
    for number in range(5):
        kept(scanning, b"%d" % number)
    assert inspection.files(KEY) == 5
    assert len(calls) == 1
    with moved(db) as time:
        time.pass_by(seconds=61)
        inspection.files(KEY)
    assert len(calls) == 2


def test_a_file_that_the_scanner_cannot_read_stays_held_and_says_so(
    scanning: Container, db: Database, daemon: Daemon
) -> None:
    daemon.largest = 10
    large, small = kept(scanning, b"a large content"), kept(scanning, b"small")
    inspection.files(KEY)
    assert (held(scanning, large), held(scanning, small)) == (Held.PENDING, None)
    assert "of this size" in str(row(scanning, large).scan_note)
    daemon.largest = 1000
    with moved(db) as time:
        assert not inspection.nudge(scanning)
        time.pass_by(minutes=61)
        assert inspection.nudge(scanning)
        inspection.files(KEY)
    one = row(scanning, large)
    assert (one.scan, one.scan_note) == (Scan.CLEAN, None)


def test_a_worker_that_dies_leaves_the_file_to_another_and_two_never_take_the_same(
    without: Container, db: Database
) -> None:
    kept(without, b"one")
    first = inspecting.claim(without)
    assert first is not None
    assert inspecting.claim(without) is None
    with moved(db) as time:
        time.pass_by(seconds=inspections.LEASE.total_seconds() + 1)
        assert inspecting.claim(without) == first


def test_a_late_verdict_does_not_heal_what_another_found(scanning: Container, db: Database, daemon: Daemon) -> None:
    sha = kept(scanning, MARK)
    inspection.files(KEY)
    db.run(lambda uow: inspections.scanned(uow.session, sha, infected=None, at=clock.now(uow.session)))
    db.run(lambda uow: inspections.put_off(uow.session, sha, until=clock.now(uow.session), note="too late"))
    assert (held(scanning, sha), row(scanning, sha).scan_note) == (Held.INFECTED, "Test.Evil-1")


def test_monitors_and_doctor_tell_of_it(scanning: Container, without: Container, place: Path) -> None:
    def said() -> tuple[Any, str]:
        found = health.look(scanning)
        assert found.stored is not None
        finding = doctor._scanner(scanning, found.stored)
        return health.as_json(found)["scanner"], str(finding.wrong)

    assert said()[0] is None
    kept(scanning, b"waits")
    watching.watch(scanning)
    told, wrong = said()
    assert (told["ok"], told["waits_since"] is not None) == (False, True)
    assert "does not answer; files wait since" in wrong
    with clamd(place):
        watching.watch(scanning)
        assert (said()[0]["ok"], said()[1]) == (True, "None")
    found = health.look(without)
    assert found.stored is not None
    assert health.as_json(found)["scanner"] is None
    assert "given out unscanned" in str(doctor._scanner(without, found.stored).warning)


def test_a_held_file_does_not_leave_with_a_mail(scanning: Container, db: Database) -> None:
    read, sha = leaving.reader(scanning), kept(scanning, b"plain words")
    with pytest.raises(FileHeld, match="pending") as waits:
        read(sha)
    assert waits.value.retryable
    assert "once it was found clean" in waits.value.agent_text
    db.run(lambda uow: inspections.scanned(uow.session, sha, infected="Test.Evil-1", at=clock.now(uow.session)))
    with pytest.raises(FileHeld, match="infected") as ended:
        read(sha)
    assert not ended.value.retryable
    assert "without it" in ended.value.agent_text
    clean = kept(scanning, b"other words")
    db.run(lambda uow: inspections.scanned(uow.session, clean, infected=None, at=clock.now(uow.session)))
    assert read(clean) == b"other words"
