"""Signed callbacks at the real hook: what was not signed is refused and leaves no row, what was is taken once.

The installation is called https://contact.northport.example and stands behind a proxy that ends TLS: the requests that
reach it are plain HTTP with whatever host the proxy names.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import structlog
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from channels import twilio_signature
from channels.errors import BadSignature
from channels.settings import Secret
from channels.sms import twilio_double
from channels.webhook import WebhookRequest
from config.settings import Settings
from contactcentre.app import create_app
from contactcentre.cli.accounts import hooks
from contactcentre.container import Container
from contactcentre.db import Database
from tests.channels.twilio_account import ACCOUNT, NUMBER, PHONE, SENT_ID, SID, channel
from tests.factories import TEST_CITY, write_secrets
from tests.integration.callbacks import came_in, raw_rows, rows

BASE = "https://contact.northport.example"
TOKEN, HOOK_SECRET = "a-token-that-was-invented-for-this", "a-hook-secret-that-was-invented-too"
FORM = "application/x-www-form-urlencoded"
DEPARTMENT = f"""
name = "Night desk"
short_name = "Night"

[[accounts]]
id = "{ACCOUNT}"
channel = "sms"
gateway = "twilio"
address = "{NUMBER}"
account_sid = "{SID}"
auth_token = "file:{ACCOUNT}-token"
hook_secret = "file:{ACCOUNT}-hook"

[[rules]]
key = "night"
when = [{{ account = "{ACCOUNT}" }}]
"""
BODY = {
    "MessageSid": "SM22222222222222222222222222222222",
    "SmsStatus": "received",
    "AccountSid": SID,
    "From": PHONE.value,
    "To": NUMBER,
    "Body": "Mepa wo kyɛw, no light here & no water",
    "NumMedia": "0",
    "FromCity": "",
    "ApiVersion": "2010-04-01",
}
REPORT = {"MessageSid": SENT_ID, "MessageStatus": "delivered", "AccountSid": SID, "To": PHONE.value, "From": NUMBER}


def make_container(settings: Settings, db: Database, folder: Path, **changes: Any) -> Container:
    """A container on the test city with one account more, which is Twilio's."""
    from contactcentre import configurations

    config, secrets = folder / "config", folder / "secrets"
    shutil.copytree(TEST_CITY, config)
    (config / "departments" / "night-desk.toml").write_text(DEPARTMENT)
    write_secrets(secrets)
    (secrets / f"{ACCOUNT}-token").write_text(TOKEN)
    (secrets / f"{ACCOUNT}-hook").write_text(HOOK_SECRET)
    made = Container(replace(settings, config_dir=config, secrets_dir=secrets, **changes))
    made.__dict__["db"] = db
    db.run(lambda uow: configurations.apply(uow.session, folder=config, author="test", reason="test"))
    return made


@pytest.fixture
def container(settings: Settings, db: Database, tmp_path: Path) -> Iterator[Container]:
    made = make_container(settings, db, tmp_path, base_url=BASE, trusted_proxies=1)
    yield made
    made.jobs.connection().flushdb()


@pytest.fixture
def web(container: Container) -> FlaskClient:
    return create_app(container).test_client()


@dataclass(frozen=True)
class Call:
    """One request to our hook, as the gateway or anybody else sends it."""

    form: Mapping[str, str] | MultiDict[str, str] | None = None
    event: str = "incoming"
    query: str = ""
    method: str = "POST"
    body: bytes | None = None
    content_type: str = FORM
    signature: str | None = None
    headers: Mapping[str, str] | None = None

    @property
    def path(self) -> str:
        return f"/hooks/{ACCOUNT}/{HOOK_SECRET}/{self.event}{self.query}"

    def sign(self, *, token: str = TOKEN, base: str = BASE, path: str | None = None) -> str:
        """What the gateway's own library makes of it."""
        signed = self.form if self.method == "POST" and self.body is None else {}
        return RequestValidator(token).compute_signature(f"{base}{path or self.path}", signed or {})

    def signed(self) -> Call:
        """The same with its right signature."""
        return replace(self, signature=self.sign())

    def send(self, web: FlaskClient) -> TestResponse:
        # The proxy speaks plain HTTP to us, and names itself.
        headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "inside.invalid", **(self.headers or {})}
        if self.signature is not None:
            headers["X-Twilio-Signature"] = self.signature
        body = self.body if self.body is not None else urlencode(_pairs(self.form)).encode()
        return web.open(
            self.path,
            method=self.method,
            data=body if self.method == "POST" else None,
            content_type=self.content_type if self.method == "POST" else None,
            headers=headers,
            base_url="http://10.0.0.7:8000",
        )


def _pairs(form: Mapping[str, str] | MultiDict[str, str] | None) -> list[tuple[str, str]]:
    return list(form.items(multi=True)) if isinstance(form, MultiDict) else list((form or {}).items())


CALL = Call(BODY)
RIGHT = CALL.sign()
JSON = b'{"type":"demo","n":1}'
HASHED = f"?bodySHA256={hashlib.sha256(JSON).hexdigest()}"
BY_JSON = Call(query=HASHED, body=JSON, content_type="application/json")
BY_GET = Call(BODY, method="GET", query=f"?{urlencode(BODY)}")


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in BODY.items() if key != name}


SWAPPED = {**BODY, "From": BODY["To"], "To": BODY["From"]}
BAD: list[tuple[str, Call]] = [
    ("missing", replace(CALL, signature=None)),
    ("empty", replace(CALL, signature="")),
    ("of nothing at all", Call({}, signature=Call({}).sign(token=""))),
    ("with another token", replace(CALL, signature=CALL.sign(token="another-token"))),
    ("with the hook's secret", replace(CALL, signature=CALL.sign(token=HOOK_SECRET))),
    ("a changed parameter", replace(CALL, form={**BODY, "Body": "Something else"}, signature=RIGHT)),
    ("a changed letter's case", replace(CALL, form={**BODY, "Body": BODY["Body"].upper()}, signature=RIGHT)),
    ("an added parameter", replace(CALL, form={**BODY, "OptOutType": "STOP"}, signature=RIGHT)),
    ("an added empty parameter", replace(CALL, form={**BODY, "OptOutType": ""}, signature=RIGHT)),
    ("a second value", replace(CALL, form=MultiDict([*BODY.items(), ("Body", "Another")]), signature=RIGHT)),
    ("a removed parameter", replace(CALL, form=without("Body"), signature=RIGHT)),
    ("a removed empty parameter", replace(CALL, form=without("FromCity"), signature=RIGHT)),
    ("no parameter left", replace(CALL, form={}, signature=RIGHT)),
    ("swapped values", replace(CALL, form=SWAPPED, signature=RIGHT)),
    ("for another event", replace(CALL, event="delivery", signature=RIGHT)),
    ("for another host", replace(CALL, signature=CALL.sign(base="https://contact.southport.example"))),
    ("for the host inside", replace(CALL, signature=CALL.sign(base="https://inside.invalid"))),
    ("for the address inside", replace(CALL, signature=CALL.sign(base="http://10.0.0.7:8000"))),
    ("for http in place of https", replace(CALL, signature=CALL.sign(base=BASE.replace("https", "http")))),
    ("for another port", replace(CALL, signature=CALL.sign(base=f"{BASE}:8443"))),
    ("for the address with its fragment", replace(CALL, signature=CALL.sign(path=f"{CALL.path}#rc=3&rp=ct,rt,5xx"))),
    ("for the address with a slash", replace(CALL, signature=CALL.sign(path=f"{CALL.path}/"))),
    ("an added query", replace(CALL, query="?step=2", signature=RIGHT)),
    ("a removed query", replace(CALL, signature=replace(CALL, query="?step=2").sign())),
    ("truncated", replace(CALL, signature=RIGHT[:-4])),
    ("lengthened", replace(CALL, signature=f"{RIGHT}=")),
    ("in other letters", replace(CALL, signature=RIGHT.swapcase())),
    ("with a space", replace(CALL, signature=f"{RIGHT[:9]} {RIGHT[9:]}")),
    ("two at once", replace(CALL, signature=f"{RIGHT},{RIGHT}")),
    ("of another request", replace(CALL, signature=Call(REPORT, event="delivery").sign())),
    ("of the same with another id", replace(CALL, signature=Call({**BODY, "MessageSid": "SM3"}).sign())),
    ("by a key that the request itself names", replace(CALL, signature=CALL.sign(token="shared"), headers={
        "X-Twilio-Webhooks-Signature-Settings": "key=shared,algorithm=HMAC_SHA256"})),
    ("JSON of another hash", replace(BY_JSON, body=JSON.replace(b"1", b"2"), signature=BY_JSON.sign())),
    ("JSON without a hash", replace(BY_JSON, query="").signed()),
    ("JSON with an empty hash", replace(BY_JSON, query="?bodySHA256=").signed()),
    ("JSON with two hashes", replace(BY_JSON, query=f"{HASHED}&bodySHA256=0").signed()),
    ("JSON with another token", replace(BY_JSON, signature=BY_JSON.sign(token="another-token"))),
    ("a form that says it is JSON", replace(CALL, content_type="application/json", signature=RIGHT)),
    ("by GET, and a changed query", replace(BY_GET.signed(), query=BY_GET.query.replace("light", "night"))),
    ("by GET, signed like a form", replace(BY_GET, signature=RIGHT)),
]  # fmt: skip


def test_every_bad_signature_is_refused_and_told_and_leaves_no_row(web: FlaskClient, db: Database) -> None:
    assert len(BAD) >= 40
    with structlog.testing.capture_logs() as lines:
        answers = {label: call.send(web) for label, call in BAD}
    assert {label: answer.status_code for label, answer in answers.items() if answer.status_code != 403} == {}
    assert rows(db) == {}
    told = [line for line in lines if line["event"] == "security.bad_signature"]
    assert [(line["log_level"], line["account"], line["hook"]) for line in told] == [
        ("warning", ACCOUNT, call.event) for _, call in BAD
    ]
    said = f"{lines}{[answer.get_data(as_text=True) for answer in answers.values()]}"
    for secret in (TOKEN, HOOK_SECRET, RIGHT, PHONE.value, BODY["Body"]):
        assert secret not in said


REPEATED = MultiDict([*BODY.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")])
OWN_PORT = f"{BASE}:443"
GOOD: list[tuple[str, Call]] = [
    ("through the proxy", replace(CALL, signature=RIGHT)),
    ("with the port of https", replace(CALL, signature=CALL.sign(base=OWN_PORT))),
    ("with a query", replace(CALL, query="?step=2&x=%C9%9B").signed()),
    ("with a repeated name", replace(CALL, form=REPEATED).signed()),
    ("in another order", replace(CALL, form=dict(reversed(BODY.items())), signature=RIGHT)),
    ("with fields that are new", Call({**BODY, "a": "1", "Z": ""}).signed()),
    ("by GET", BY_GET.signed()),
    ("as forms say it with a charset", replace(CALL, content_type=f"{FORM}; charset=UTF-8", signature=RIGHT)),
]  # fmt: skip


@pytest.mark.parametrize("call", [call for _, call in GOOD], ids=[label for label, _ in GOOD])
def test_a_good_signature_is_taken_and_a_repeat_answered_alike(web: FlaskClient, db: Database, call: Call) -> None:
    for _ in range(2):
        answer = call.send(web)
        assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
        assert answer.get_data(as_text=True) == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert came_in(db) == [BODY["Body"]]
    (raw,) = raw_rows(db)
    assert raw.url == f"/hooks/{ACCOUNT}/•/incoming{call.query}"
    kept = f"{raw.url} {raw.headers} {raw.body!r}"
    for secret in (HOOK_SECRET, call.signature, TOKEN):
        assert secret not in kept


def test_a_report_is_taken_too_and_what_cannot_be_used_is_kept_for_a_person_with_the_same_answer(
    web: FlaskClient, db: Database
) -> None:
    report, odd = Call(REPORT, event="delivery"), Call({**BODY, "CallSid": "CA1"})
    for call in (report, odd, BY_JSON):
        answer = call.signed().send(web)
        assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert [(raw.event, raw.state, raw.reason and raw.reason.partition(":")[0]) for raw in raw_rows(db)] == [
        ("delivery", "applied", None),
        ("incoming", "quarantined", "CallSid"),
        ("incoming", "quarantined", "From"),
    ]


def test_an_opt_out_is_taken_with_its_message(web: FlaskClient, db: Database) -> None:
    from sqlalchemy import select

    from cases.models import Address

    for number, (words, kind) in enumerate((("Gyae", "STOP"), ("START", "START"))):
        call = Call({**BODY, "MessageSid": f"SM{number}", "Body": words, "OptOutType": kind})
        assert call.signed().send(web).status_code == 200
        with db.reader() as session:
            (address,) = session.scalars(select(Address)).all()
        assert (address.opted_out_at is not None) == (kind == "STOP")


def test_a_wrong_secret_is_not_found_before_anything_is_said_of_a_signature(web: FlaskClient, db: Database) -> None:
    answer = web.post(f"/hooks/{ACCOUNT}/wrong/incoming", data=BODY, headers={"X-Twilio-Signature": RIGHT})
    assert answer.status_code == 404
    assert rows(db) == {}


def test_without_our_token_nothing_can_be_checked_and_the_gateway_is_asked_to_try_again(
    web: FlaskClient, container: Container, db: Database
) -> None:
    token = container.settings.secrets_dir / f"{ACCOUNT}-token"
    token.rename(token.with_name("elsewhere"))
    with structlog.testing.capture_logs() as lines:
        answer = replace(CALL, signature=RIGHT).send(web)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert rows(db) == {}
    assert f"file:{ACCOUNT}-token" in str(lines)
    token.with_name("elsewhere").rename(token)
    assert replace(CALL, signature=RIGHT).send(web).status_code == 200


def test_a_gateway_that_does_not_sign_is_left_alone(web: FlaskClient, container: Container) -> None:
    secret = container.read_secret(container.account_settings["sms-front"].hook_secret)
    form = {"from": PHONE.value, "to": "4404", "text": "Hello", "id": "1", "date": "2026-03-02 08:00:00"}
    assert web.post(f"/hooks/sms-front/{secret}/incoming", data=form).status_code == 200


# What is printed, and told to the gateway.


def test_the_addresses_to_enter_ask_for_retries_and_the_messages_tell_where_to_report(container: Container) -> None:
    base = f"{BASE}/hooks/{ACCOUNT}/{HOOK_SECRET}"
    printed = hooks(container, ACCOUNT)
    assert printed == {event: f"{base}/{event}#rc=3&rp=ct,rt,5xx" for event in ("incoming", "delivery")}
    assert container.accounts[ACCOUNT]._settings.status_callback == printed["delivery"]
    assert "#" not in "".join(hooks(container, "sms-front").values())


@pytest.mark.parametrize(
    ("settings_changes", "told"),
    [
        ({"base_url": "http://127.0.0.1:8000"}, False),
        ({"base_url": "http://127.0.0.1:8000", "simulator_url": "http://127.0.0.1:8001"}, True),
        ({"base_url": BASE, "simulator_url": "http://127.0.0.1:8001", "production": True}, True),
    ],
    ids=["no gateway reaches us", "the double does", "production"],
)
def test_reports_are_asked_for_where_they_can_arrive(
    settings: Settings, db: Database, tmp_path: Path, settings_changes: dict[str, Any], told: bool
) -> None:
    container = make_container(settings, db, tmp_path, **settings_changes)
    made = container.accounts[ACCOUNT]._settings
    assert (made.status_callback is not None) == told
    assert made.base_url == (None if "production" in settings_changes or not told else (
        f"{settings_changes['simulator_url']}/gateways/twilio/{ACCOUNT}"))  # fmt: skip


def test_a_missing_hook_secret_costs_the_reports_and_not_the_sending(
    settings: Settings, db: Database, tmp_path: Path
) -> None:
    container = make_container(settings, db, tmp_path, base_url=BASE)
    (tmp_path / "secrets" / f"{ACCOUNT}-hook").unlink()
    assert container.accounts[ACCOUNT]._settings.status_callback is None


# The arithmetic, by the examples of the gateway's page and by two makers.

UNDELIVERED = (
    f"SmsSid={SENT_ID}&SmsStatus=undelivered&MessageStatus=undelivered&To=%2B233201234567&MessageSid={SENT_ID}"
    f"&AccountSid={SID}&From=%2B447700900123&ApiVersion=2010-04-01&ErrorCode=30003"
)
KNOWN = [
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212",
        "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
    ),
    (
        "https://parl.example.gh/hooks/twilio/status",
        UNDELIVERED,
        "z2mV93dWzSxNf/RWhroBRCAS0tU=",
    ),
]


@pytest.mark.parametrize(("url", "form", "signature"), KNOWN, ids=["the page's example", "a report"])
def test_the_examples_of_the_page_come_out(url: str, form: str, signature: str) -> None:
    pairs = parse_qsl(form, keep_blank_values=True)
    assert twilio_signature.is_signed("12345", url, pairs, signature)
    assert not twilio_signature.is_signed("12346", url, pairs, signature)
    assert twilio_double.signature("12345", url, dict(pairs)) == signature


def test_a_body_of_json_is_signed_by_its_hash_in_the_address() -> None:
    url = f"https://parl.example.gh/hooks/twilio/json{HASHED}"
    assert twilio_signature.is_signed_body("12345", url, JSON, "tK4ksfFVLM2r8B736PHsRbEjemM=")
    assert not twilio_signature.is_signed_body("12345", url, JSON + b" ", "tK4ksfFVLM2r8B736PHsRbEjemM=")
    assert not twilio_signature.is_signed_body("12345", url.partition("?")[0], JSON, "tK4ksfFVLM2r8B736PHsRbEjemM=")


def both_ways() -> Iterator[tuple[str, Callable[[Secret], str]]]:
    tokens = {"env:TOKEN": "the-new-one", "env:OTHER": "the-old-one"}
    for token in tokens.values():
        yield token, lambda secret: tokens[secret.reference]


def test_while_the_token_is_changed_either_is_accepted() -> None:
    for token, read_secret in both_ways():
        changing = channel(read_secret=read_secret, other_auth_token=Secret("env:OTHER"))
        changed = channel(read_secret=read_secret)
        signature = twilio_double.signature(token, BASE, BODY)
        request = WebhookRequest(
            "POST",
            "/",
            {"x-twilio-signature": signature, "content-type": FORM},
            {},
            BODY,
            b"x",
            BASE,
            tuple(BODY.items()),
        )
        changing.verify(request)
        if token == "the-new-one":
            changed.verify(request)
        else:
            with pytest.raises(BadSignature):
                changed.verify(request)
