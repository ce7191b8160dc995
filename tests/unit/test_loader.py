"""The configuration folder: what is read, every fault of it at once, and the same bytes out again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.commands import SetLanguage, parse
from cases.routing.facts import Facts
from cases.routing.rules import route
from cases.sla.policy import Target, Unit, choose
from cases.texts import KEYS
from channels.settings import Secret, secrets_of
from channels.sms.africastalking import AfricasTalkingSettings
from config import loader
from config.loader import Faulty, Loaded
from tests.factories import TEST_CITY

SHIPPED = Path(loader.__file__).parent


def read_secret(secret: Secret) -> str:
    raise AssertionError(f"{secret.reference} was read while loading")


def build(raw: loader.Raw) -> Loaded:
    return loader.build(raw, read_secret=read_secret, references=None, version=7)


@pytest.fixture
def raw() -> dict[str, str]:
    return loader.read(TEST_CITY)


@pytest.mark.parametrize("folder", [SHIPPED, TEST_CITY], ids=["shipped", "test"])
def test_our_cities_have_no_faults(folder: Path) -> None:
    assert loader.faults(loader.read(folder)) == []


def test_the_test_city_in_values(raw: dict[str, str]) -> None:
    city, accounts = build(raw).city, build(raw).accounts
    told = city.organisation
    assert (told.region, told.currency, told.timezone) == ("NZ", "NZD", "Pacific/Auckland")
    assert (told.emergency_number, told.languages, told.allow_drafts) == ("111", ("en", "mi"), False)
    assert city.version == 7
    assert (city.limits.reopen_hours, city.limits.recent_minutes) == (48, 30)
    assert list(city.departments) == ["front-desk", "harbour-works"]
    assert city.department_name("harbour-works") == "Harbour works"
    (main,) = city.departments["harbour-works"].services
    assert (main.key, main.family, main.department) == ("burst-main", "service", "harbour-works")
    works = city.accounts["sms-works"]
    assert (works.channel, works.address, works.department) == ("sms", "+6421555142", "harbour-works")
    block = next(one for one in accounts if one.id == "sms-works")
    assert isinstance(block, AfricasTalkingSettings)
    assert (block.username, block.region) == ("northport", "NZ")
    assert secrets_of(block)["hook_secret"] == Secret("file:sms-works-hook")
    decision = route(Facts("sms", "sms-works", "hello"), city.rules)
    assert (decision.department, decision.service, decision.rule) == ("harbour-works", "burst-main", "works")
    policy = choose(city.policies, department="harbour-works", service="burst-main", priority="normal")
    assert policy is not None
    assert policy.targets == {"first_response": Target(90, Unit.MINUTES)}
    assert city.texts.languages() == {"en": "English"}
    assert city.keywords.languages == {"en": "en", "english": "en", "mi": "mi", "te reo": "mi"}
    assert parse("LANG te reo", city.keywords) == SetLanguage("mi")
    assert city.keywords.thanks == {"thanks", "thank you", "cheers", "ok"}


def test_a_department_is_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    before = build(loader.read(folder)).city
    (folder / "departments" / "toy-library.toml").write_text(
        'name = "Toy library"\nshort_name = "Toys"\n'
        '[[accounts]]\nid = "sms-toys"\nchannel = "sms"\ngateway = "africastalking"\naddress = "1455"\n'
        'username = "toys"\napi_key = "env:TOYS_KEY"\nhook_secret = "file:toys-hook"\n'
        '[[rules]]\nkey = "toys"\nwhen = [{ account = "sms-toys" }]\nservice = "loan"\n'
        '[[services]]\nkey = "loan"\nname = "Loan"\nfamily = "service"\n'
        '[[policies]]\nkey = "toys"\ncalendar = "always-open"\n'
        'targets.first_response = { amount = 2, unit = "elapsed" }\n'
        '[[examples]]\naccount = "sms-toys"\ntext = "A kite please"\nservice = "loan"\n'
    )
    after = build(loader.read(folder)).city
    assert set(after.departments) - set(before.departments) == {"toy-library"}
    assert set(after.accounts) - set(before.accounts) == {"sms-toys"}
    decision = route(Facts("sms", "sms-toys", "A kite please"), after.rules)
    assert (decision.department, decision.service) == ("toy-library", "loan")
    policy = choose(after.policies, department="toy-library", service="loan", priority="normal")
    assert policy is not None
    assert policy.key == "toys"


G, F, W, E = "organisation.toml", "departments/front-desk.toml", "departments/harbour-works.toml", "messages/en.toml"
C, H = "calendars/port.toml", "holidays/port.toml"
STEP = '\nat = "75%"\nto = ["agent"]\n'
#: file, what stands there, what is written instead, how the fault begins (after FILE> where it is another's)
BAD = [
    (G, 'short_name = "Northport"\n', "", "short_name: is missing; it must be text"),
    (G, 'region = "NZ"', 'region = "Kiwi"', "region: 'Kiwi' is no country"),
    (G, 'currency = "NZD"', 'currency = "dollar"', "currency: 'dollar' is not allowed"),
    (G, "Pacific/Auckland", "Pacific/Nowhere", "timezone: 'Pacific/Nowhere' is no time zone"),
    (G, "Pacific/Auckland", "../etc/passwd", "timezone: '../etc/passwd' is no time zone"),
    (G, 'number = "111"', "number = 111", "emergency_number: must be text, not 111"),
    (G, 'language = "en"', 'language = "tw"', "default_language: 'tw' is unknown; allowed: en, mi"),
    (G, '"mi"]', '"mi", "de"]', "languages: 'de' has no file; write messages/de.toml"),
    (G, ', "mi"]', "]", "messages/mi.toml>(file): is not read; add 'mi'"),
    (G, '["en", "mi"]', '["en", "mi", ""]', "languages: must be a list of texts"),
    (G, "hours = 48", "hours = true", "limits.reopen_hours: must be a whole number, not True"),
    (G, "hours = 48", "hours = 0", "limits.reopen_hours: 0 is too small; at least 1"),
    (G, "reopen_hours", "reopen_days", "limits.reopen_days: is not a key of this table; allowed: auto"),
    (G, "[limits]", "[[limits]]", "limits: must be a table [limits], not"),
    (G, 'name = "City', 'mayor = "M"\nname = "City', "mayor: is not a key of this table"),
    (G, 'name = "City of Northport"', 'name = " "', "name: is empty"),
    (G, 'name = "City of Northport"', "name = ", "(file): is not TOML"),
    (G, 'unit = "minutes"', 'unit = "weeks"', "policies[3].targets.first_response.unit: 'weeks' is"),
    (G, "amount = 90", "amount = 9999999999999", "policies[3].targets.first_response: "),
    (G, 'key = "standard"\ncalendar = "always-open"', 'key = "standard"\ncalendar = "x"', "policies[1].cal"),
    (G, "first_response = { amount = 90", "decision = { amount = 90", "policies[3].targets.decision: is no promise"),
    (G, 'at = "75%"', 'at = "0%"', "policies[1].steps[1].at: '0%' is not allowed; write a share"),
    (G, 'to = ["assignee"]', 'to = ["mayor"]', "policies[1].steps[1].to: 'mayor' is nobody here; allowed: assignee"),
    (G, 'resolution = ["waiting_on_citizen"]', 'resolution = ["new"]', "policies[2].pauses.resolution: 'new' is no s"),
    (G, 'unanswered = "waived"', 'unanswered = "met"', "policies[2].unanswered: 'met' is unknown; allowed: mis"),
    (G, 'family = "information_request"', 'family = "x"', "statutes[1].family: 'x' is unknown"),
    (G, "extension_days = 10", 'extension_days = "?"', "statutes[1].extension_days: must be a whole number"),
    (G, 'to = ["assignee"]', "to = []", "policies[1].steps[1].to: is empty; name at least one"),
    (G, "[[policies.steps]]", f"[[policies.steps]]{STEP}[[policies.steps]]", "policies[1].steps[2].at: '75%' is a"),
    (C, 'zone = "Pacific/Auckland"', 'zone = "Moon/Base"', "zone: 'Moon/Base' is no time zone; write an IANA name"),
    (C, 'zone = "Pacific/Auckland"', 'zone = "../etc"', "zone: '../etc' is no time zone; write an IANA name"),
    (C, 'zone = "Pacific/Auckland"', 'zone = ""', "zone: is empty"),
    (C, '"22:00-06:00"', '"22:00-22:00"', "week.tuesday: '22:00-22:00' are no hours; write"),
    (C, '"22:00-06:00"', '"22:00-24:30"', "week.tuesday: '22:00-24:30' are no hours; write"),
    (C, '"22:00-06:00"', '"24:00-06:00"', "week.tuesday: '24:00-06:00' are no hours; write"),
    (C, "tuesday", "noneday", "week.noneday: is not a key of this table; allowed: friday"),
    (C, "[[special]]", "[[special]]\ndate = 2026-12-24\n[[special]]", "special[2].date: 2026-12-24 is in this cal"),
    (C, "date = 2026-12-24", "date = 2026-12-24T08:00:00", "special[1].date: must be a date alone"),
    (C, '"08:30-12:00"', '"8-12"', "week.monday: '8-12' are no hours; write"),
    (C, '"13:00-24:00"', '"11:00-24:00"', "week.monday: has hours that overlap"),
    (C, "[week]", "[weekk]", "week: calendar 'port' does not open within ten years"),
    (C, 'holidays = ["port"]', 'holidays = ["moon"]', "holidays: there is no holidays/moon.toml; one of port"),
    (C, "date = 2026-12-24", 'date = "2026-12-24"', "special[1].date: must be a date such as"),
    (C, 'closed_due = "after"', 'closed_due = "later"', "closed_due: 'later' is unknown; allowed: after, before"),
    (H, "date = 2026-02-06", "date = 2026-04-03", "days[2].date: 2026-04-03 is in this file already"),
    (H, "observed = 2026-02-09", 'observed = "soon"', "days[2].observed: must be a date such as"),
    (H, 'hours = ["08:30-12:00"]', 'hours = ["morning"]', "days[3].hours: 'morning' are no hours; write"),
    (H, "estimated = true", 'estimated = "yes"', "days[3].estimated: must be true or false"),
    (H, 'source = "Holidays Act"', "", "days[1].source: is missing"),
    (G, 'service = "burst-main"', 'service = "moon"', "policies[3].service: there is no service 'moon'"),
    (G, '"harbour-works"', '"moon"', "policies[3].department: there is no department 'moon'; one of f"),
    (G, '"water-now"', '"standard"', "policies[3].key: policy 'standard' is already in organisation"),
    (F, 'gateway = "africastalking"', 'gateway = "pigeon"', "accounts[1].gateway: 'pigeon' is unknown; allowed: af"),
    (F, 'channel = "sms"', 'channel = "smoke"', "accounts[1].channel: 'smoke' is unknown; allowed: "),
    (F, 'id = "sms-front"', 'id = "SMS Front"', "accounts[1].id: 'SMS Front' is not allowed; write small letters"),
    (F, 'id = "sms-front"', 'id = "sms-works"', f"{W}>accounts[1].id: account 'sms-works' is already in {F}"),
    (F, '"file:sms-front-api-key"', '"atsk_1234"', "accounts[1].api_key: must be env:NAME or file:PATH"),
    (F, 'username = "northport"\n', "", "accounts[1].username: is missing"),
    (F, 'address = "4404"', 'address = "4404"\ncolour = "red"', "accounts[1].colour: is not a key of this gateway"),
    (F, 'address = "4404"', 'address = "4404"\ndepartment = "x"', "accounts[1].department: is 'front-desk', by the"),
    (F, '{ account = "sms-front" }', '{ account = "moon" }', "rules[1].when: there is no account 'moon'; one of sms"),
    (F, '{ account = "sms-front" }', '{ word = "moon" }', "rules[1].when: each part says one thing"),
    (F, '{ account = "sms-front" }', "", "rules[1].when: is missing"),
    (F, '{ account = "sms-front" }', '{ account = "sms-works" }', f"{W}>rules[1].when: is never reached: rule 'front'"),
    (F, '{ account = "sms-front" }', '{ account = "sms-works" }', f"{W}>examples[1].text: goes to front-desk"),
    (F, 'key = "front"', 'key = "front"\nservice = "burst-main"', "rules[1].service: there is no service 'burst-main'"),
    (W, '"Water on the quay"\nservice = "burst-main"', '"W"\nservice = "x"', "examples[1].service: is routed to bur"),
    (W, 'account = "sms-works"\ntext', 'account = "x"\ntext', "examples[1].account: 'x' is unknown; allowed: sms-f"),
    (W, 'family = "service"', 'family = "misc"', "services[1].family: 'misc' is unknown; allowed: application"),
    (E, "{reference}, code {code}", "{reference}", "texts.acknowledgement: fills in {emergency}, "),
    (E, "{reference} is {status}.", "{ref} is {status}.", "texts.status_open: fills in {ref}, {status}; it must"),
    (E, "{reference} is {status}.", "{reference} is {status} {code}.", "texts.status_open: fills in {code}, "),
    (E, "{reference} is {status}.", "{reference!r} is {status}.", "texts.status_open: has a placeholder with a fo"),
    (E, "{reference} is {status}.", "{reference.x} is {status}.", "texts.status_open: fills in {reference.x}"),
    (E, "{reference} is {status}.", "{reference is {status}.", "texts.status_open: has a "),
    (E, 'code_wrong = "That', 'code_wrogn = "That', "texts.code_wrong: is missing"),
    (E, 'code_wrong = "That', 'code_wrogn = "That', "texts.code_wrogn: is no text of the product; allowed: ack"),
    (E, 'code_locked = "Too many wrong codes. Try again in an hour."', "code_locked = 4", "texts.code_locked: must be"),
    (E, '"status.new" = "received"', '"status.new" = { smoke = "x", text = "y" }', "texts.status.new: 'smoke' is no"),
    (E, '"status.new" = "received"', '"status.new" = { text = "y", draft = true }', "texts.status.new: is a draft"),
    (E, '"status.new" = "received"', '"status.new" = { text = "y", draft = "no" }', "texts.status.new: draft must"),
    (E, 'stop = ["stop"]', 'stop = ["stop", "help"]', "keywords.stop: 'help' already means help"),
    (E, 'stop = ["stop"]', 'stop = ["stop it"]', "keywords.stop: 'stop it' must be a single word"),
    (E, 'stop = ["stop"]', 'stop = ["!"]', "keywords.stop: '!' has no letters"),
    (E, 'stop = ["stop"]', "", "keywords.stop: is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "there", "instead", "fault"), BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_a_fault_is_named_with_its_place(raw: dict[str, str], file: str, there: str, instead: str, fault: str) -> None:
    assert there in raw[file]
    found = loader.faults({**raw, file: raw[file].replace(there, instead)})
    elsewhere, _, what = fault.rpartition(">")
    assert any(one.startswith(f"{elsewhere or file}: {what}") for one in found), found


@pytest.mark.parametrize("step", ["+999999", "-999999"])
def test_a_step_that_no_calendar_ever_reaches_is_a_fault(raw: dict[str, str], step: str) -> None:
    week = raw[C][raw[C].index("monday") : raw[C].index("\n[[special]]")]
    raw[C] = raw[C].replace(week, 'monday = ["08:30-09:00"]')
    steps = f'priority = "low"\nsteps = [{{ at = "{step}", to = ["assignee"] }}]'
    (found,) = loader.faults({**raw, G: raw[G].replace('priority = "low"', steps)})
    assert found.startswith(
        f"{G}: policies[2].steps[1].at: '{step}' by this calendar is more than a hundred years away"
    )


def test_a_faulty_calendar_is_one_fault_whoever_promises_by_it(raw: dict[str, str]) -> None:
    raw[C] = raw[C].replace("[week]", "[weekk]")
    assert [one for one in loader.faults(raw) if not one.startswith(f"{C}: ")] == []


def test_all_faults_are_told_at_once(raw: dict[str, str]) -> None:
    raw[G] = raw[G].replace("Pacific/Auckland", "x").replace("NZD", "x")
    raw[F] = raw[F].replace("short_name", "shrt_name")
    raw[E] = raw[E].replace('stop = ["stop"]', "")
    with pytest.raises(Faulty) as caught:
        build(raw)
    assert [one.partition(": is ")[0].partition(": 'x'")[0] for one in caught.value.faults] == [
        f"{F}: short_name", f"{F}: shrt_name", f"{E}: keywords.stop", f"{G}: currency", f"{G}: timezone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("dishes/usual.toml", "", "dishes/usual.toml: (file): is not read; allowed: organisation.toml, cal"),
        ("departments/a/b.toml", "", "departments/a/b.toml: (file): is not read"),
        (
            "departments/Big One.toml",
            'name = "B"\nshort_name = "B"',
            "departments/Big One.toml: (the file's name): 'Big",
        ),
        ("departments/x.toml", 'name = "\ufffd"', "departments/x.toml: (file): is not UTF-8"),
        (
            "calendars/Big One.toml",
            'name = "B"\nweek.monday = ["08:00-09:00"]',
            "calendars/Big One.toml: (the file's name): 'Big One' is not allowed",
        ),
        (
            "calendars/always-open.toml",
            'name = "B"\nweek.monday = ["08:00-09:00"]',
            "calendars/always-open.toml: (the file's name): 'always-open' is built in",
        ),
        ("holidays/Big One.toml", "", "holidays/Big One.toml: (the file's name): 'Big One' is not allowed"),
    ],
)
def test_a_file_that_is_not_ours_is_a_fault(raw: dict[str, str], name: str, text: str, fault: str) -> None:
    (found,) = loader.faults({**raw, name: text})
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("gone", "fault"),
    [
        ((G,), "organisation.toml: (file): is missing; every city needs it"),
        ((E,), "organisation.toml: languages: 'en' has no file; write messages/en.toml"),
        ((F, W), "departments/: (file): there is none; write a file for each department"),
    ],
)
def test_a_missing_file_is_a_fault(raw: dict[str, str], gone: tuple[str, ...], fault: str) -> None:
    assert fault in loader.faults({name: text for name, text in raw.items() if name not in gone})


def test_no_folder_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        loader.read(tmp_path / "nowhere")
    assert loader.faults(loader.read(tmp_path)) == ["organisation.toml: (file): is missing; every city needs it"]


def test_a_folder_goes_through_byte_for_byte(tmp_path: Path, raw: dict[str, str]) -> None:
    raw[G] = "\ufeff" + raw[G].replace("\n", "\r\n") + "# ɛ and ₵, no end of line"
    loader.write(raw, tmp_path / "out")
    again = loader.read(tmp_path / "out")
    assert again == raw
    assert (tmp_path / "out" / G).read_bytes() == raw[G].encode()
    assert build(again).city.organisation == build(loader.read(TEST_CITY)).city.organisation


def test_bytes_that_are_no_text_are_a_fault(tmp_path: Path, raw: dict[str, str]) -> None:
    loader.write(raw, tmp_path)
    (tmp_path / F).write_bytes(b'name = "\xff"')
    assert f"{F}: (file): is not UTF-8; save it with that encoding" in loader.faults(loader.read(tmp_path))


def test_a_difference_is_shown_file_by_file(raw: dict[str, str]) -> None:
    changed = {**raw, G: raw[G].replace("NZD", "AUD"), "departments/new.toml": "name = 1"}
    del changed[W]
    shown = loader.diff(raw, changed)
    assert '-currency = "NZD"\n+currency = "AUD"\n' in shown
    assert "+++ b/departments/new.toml\n@@ -0,0 +1 @@\n+name = 1\n\\ No newline" in shown
    assert '-name = "Harbour works"' in shown
    assert loader.diff(raw, dict(raw)) == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def toml(value: object) -> str:
    match value:
        case None:
            return "1979-05-27"
        case bool():
            return str(value).lower()
        case int():
            return str(max(min(value, 2**63 - 1), -(2**63)))
        case str():
            return '"' + "".join(f"\\U{ord(c):08X}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join({toml(k): f"{toml(k)} = {toml(v)}" for k, v in value.items()}.values()) + "}"
        case _:
            raise AssertionError(value)


KEYS_OF_TABLES = ["id", "key", "when", "targets", "channel", "text", "account", "steps", "date", "hours", "monday"]
CALENDAR_VALUES = ("zone", "closed_due", "holidays")
PLACES = [
    *(
        (G, key)
        for key in ("name", "region", "timezone", "languages", "default_language", "limits", "policies", "rules")
    ),
    (G, "statutes"),
    *((C, key) for key in ("name", *CALENDAR_VALUES, "week", "special")),
    (H, "days"),
    *((F, key) for key in ("name", "accounts", "rules", "services", "policies", "examples")),
    *((E, key) for key in ("name", "draft", "texts", "keywords")),
]


@given(st.sampled_from(PLACES), VALUES)
def test_any_value_anywhere_is_a_fault_or_fits(place: tuple[str, str], value: object) -> None:
    file, key = place
    raw = loader.read(TEST_CITY)
    kept = [line for line in raw[file].split("\n[")[0].splitlines() if not line.startswith(f"{key} =")]
    text = "\n".join([f"{key} = {toml(value)}", *kept])
    found = loader.faults({**raw, file: text})
    assert all(one.count(": ") >= 2 for one in found)


@given(st.sampled_from(PLACES), VALUES, st.sampled_from(KEYS_OF_TABLES))
def test_any_value_in_a_table_is_a_fault_or_fits(place: tuple[str, str], value: object, key: str) -> None:
    file, table = place
    raw = loader.read(TEST_CITY)
    if table in ("name", "region", "timezone", "languages", "default_language", "draft", *CALENDAR_VALUES):
        return
    head = f"[{table}]" if table in ("texts", "keywords", "limits", "week") else f"[[{table}]]"
    kept = raw[file].split("\n[")[0]
    found = loader.faults({**raw, file: f"{kept}\n{head}\n{key} = {toml(value)}\n"})
    assert all(one.count(": ") >= 2 for one in found)
    assert any(one.startswith(f"{file}: ") for one in found)


def test_every_text_of_the_product_is_in_the_shipped_english() -> None:
    texts = build(loader.read(SHIPPED)).city.texts
    assert {key for key, language, channel in texts.entries if (language, channel) == ("en", None)} == set(KEYS)
