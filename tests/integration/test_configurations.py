"""Configurations as versions: who wins when folder and database change, and what every process follows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from cases.commands import SetLanguage, parse
from cases.errors import Invalid, Stale
from cases.models import Case, ConfigurationActive, ConfigurationVersion, Message, OutboxEntry, Timer
from cases.references import References
from channels.settings import Secret
from config import loader
from config.loader import Faulty
from contactcentre import configurations
from contactcentre.configurations import BothChanged, Follower, NoConfiguration
from contactcentre.db import Database, Unavailable
from tests.factories import TEST_CITY, say

ORGANISATION, WORKS = "organisation.toml", "departments/harbour-works.toml"
KEY = References(b"k" * 32)


def read_secret(secret: Secret) -> str:
    raise AssertionError(f"{secret.reference} was read")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the test city, to be changed."""
    return Path(shutil.copytree(TEST_CITY, tmp_path / "city"))


@pytest.fixture
def follower(db: Database) -> Follower:
    return Follower(db, read_secret=read_secret, references=KEY)


def change(folder: Path, before: str = "reopen_hours = 48", after: str = "reopen_hours = 24") -> None:
    path = folder / ORGANISATION
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def apply(db: Database, folder: Path) -> int:
    return db.run(lambda uow: configurations.apply(uow.session, folder=folder, author="a", reason="r"))


def change_here(db: Database, before: str = "Harbour works", after: str = "Harbour and water") -> int:
    """Do as an administrator's page would."""
    with db.reader() as session:
        current = configurations.active(session)
    assert current is not None
    raw = {**current.raw, WORKS: current.raw[WORKS].replace(before, after)}
    return db.run(
        lambda uow: configurations.add(uow.session, raw, parent=current.number, author="page", reason="renamed")
    )


def versions(db: Database) -> list[ConfigurationVersion]:
    with db.reader() as session:
        return list(session.scalars(select(ConfigurationVersion).order_by(ConfigurationVersion.number)))


def activate(db: Database, number: int) -> None:
    db.run(lambda uow: uow.session.execute(update(ConfigurationActive).values(number=number)))


def test_a_version_is_added_only_where_the_folder_differs(db: Database, folder: Path) -> None:
    assert [apply(db, folder), apply(db, folder)] == [1, 1]
    change(folder)
    assert apply(db, folder) == 2
    first, second = versions(db)
    assert (first.parent, second.parent, second.author, second.reason) == (None, 1, "a", "r")
    assert first.hash != second.hash
    assert second.content["files"] == loader.read(folder)
    change(folder, "reopen_hours = 24", "reopen_hours = 48")
    assert apply(db, folder) == 3  # going back is a change too
    assert versions(db)[2].hash == first.hash


def test_a_faulty_folder_changes_nothing(db: Database, folder: Path) -> None:
    apply(db, folder)
    change(folder, "NZD", "dollar")
    with pytest.raises(Faulty, match="currency"):
        apply(db, folder)
    assert len(versions(db)) == 1


def test_what_was_changed_here_outlives_an_unchanged_folder(db: Database, folder: Path) -> None:
    apply(db, folder)
    assert change_here(db) == 2
    assert apply(db, folder) == 2
    assert len(versions(db)) == 2


def test_two_sided_changes_are_refused_with_the_difference(db: Database, folder: Path) -> None:
    apply(db, folder)
    change_here(db)
    change(folder)
    with pytest.raises(BothChanged, match="version 2 have changed since version 1") as caught:
        apply(db, folder)
    assert "-reopen_hours = 48\n+reopen_hours = 24" in caught.value.difference
    assert '-name = "Harbour and water"\n+name = "Harbour works"' in caught.value.difference
    assert len(versions(db)) == 2


def test_an_exported_folder_knows_what_it_began_with(db: Database, folder: Path, tmp_path: Path) -> None:
    apply(db, folder)
    change_here(db)
    out = tmp_path / "out"
    with db.reader() as session:
        configurations.export(session, folder=out)
    assert apply(db, out) == 2
    change(out)
    assert apply(db, out) == 3
    change(out, "reopen_hours = 24", "reopen_hours = 36")
    assert apply(db, out) == 4
    assert apply(db, folder) == 4  # the first folder has not changed, so it takes nothing back
    change(folder, "NZD", "AUD")
    with pytest.raises(BothChanged, match="since version 1"):
        apply(db, folder)


def test_two_exported_folders_do_not_undo_each_other(db: Database, folder: Path, tmp_path: Path) -> None:
    apply(db, folder)
    one, other = tmp_path / "one", tmp_path / "other"
    with db.reader() as session:
        configurations.export(session, folder=one)
        configurations.export(session, folder=other)
    change(one)
    assert apply(db, one) == 2
    change(other, "NZD", "AUD")
    with pytest.raises(BothChanged, match="since version 1"):
        apply(db, other)


def test_a_folder_of_strangers_is_not_taken_for_a_change(db: Database, folder: Path, tmp_path: Path) -> None:
    (folder / configurations.MARK).write_text("abc 77 0000\n")
    assert apply(db, folder) == 1
    other = shutil.copytree(TEST_CITY, tmp_path / "other")
    change(other, "NZD", "AUD")
    with pytest.raises(BothChanged, match="no version in common"):
        apply(db, other)
    (other / configurations.MARK).write_text("abd 1 0000\n")  # the number of a version, but not its content
    with pytest.raises(BothChanged, match="no version in common"):
        apply(db, other)
    (folder / configurations.MARK).write_text("not a mark")
    assert apply(db, folder) == 1


def test_a_page_that_was_overtaken_is_stale(db: Database, folder: Path) -> None:
    apply(db, folder)
    raw = loader.read(folder)
    change_here(db)
    with pytest.raises(Stale, match="Somebody else"):
        db.run(lambda uow: configurations.add(uow.session, raw, parent=1, author="page", reason="r"))


def test_a_department_with_work_stays(db: Database, folder: Path, follower: Follower) -> None:
    change(folder, 'department = "harbour-works"\nservice = "burst-main"', "")  # nothing else speaks of it
    apply(db, folder)
    db.run(lambda uow: say(uow.session, follower.city, "Water on the quay", account="sms-works"))
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).values(state="sent")))
    (folder / WORKS).unlink()
    with pytest.raises(Invalid, match=r"harbour-works\.toml: is missing, but 1 cases there are not closed"):
        apply(db, folder)
    db.run(lambda uow: uow.session.execute(update(Case).values(status="resolved")))
    with pytest.raises(Invalid, match="not closed"):  # the citizen may still reopen it
        apply(db, folder)
    db.run(lambda uow: uow.session.execute(update(Case).values(status="closed")))
    assert apply(db, folder) == 2


def test_a_calendar_that_promises_are_reckoned_by_stays(db: Database, folder: Path, follower: Follower) -> None:
    promised = 'key = "standard"\ncalendar = "always-open"'
    change(folder, promised, promised.replace("always-open", "quay"))
    quay = folder / "calendars" / "quay.toml"
    quay.write_text('name = "Quay"\nweek.monday = ["08:00-12:00"]\n')
    apply(db, folder)
    db.run(lambda uow: say(uow.session, follower.city, "Please call me back"))
    change(folder, promised.replace("always-open", "quay"), promised)
    quay.unlink()
    with pytest.raises(Invalid, match=r"calendars/quay\.toml: is missing, but 1 promises are reckoned by it"):
        apply(db, folder)
    db.run(lambda uow: uow.session.execute(update(Timer).values(state="met")))
    assert apply(db, folder) == 2


def test_an_account_with_messages_to_send_stays(db: Database, folder: Path, follower: Follower) -> None:
    apply(db, folder)
    db.run(lambda uow: say(uow.session, follower.city, "Water on the quay", account="sms-works"))
    path = folder / WORKS
    path.write_text(path.read_text().replace("sms-works", "sms-quay"))
    with pytest.raises(Invalid, match="account sms-works: is missing, but 1 messages wait"):
        apply(db, folder)
    db.run(lambda uow: uow.session.execute(update(OutboxEntry).values(state="sent")))
    assert apply(db, folder) == 2


def test_many_that_apply_at_once_make_one_version(db: Database, folder: Path) -> None:
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda: numbers.append(apply(db, folder))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert numbers == [1] * 6
    assert len(versions(db)) == 1


def test_a_process_follows_once_its_look_is_old(
    db: Database, folder: Path, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(db, folder)
    first = follower.city
    assert (first.version, first.references, first.limits.reopen_hours) == (1, KEY, 48)
    assert set(follower.accounts) == {"sms-front", "sms-works"}
    change(folder)
    apply(db, folder)
    assert follower.city is first
    monkeypatch.setattr(Follower, "FRESH_FOR", 0.0)
    assert (follower.city.version, follower.city.limits.reopen_hours) == (2, 24)
    second = follower.city
    assert follower.city is second  # not built anew while the number is the same
    assert Follower(db, read_secret=read_secret, references=KEY).FRESH_FOR < 10


def test_before_the_first_version_it_says_what_to_do(db: Database, follower: Follower, tmp_path: Path) -> None:
    with pytest.raises(NoConfiguration, match="run: contactcentre release"):
        _ = follower.city
    with db.reader() as session:
        assert configurations.active(session) is None
        with pytest.raises(NoConfiguration):
            configurations.export(session, folder=tmp_path / "out")
    apply(db, TEST_CITY)
    assert follower.city.version == 1


Break = Callable[[Database, pytest.MonkeyPatch], None]


def store_bad_version(db: Database, _: pytest.MonkeyPatch) -> None:
    """As a later release would, whose files this one cannot read."""
    db.run(
        lambda uow: uow.session.execute(
            text(
                "insert into configuration_version (number, content, hash, parent, author, reason, created_at) "
                """select 2, '{"files": {"organisation.toml": "x = 1"}, "origin": "here"}', 'h', 1, 'a', 'r', now()"""
            )
        )
    )
    activate(db, 2)


def take_the_database_away(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise Unavailable("the database cannot be reached")

    monkeypatch.setattr(db, "reader", away)


def take_the_active_row_away(db: Database, _: pytest.MonkeyPatch) -> None:
    db.run(lambda uow: uow.session.execute(text("delete from configuration_active")))


@pytest.mark.parametrize("happens", [store_bad_version, take_the_database_away, take_the_active_row_away])
def test_a_running_process_keeps_what_it_has(
    db: Database, follower: Follower, monkeypatch: pytest.MonkeyPatch, happens: Break
) -> None:
    apply(db, TEST_CITY)
    first = follower.city
    with monkeypatch.context() as patch:
        happens(db, patch)
        follower.refresh()
        assert follower.city is first
        with pytest.raises((Faulty, Unavailable, NoConfiguration)):
            _ = Follower(db, read_secret=read_secret, references=KEY).city
    if happens is store_bad_version:
        activate(db, 1)
        follower.refresh()
        assert follower.city is first


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a city is built from its files."""
    counted: list[int] = []
    build = loader.build

    def count(*words: object, **values: object) -> object:
        counted.append(1)
        return build(*words, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(loader, "build", count)
    return counted


def test_a_version_that_cannot_be_used_is_tried_once(
    db: Database, follower: Follower, builds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(db, TEST_CITY)
    first = follower.city
    store_bad_version(db, monkeypatch)
    builds.clear()
    for _ in range(3):
        follower.refresh()
        assert follower.city is first
    assert len(builds) == 1


def test_many_threads_share_one_look(db: Database, follower: Follower, builds: list[int]) -> None:
    apply(db, TEST_CITY)
    builds.clear()
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(follower.city.version)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert seen == [1] * 8
    assert len(builds) == 1


def test_a_citizen_chooses_a_language(db: Database, follower: Follower) -> None:
    apply(db, TEST_CITY)
    assert parse("LANG English", follower.city.keywords) == SetLanguage("en")
    for words, told in (("LANG English", "We write to you in English now."), ("LANG Te Reo", "We write in: English.")):
        message_id = db.run(lambda uow, words=words: say(uow.session, follower.city, words).message_id)
        with db.reader() as session:
            query = select(Message.text).where(Message.direction == "out", Message.id > message_id)
            assert session.scalars(query).one() == told
