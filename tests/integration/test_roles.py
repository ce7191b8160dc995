"""Two roles: the one that serves does all the product's work, and cannot rewrite history."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL, delete, make_url, select, text
from sqlalchemy.exc import ProgrammingError

from cases import clock, lifecycle, replies
from cases.lifecycle import Status
from cases.models import Case, Event, EventDetail, FigureSum, Lease, Message
from cases.models.event import Happened, record
from config.settings import Settings, child_environment, load, read_instance
from contactcentre.container import Container
from contactcentre.db import Database, UnitOfWork
from contactcentre.engines.postgres import OWNER, SERVING, Postgres
from contactcentre.migrations import upgrade
from contactcentre.sealing import seal_waiting
from tests.factories import make_agent, say
from tests.integration.commands import Commands, commands, environment, failed
from tests.integration.processes import eventually
from tests.integration.test_supervisor import Served

ROOT = Path(__file__).parents[2]


def rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def serving_url(postgres_url: str) -> str:
    """The address of the test's database for the serving role, with its rights as the release step grants them."""
    url = make_url(postgres_url).set(username=SERVING)
    if url.password:  # TEST_DATABASE_URL names a server where the role has to be made by hand
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            known = connection.execute("select from pg_roles where rolname = %s", [SERVING]).fetchone() is not None
            connection.execute(f"{'alter' if known else 'create'} role {SERVING} login password '{url.password}'")
    upgrade(postgres_url, serving_url=rendered(url))
    return rendered(url)


@pytest.fixture
def site(container: Container, settings: Settings, serving_url: str, tmp_path: Path) -> Iterator[Container]:
    """The installation as it serves, with an anchor of its own."""
    container.settings = replace(settings, database_url=serving_url, audit_anchor=tmp_path / "anchor.jsonl")
    serving = Database(serving_url, pool_size=2)
    container.__dict__["db"] = serving
    yield container
    serving.dispose()


@pytest.fixture
def environ(site: Container, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process that serves."""
    values = {
        **environment(settings),
        "DATABASE_URL": site.settings.database_url,
        "AUDIT_ANCHOR": str(site.settings.audit_anchor),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def run(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Runs commands as a process that serves."""
    with commands(capsys) as made:
        yield made


def a_case(site: Container) -> str:
    """Take in a message, answer it and resolve the case; returns its reference."""

    def work(uow: UnitOfWork) -> str:
        session = uow.session
        case = session.get_one(Case, say(session, site.city, "The lamp is dark").case_id)
        agent = make_agent(session, "Ama")
        replies.reply(session, agent, city=site.city, reference=case.reference, text="We come tomorrow")
        third = Status.WAITING_ON_THIRD_PARTY
        lifecycle.transition(
            session, agent, reference=case.reference, to=third, calendars=site.city.calendars, reason="the lamp's maker"
        )
        named = Happened("citizen_named", "agent:1", {}, {"name": "Tester Number 1"})
        record(session, case, [named], at=clock.now(session))
        return case.reference

    return site.db.run(work)


def test_it_takes_in_answers_and_seals(site: Container) -> None:
    a_case(site)
    assert seal_waiting(site) == 1
    with site.db.reader() as session:
        assert session.execute(text("select current_user")).scalar_one() == SERVING
        assert "We come tomorrow" in session.scalars(select(Message.text)).all()


def test_every_duty_of_a_ticker_is_done(site: Container, environ: dict[str, str], tmp_path: Path) -> None:
    a_case(site)
    output = tmp_path / "ticker.log"
    with output.open("w") as file:
        ticker = subprocess.Popen(
            [sys.executable, "-m", "workers.ticker"],
            stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, env=child_environment(**environ),
        )  # fmt: skip
    try:
        assert eventually(lambda: site.settings.audit_anchor.exists() or ticker.poll() is not None, seconds=30)
    finally:
        ticker.send_signal(signal.SIGTERM)
        assert ticker.wait(20) == 0
    said = [json.loads(line) for line in output.read_text().splitlines()]
    assert "seal.made" in [line["event"] for line in said]
    assert [line for line in said if line["level"] in ("error", "warning")] == []
    with site.db.reader() as session:
        assert session.get(Lease, "process:ticker") is not None
        assert "first_response" in session.scalars(select(FigureSum.measure)).all()


@pytest.mark.parametrize(
    "statement",
    [
        "update event set actor = 'agent:9'",
        "update event set hash = hash where id = 1",
        "delete from event",
        "truncate event",
        "select * from event for update",
        "insert into event select * from event on conflict (id) do update set actor = 'agent:9'",
        "update seal set at = at",
        "delete from seal",
        "truncate seal",
        "update event_detail set personal = '{}'",
        "truncate event_detail",
        "truncate case_file cascade",
        "alter table event add column extra text",
        "alter table event disable trigger all",
        "create trigger t before insert on event for each row execute function suppress_redundant_updates_trigger()",
        "create rule r as on insert to event do instead nothing",
        "drop table event",
        "update alembic_version set version_num = '0001'",
        "set session_replication_role = replica",
        "alter role current_user superuser",
    ],
)
def test_history_cannot_be_rewritten(site: Container, statement: str) -> None:
    a_case(site)
    with site.db.reader() as session, pytest.raises(ProgrammingError) as refused:
        session.execute(text(statement))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_a_detail_can_be_erased(site: Container) -> None:
    a_case(site)
    site.db.run(lambda uow: uow.session.execute(delete(EventDetail)))
    with site.db.reader() as session:
        assert session.scalars(select(EventDetail)).all() == []
        assert session.scalars(select(Event)).first() is not None


def test_a_release_as_owner_makes_the_demo_as_the_serving_role_and_clears_it(
    run: Commands, site: Container, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACTCENTRE_CONFIG", str(ROOT / "config"))
    monkeypatch.setenv("DATABASE_MIGRATION_URL", postgres_url)
    code, _, err = run("release", "--demo")
    assert code == 0, err
    assert run("verify")[0] == 0
    monkeypatch.delenv("DATABASE_MIGRATION_URL")
    assert "set DATABASE_MIGRATION_URL" in failed(run("demo", "clear", "--yes"))
    with site.db.reader() as session:
        assert session.scalars(select(Case.id)).first() is not None
    monkeypatch.setenv("DATABASE_MIGRATION_URL", postgres_url)
    assert run("demo", "clear", "--yes")[0] == 0
    with site.db.reader() as session:
        assert session.scalars(select(Case.id)).first() is None


def test_a_role_without_password_is_made_and_one_with_a_password_is_asked_for(postgres_url: str) -> None:
    url = make_url(postgres_url)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        try:
            with pytest.raises(
                LookupError, match=r"no role contact'centre_two.*create role .contact'centre_two. login"
            ):
                upgrade(postgres_url, serving_url=rendered(url.set(username="contact'centre_two", password="secret")))
            upgrade(postgres_url, serving_url=rendered(url.set(username="contact'centre_two", password=None)))
            asked = "select has_table_privilege('contact''centre_two', 'event', %s)"
            allowed = [connection.execute(asked, [what]).fetchone() for what in ("insert", "update")]
            assert allowed == [(True,), (False,)]
        finally:
            connection.execute('drop owned by "contact\'centre_two"')
            connection.execute('drop role "contact\'centre_two"')


def test_rights_that_somebody_gave_are_taken_away_by_the_next_release(postgres_url: str, serving_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(f"grant all on event, seal to {SERVING}")
        upgrade(postgres_url, serving_url=serving_url)
        with psycopg.connect(serving_url.replace("+psycopg", "")) as serving, pytest.raises(InsufficientPrivilege):
            serving.execute("delete from event")


def test_doctor_says_whether_the_serving_role_could(
    run: Commands, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"ok    history: the role {SERVING} cannot rewrite it\n" in run("doctor")[1]
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    owner = make_url(postgres_url).username
    _, out, _ = run("doctor")
    assert f"warn  history: the role {owner}, which serves, could rewrite it -> serve as a second role" in out
    (finding,) = [one for one in json.loads(run("doctor", "--json")[1]) if one["what"] == "history"]
    assert finding["ok"]
    assert "could rewrite" in finding["warning"]


@pytest.mark.parametrize(
    ("environ", "serving", "owner"),
    [
        ({}, "app@instance", "owner@instance"),
        ({"DATABASE_URL": "app@own"}, "app@own", "app@own"),
        ({"DATABASE_URL": "app@own", "DATABASE_MIGRATION_URL": "owner@own"}, "app@own", "owner@own"),
        ({"DATABASE_MIGRATION_URL": "other@instance"}, "app@instance", "other@instance"),
    ],
)
def test_an_owner_belongs_to_the_database_that_was_named_with_it(
    tmp_path: Path, environ: dict[str, str], serving: str, owner: str
) -> None:
    noted = {"DATABASE_URL": "app@instance", "DATABASE_MIGRATION_URL": "owner@instance"}
    (tmp_path / "instance.json").write_text(json.dumps(noted))
    settings = load(tmp_path, environ)
    assert (settings.database_url, settings.migration_url) == (serving, owner)


def test_the_supervisor_hands_the_owners_address_to_the_release_step_alone(tmp_path: Path) -> None:
    served = Served(tmp_path / "data")
    try:
        served.await_ready()
        noted = read_instance(served.data)
        assert (make_url(noted["DATABASE_URL"]).username, make_url(noted["DATABASE_MIGRATION_URL"]).username) == (
            SERVING,
            OWNER,
        )
        answer = served.ask()
        assert answer is not None
        given = Path(f"/proc/{answer[0]}/environ").read_bytes().split(b"\0")
        assert f"DATABASE_URL={noted['DATABASE_URL']}".encode() in given
        assert b"DATABASE_MIGRATION_URL=" in given
        serving_url = noted["DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(serving_url) as serving, pytest.raises(InsufficientPrivilege):
            serving.execute("insert into starts default values")
    finally:
        served.stop()


def test_an_engine_whose_folder_is_older_than_the_second_role_gets_it_from_the_release_step(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", durable=False)
    server.start()
    try:
        with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as owner:
            owner.execute(f"drop role {SERVING}")
        serving_url = server.variables["DATABASE_URL"]
        upgrade(server.url, serving_url=serving_url)
        with psycopg.connect(serving_url.replace("+psycopg", "")) as serving:
            assert serving.execute("select count(*) from event").fetchone() == (0,)
            with pytest.raises(InsufficientPrivilege):
                serving.execute("delete from event")
    finally:
        server.stop()
