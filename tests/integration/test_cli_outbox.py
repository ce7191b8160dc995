"""The outbox by command: pause and resume, retry and release; and where a brake shows."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from rq import Queue
from rq.serializers import JSONSerializer

from cases import brakes, clock
from cases.models import AccountHealth
from contactcentre import gateways, health
from contactcentre.container import Container
from contactcentre.db import UnitOfWork
from contactcentre.presence import sign
from tests.application import application
from tests.integration.commands import Commands, commands, environment, failed
from tests.integration.leaving import ACCOUNT, change, claim, entry, message, write


@pytest.fixture
def run(
    container: Container, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Commands]:
    for name, value in environment(container.settings).items():
        monkeypatch.setenv(name, value)
    with commands(capsys) as made:
        yield made


@pytest.fixture
def web(container: Container) -> FlaskClient:
    return application(container).test_client()


def told(outcome: tuple[int, str, str]) -> list[dict[str, object]]:
    assert outcome[0] == 0, outcome
    found: list[dict[str, object]] = json.loads(outcome[1])
    return found


def nudged(container: Container) -> set[str]:
    queue = Queue("deliver", connection=container.jobs.connection(), serializer=JSONSerializer)
    found = {job.args[0] for job in queue.jobs}
    container.jobs.connection().flushdb()
    return found


def test_a_brake_is_pulled_and_let_go_by_command_and_what_waits_is_nudged(container: Container, run: Commands) -> None:
    write(container.db)
    (row,) = told(run("outbox", "pause", "--reason", "the gateway sends twice", "--json"))
    assert (row["scope"], row["reason"], row["set_by"]) == ("all", "the gateway sends twice", "System")
    assert claim(container.db) == []
    assert nudged(container) == set()
    rows = told(run("outbox", "pause", "--class", "broadcast", "--reason", "wrong words", "--json"))
    assert [one["scope"] for one in rows] == ["all", "broadcast"]
    assert [one["scope"] for one in told(run("outbox", "resume", "--json"))] == ["broadcast"]
    assert nudged(container) == {ACCOUNT}
    assert len(claim(container.db)) == 1
    assert run("outbox", "resume", "--class", "broadcast") == (0, "", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pause"], "--reason"),
        (["pause", "--reason", "x", "--class", "all"], "'all' is not one of"),
        (["resume"], "no brake is on 'all'"),
        (["resume", "--class", "staff"], "no brake is on 'staff'"),
        (["retry"], "--failed"),
        (["release"], "--held"),
        (["retry", "1", "--failed"], "--failed"),
        (["retry", "x"], "'x' is not a valid integer"),
        (["retry", "99"], "no message 99"),
        (["release", "99"], "no message 99"),
    ],
)
@pytest.mark.usefixtures("container")
def test_bad_input_is_one_clear_line(run: Commands, words: list[str], says: str) -> None:
    assert says in failed(run("outbox", *words)).lower()


STATES = ("queued", "sent", "failed", "expired", "held", "unknown")


def one_of_each(container: Container) -> dict[str, int]:
    ids = {}
    for number, state in enumerate(STATES):
        ids[state] = write(container.db, number, account="sms-works" if state == "expired" else ACCOUNT)
        change(container.db, ids[state], state=state, attempts=10, error="before")
    return ids


@pytest.mark.parametrize(
    ("words", "again", "accounts"),
    [
        (("retry", "--failed"), {"failed", "expired"}, {ACCOUNT, "sms-works"}),
        (("release", "--held"), {"held", "unknown"}, {ACCOUNT}),
    ],
)
def test_all_of_a_kind_are_queued_again_and_their_accounts_nudged(
    container: Container, run: Commands, words: tuple[str, str], again: set[str], accounts: set[str]
) -> None:
    ids = one_of_each(container)
    rows = told(run("outbox", *words, "--json"))
    assert {row["id"]: (row["state"], row["error"]) for row in rows} == {ids[one]: ("queued", None) for one in again}
    for state in STATES:
        assert entry(container.db, ids[state]).state == ("queued" if state in again else state)
    assert nudged(container) == accounts
    assert told(run("outbox", *words, "--json")) == []


def test_messages_are_queued_again_by_their_ids(container: Container, run: Commands) -> None:
    ids = one_of_each(container)
    rows = told(run("outbox", "retry", str(ids["failed"]), str(ids["failed"]), "--json"))
    assert [row["id"] for row in rows] == [ids["failed"]]
    assert "queued" in run("outbox", "release", str(ids["held"]))[1]
    assert [entry(container.db, ids[one]).state for one in ("failed", "held")] == ["queued", "queued"]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *(("retry", one) for one in ("held", "unknown", "queued", "sent")),
        *(("release", one) for one in ("failed", "expired", "queued", "sent")),
    ],
)
def test_each_command_leaves_the_others_messages_alone(
    container: Container, run: Commands, word: str, state: str
) -> None:
    entry_id = write(container.db)
    change(container.db, entry_id, state=state)
    assert f"It is {state}" in failed(run("outbox", word, str(entry_id)))
    assert entry(container.db, entry_id).state == state


def test_one_that_cannot_be_sent_keeps_none_of_the_others_back(container: Container, run: Commands) -> None:
    ids = [write(container.db, number) for number in range(3)]
    spoilt = write(container.db, 9, text="Your code is {code}", text_key="acknowledgement")
    for one in (*ids, spoilt):
        change(container.db, one, state="failed")
    outcome = run("outbox", "retry", "--failed", "--json")
    assert "1 of 4 cannot be sent again" in failed(outcome)
    rows = {row["id"]: row for row in json.loads(outcome[1])}
    assert "code" in rows[spoilt]["error"]
    assert all(entry(container.db, one).state == "queued" for one in ids)
    assert entry(container.db, spoilt).state == "failed"


def test_a_released_unknown_message_is_counted_as_a_second_copy(container: Container, run: Commands) -> None:
    entry_id = write(container.db)
    change(container.db, entry_id, state="unknown", unknowns=1)
    run("outbox", "release", str(entry_id))
    assert message(container.db, entry_id).copies == 2


def all_alive(container: Container) -> None:
    for name in health.PROCESSES:
        container.db.run(lambda uow, name=name: sign(uow, name, "host:1"))


def lowered(uow: UnitOfWork) -> None:
    uow.session.add(AccountHealth(account=ACCOUNT, weight=0.32, failed_at=clock.now(uow.session)))


def test_health_and_metrics_show_brakes_and_weights(container: Container, run: Commands, web: FlaskClient) -> None:
    all_alive(container)
    answer = web.get("/health").get_json()
    assert answer["brakes"] == []
    assert {one["id"]: one["weight"] for one in answer["accounts"]} == {ACCOUNT: 1.0, "sms-works": 1.0}
    assert samples(web)['contactcentre_brake{scope="all"}'] == "0"
    run("outbox", "pause", "--class", "broadcast", "--reason", "call +233200000001")
    container.db.run(lowered)
    spend(container)
    answer = web.get("/health")
    assert answer.status_code == 200, "a person has stopped it on purpose"
    assert "call" not in answer.text, "the reason is for those who log in"
    brake, cap = answer.get_json()["brakes"]
    assert (brake["scope"], cap) == ("broadcast", {"scope": f"account:{ACCOUNT}", "since": None})
    assert brake["since"] is not None
    assert {one["id"]: one["weight"] for one in answer.get_json()["accounts"]} == {ACCOUNT: 0.32, "sms-works": 1.0}
    found = samples(web)
    on = {name: value for name, value in found.items() if name.startswith("contactcentre_brake")}
    assert on == {
        'contactcentre_brake{scope="all"}': "0",
        'contactcentre_brake{scope="answer"}': "0",
        'contactcentre_brake{scope="broadcast"}': "1",
        'contactcentre_brake{scope="staff"}': "0",
        f'contactcentre_brake{{scope="account:{ACCOUNT}"}}': "1",
    }
    assert float(found[f'contactcentre_account_weight{{account="{ACCOUNT}"}}']) == 0.32
    assert found['contactcentre_account_weight{account="sms-works"}'] == "1"


def spend(container: Container) -> None:
    """Spend the day's money of an account."""
    caps = gateways.caps_of(container.city)
    cost = [f"NZD {caps.spend:.4f}"]
    container.db.run(
        lambda uow: brakes.tally(uow.session, caps, account=ACCOUNT, costs=cost, at=clock.now(uow.session))
    )


def samples(web: FlaskClient) -> dict[str, str]:
    lines = web.get("/metrics").text.splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_doctor_names_a_brake_and_how_to_let_it_go(container: Container, run: Commands) -> None:
    all_alive(container)
    assert "ok    outbox brakes" in run("doctor")[1]
    run("outbox", "pause", "--reason", "wrong words")
    run("outbox", "pause", "--class", "staff", "--reason", "too many")
    spend(container)
    said = run("doctor")[1]
    assert "WRONG brake on all: pulled by System since " in said
    assert ": wrong words -> when it may end: contactcentre outbox resume\n" in said
    assert ": too many -> when it may end: contactcentre outbox resume --class staff\n" in said
    assert f"warn  cap on account:{ACCOUNT}: is used up for today -> " in said
