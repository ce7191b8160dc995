"""The simulator over real HTTP: the real adapter sends through it, and callbacks arrive at a real small server."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from flask import Flask, request
from werkzeug.serving import make_server

from cases.messages import Address, AddressKind, OutboundMessage, Receipt
from channels.errors import AccountFault, BadAddress, GatewayDown, SendError, Throttled
from channels.settings import Secret
from channels.sms.africastalking import AfricasTalkingSettings, AfricasTalkingSms
from config.settings import SettingsError, load
from contactcentre.simulator import phone
from contactcentre.simulator.app import create_app
from contactcentre.simulator.host import Host

CITIZEN = "+233200000101"
DEMO = '[[cases]]\nphone = "+233200000101"\ncitizen = "Araba Demo"\n[[cases]]\nphone = "not one"\n'


class Hooks:
    """Our side's hooks: keeps what arrives and answers what it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str]]] = []
        self.answers: list[int] = []
        app = Flask(__name__)
        app.add_url_rule("/<event>", view_func=self._take, methods=["POST"])
        self.url, self._stop = serve(app)

    def _take(self, event: str) -> tuple[str, int]:
        self.got.append((event, request.form.to_dict()))
        return "", self.answers.pop(0) if self.answers else 200

    def words(self, event: str, field: str) -> list[str]:
        return [form[field] for name, form in list(self.got) if name == event]

    def close(self) -> None:
        self._stop()


def serve(app: Flask) -> tuple[str, Callable[[], None]]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    return f"http://127.0.0.1:{server.server_port}", stop


class Simulator:
    """A running simulator on a data folder."""

    def __init__(self, data: Path, config: Path) -> None:
        self.data, self._config = data, config
        self.app = create_app(load(data, {"CONTACTCENTRE_CONFIG": str(config)}))
        self.host: Host = phone.host_of(self.app)
        self.url, self._stop = serve(self.app)

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/simulator{path}", params=query, timeout=10)

    def post(self, path: str, data: object) -> requests.Response:
        return requests.post(f"{self.url}/simulator{path}", json=data, timeout=10)

    def fault(self, mode: str, seconds: float = 60) -> None:
        answer = self.post("/api/faults", {"gateway": "africastalking", "mode": mode, "seconds": seconds})
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        self.host.close()
        self._stop()

    def again(self) -> Simulator:
        self.close()
        return Simulator(self.data, self._config)


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    made = Hooks()
    yield made
    made.close()


@pytest.fixture
def folders(tmp_path: Path, hooks: Hooks) -> tuple[Path, Path]:
    data, config = tmp_path / "data", tmp_path / "config"
    (data / "simulator").mkdir(parents=True)
    config.mkdir()
    (config / "demo.toml").write_text(DEMO)
    write_accounts(data, hooks.url)
    return data, config


def write_accounts(data: Path, url: str, **changes: str) -> None:
    block = {
        "id": "sms-at", "channel": "sms", "gateway": "africastalking", "address": "1422", "api_key": "key",
        "username": "city", "hooks": {"incoming": f"{url}/incoming", "delivery": f"{url}/delivery"}, **changes,
    }  # fmt: skip
    (data / "simulator" / "accounts.json").write_text(json.dumps([block]))


@pytest.fixture
def simulator(folders: tuple[Path, Path]) -> Iterator[Simulator]:
    made = Simulator(*folders)
    yield made
    made.close()


def send(simulator: Simulator, *, to: str = CITIZEN, text: str = "Hello", key: str = "key") -> Receipt:
    settings = AfricasTalkingSettings(
        id="sms-at", channel="sms", gateway="africastalking", address="1422", hook_secret=Secret("env:H"),
        read_secret=lambda _: key, username="city", api_key=Secret("env:K"),
        base_url=f"{simulator.url}/gateways/africastalking/sms-at",
    )  # fmt: skip
    return AfricasTalkingSms(settings).send(
        OutboundMessage("sms-at", Address(AddressKind.PHONE, to), text, client_reference="o-1")
    )


def eventually(check: Callable[[], object], *, within: float = 10.0) -> None:
    until = time.monotonic() + within
    while not check():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def entry(simulator: Simulator, line: str) -> dict:
    items = simulator.get("/api/ledger").json()["items"]
    return next(item for item in items if item["id"] == line)


def test_a_sent_message_is_listed_and_its_reports_arrive(simulator, hooks):
    receipt = send(simulator, text="Yɛagye wo abisade")
    (listed,) = simulator.get("/api/sent", to=CITIZEN).json()
    at = listed.pop("at")
    assert listed == {
        "id": receipt.external_id, "account": "sms-at", "gateway": "africastalking", "from": "1422", "to": CITIZEN,
        "text": "Yɛagye wo abisade", "client_reference": None,
    }  # fmt: skip
    eventually(lambda: hooks.words("delivery", "status") == ["Sent", "Success"])
    assert set(hooks.words("delivery", "id")) == {receipt.external_id}
    eventually(lambda: entry(simulator, receipt.external_id)["state"] == "delivered")
    assert simulator.get("/api/sent", since=at).json()[0]["id"] == receipt.external_id
    assert simulator.get("/api/sent", since="2999-01-01T00:00:00Z").json() == []
    assert simulator.get("/api/sent", to="+233200000999").json() == []


def test_sent_is_oldest_first_and_an_unescaped_plus_is_understood(simulator):
    ids = [send(simulator, text=str(n)).external_id for n in range(3)]
    listed = requests.get(f"{simulator.url}/simulator/api/sent?to={CITIZEN}", timeout=5).json()
    assert [line["id"] for line in listed] == ids


def test_a_citizens_message_is_posted_again_until_it_is_taken(simulator, hooks):
    hooks.answers = [503, 500]
    answer = simulator.post("/api/sms", {"from": "+233 20 000 0101", "to": "1422", "text": "Light is out"})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["from"], told["to"], told["account"], told["text"]) == (CITIZEN, "1422", "sms-at", "Light is out")
    eventually(lambda: entry(simulator, told["id"])["state"] == "delivered")
    assert hooks.words("incoming", "id") == [told["id"]] * 3
    line = entry(simulator, told["id"])
    assert (line["answer"], line["tries"], line["direction"]) == (200, 3, "in")
    assert simulator.get("/api/sent").json() == []


@pytest.mark.parametrize("fault,error", [("http500", GatewayDown), ("http429", Throttled)], ids=["http500", "http429"])
def test_a_fault_reaches_the_adapter_and_ends(simulator, fault, error):
    simulator.fault(fault)
    with pytest.raises(error) as caught:
        send(simulator)
    if error is Throttled:
        assert caught.value.retry_after == 2
    assert simulator.get("/api/sent").json() == []
    (refused,) = simulator.get("/api/ledger", phone=CITIZEN).json()["items"]
    assert (refused["direction"], refused["state"]) == ("refused", f"answered {fault[4:]}")
    simulator.fault("ok")
    assert send(simulator).external_id
    simulator.fault(fault, seconds=0.2)
    eventually(lambda: simulator.get("/api/ledger").json()["faults"]["africastalking"]["mode"] == "ok", within=3)
    assert send(simulator).external_id


@pytest.mark.parametrize("mode,taken", [("timeout", 0), ("accept-then-hang", 1)])
def test_a_hanging_gateway_holds_the_answer_and_the_rest_goes_on(simulator, mode, taken):
    simulator.fault(mode)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(send, simulator)
        eventually(lambda: simulator.get("/api/ledger").json()["items"])
        assert not waiting.done()
        assert len(simulator.get("/api/sent").json()) == taken
        simulator.fault("ok")
        error = waiting.exception(timeout=5)
    assert (error is None) == bool(taken)
    assert error is None or isinstance(error, SendError)


def test_a_slow_gateway_answers_after_three_seconds(simulator):
    simulator.fault("slow")
    started = time.monotonic()
    assert send(simulator).external_id
    assert time.monotonic() - started > 2.9


def test_a_slow_gateway_is_as_slow_as_it_was_told(simulator):
    asked = {"gateway": "africastalking", "mode": "slow", "seconds": 60, "delay": 0.3}
    assert simulator.post("/api/faults", asked).status_code == 200
    started = time.monotonic()
    assert send(simulator).external_id
    assert time.monotonic() - started >= 0.3


def test_doubled_and_swapped_reports_reach_the_hooks(simulator, hooks):
    simulator.fault("duplicate-reports")
    send(simulator)
    eventually(lambda: sorted(hooks.words("delivery", "status")) == ["Sent", "Sent", "Success", "Success"])
    hooks.got.clear()
    simulator.fault("reorder-reports")
    last = send(simulator).external_id
    eventually(lambda: hooks.words("delivery", "status") == ["Success", "Sent"])
    eventually(lambda: entry(simulator, last)["tries"])
    assert entry(simulator, last)["state"] == "delivered"  # a later "sent" does not undo it


def test_a_refused_number_and_a_wrong_key_are_errors_of_the_adapter(simulator):
    with pytest.raises(BadAddress):
        send(simulator, to="+233200010000")
    with pytest.raises(AccountFault):
        send(simulator, key="other")
    states = {item["state"] for item in simulator.get("/api/ledger").json()["items"]}
    assert states == {"InvalidPhoneNumber", "answered 401"}


def test_the_ledger_survives_and_what_was_not_taken_is_posted_again(folders, hooks):
    hooks.answers = [500] * 1000
    first = Simulator(*folders)
    sent = send(first).external_id
    told = first.post("/api/sms", {"from": CITIZEN, "to": "1422", "text": "Still there?"}).json()
    eventually(lambda: entry(first, told["id"])["tries"])
    path = folders[0] / "simulator" / "ledger.jsonl"
    first.close()
    path.write_text(path.read_text() + '{"line": "torn')
    assert path.stat().st_mode & 0o077 == 0
    hooks.answers, hooks.got = [], []
    second = Simulator(*folders)
    try:
        assert [line["id"] for line in second.get("/api/sent").json()] == [sent]
        eventually(lambda: entry(second, told["id"])["state"] == "delivered")
        assert hooks.words("incoming", "text") == ["Still there?"]
        after = send(second).external_id
    finally:
        second.close()
    third = Simulator(*folders)
    try:
        assert [line["id"] for line in third.get("/api/sent").json()] == [sent, after]
        assert entry(third, told["id"])["state"] == "delivered"
        time.sleep(0.3)
        assert len(hooks.words("incoming", "id")) == 1
        inbox = requests.get(
            f"{third.url}/gateways/africastalking/sms-at/version1/messaging",
            params={"username": "city", "lastReceivedId": "0"}, headers={"apiKey": "key"}, timeout=5,
        )  # fmt: skip
        assert [m["text"] for m in inbox.json()["SMSMessageData"]["Messages"]] == ["Still there?"]
    finally:
        third.close()


def test_accounts_are_read_again_when_they_change(simulator, hooks):
    write_accounts(simulator.data, hooks.url, address="1500", api_key="a-new-key")
    assert simulator.post("/api/sms", {"from": CITIZEN, "to": "1422", "text": "x"}).json()["field"] == "to"
    assert simulator.post("/api/sms", {"from": CITIZEN, "to": "1500", "text": "x"}).status_code == 201
    assert send(simulator, key="a-new-key").external_id
    (simulator.data / "simulator" / "accounts.json").write_text('[{"id": "sms-at"}]')
    broken = simulator.get("/api/ledger")
    assert broken.status_code == 503
    assert "accounts.json[0].channel" in broken.json()["error"]


@pytest.mark.parametrize(
    "path,data,field",
    [
        ("/api/sms", {"to": "1422", "text": "x"}, "from"),
        ("/api/sms", {"from": "0200000101", "to": "1422", "text": "x"}, "from"),
        ("/api/sms", {"from": CITIZEN, "to": "999", "text": "x"}, "to"),
        ("/api/sms", {"from": CITIZEN, "to": "1422"}, "text"),
        ("/api/sms", {"from": CITIZEN, "to": "1422", "text": "x" * 1601}, "text"),
        ("/api/sms", [], "body"),
        ("/api/faults", {"gateway": "nobody", "mode": "ok"}, "gateway"),
        ("/api/faults", {"gateway": "africastalking", "mode": "explode"}, "mode"),
        ("/api/faults", {"gateway": "africastalking", "mode": "slow", "seconds": 0}, "seconds"),
        ("/api/faults", {"gateway": "africastalking", "mode": "slow", "seconds": True}, "seconds"),
        ("/api/faults", {"gateway": "africastalking", "mode": "slow", "delay": -1}, "delay"),
        ("/api/faults", {"gateway": "africastalking", "mode": "slow", "delay": "long"}, "delay"),
    ],
)
def test_a_wrong_field_is_named(simulator, path, data, field):
    answer = simulator.post(path, data)
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert answer.json()["error"].startswith(f"{field}: ")


def test_wrong_queries_are_named_and_other_sites_forms_are_refused(simulator):
    for path, field in (("sent?to=12", "to"), ("sent?since=noon", "since"), ("ledger?after=-1", "after")):
        answer = requests.get(f"{simulator.url}/simulator/api/{path}", timeout=5)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    form = {"from": CITIZEN, "to": "1422", "text": "x"}
    assert requests.post(f"{simulator.url}/simulator/api/sms", data=form, timeout=5).status_code == 400
    assert (
        requests.get(f"{simulator.url}/gateways/africastalking/nobody/version1/messaging", timeout=5).status_code == 404
    )
    assert simulator.post("/api/call", {}).json()["field"] == "from"


def test_the_page_suggests_phones_and_runs_nothing_inline(simulator):
    answer = simulator.get("")
    assert answer.status_code == 200
    assert 'value="+233200000101">+233200000101, Araba Demo<' in answer.text
    assert "not one" not in answer.text
    assert "SMS with 1422" in answer.text
    assert "key" not in answer.text.replace("keyboard", "").replace("Skip", "")
    assert "style=" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for name in ("simulator.js", "simulator.css"):
        assert simulator.get(f"/static/{name}").status_code == 200


def test_the_simulator_does_not_run_in_production(tmp_path):
    with pytest.raises(SettingsError, match="CONTACTCENTRE_ENV"):
        create_app(load(tmp_path, {"CONTACTCENTRE_ENV": "production"}))


@pytest.fixture
def proxied(simulator: Simulator) -> Iterator[str]:
    from contactcentre.web import simulator_proxy

    app = Flask("web")
    settings = load(simulator.data, {"CONTACTCENTRE_SIMULATOR_URL": simulator.url})
    app.extensions["contactcentre"] = SimpleNamespace(settings=settings)  # all that the view reads
    simulator_proxy.register(app, settings)
    url, stop = serve(app)
    yield url
    stop()


def test_the_web_process_passes_the_page_on_and_nothing_else(simulator, proxied):
    page = requests.get(f"{proxied}/simulator", timeout=5)
    assert page.text == simulator.get("").text
    assert page.headers["Content-Security-Policy"] == simulator.get("").headers["Content-Security-Policy"]
    script = requests.get(f"{proxied}/simulator/static/simulator.js", timeout=5)
    assert "javascript" in script.headers["Content-Type"]
    again = {"If-None-Match": script.headers["ETag"]}
    assert requests.get(script.url, headers=again, timeout=5).status_code == 304
    told = requests.post(f"{proxied}/simulator/api/sms", json={"from": CITIZEN, "to": "1422", "text": "Hi"}, timeout=5)
    assert told.status_code == 201
    listed = requests.get(f"{proxied}/simulator/api/ledger?phone=%2B233200000101", timeout=5)
    assert [item["id"] for item in listed.json()["items"]] == [told.json()["id"]]
    for way in ("..", "%2e%2e", "x/..%2f.."):
        path = f"/simulator/{way}/gateways/africastalking/sms-at/version1/messaging"
        # http.client sends the path as it stands; requests would tidy it
        connection = http.client.HTTPConnection(proxied.removeprefix("http://"), timeout=5)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
        connection.close()


def test_the_web_process_says_when_the_simulator_is_down(simulator, proxied):
    simulator.close()
    simulator.host.ledger.close()
    answer = requests.get(f"{proxied}/simulator", timeout=10)
    assert (answer.status_code, "does not answer" in answer.json()["error"]) == (502, True)


def test_the_page_is_not_passed_on_in_production_or_without_a_simulator(tmp_path):
    from contactcentre.web import simulator_proxy

    for environ in ({"CONTACTCENTRE_ENV": "production", "CONTACTCENTRE_SIMULATOR_URL": "http://127.0.0.1:1"}, {}):
        app = Flask("web")
        simulator_proxy.register(app, load(tmp_path, environ))
        assert app.test_client().get("/simulator").status_code == 404
