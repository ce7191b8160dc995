"""Services, rules, emergencies, neighbours and places in the files: what is read, and every fault with its place."""

from __future__ import annotations

import pytest

from cases.routing.facts import Facts
from cases.routing.rules import route
from cases.services import Charter, Fee, Field
from config import loader
from tests.factories import TEST_CITY

F, G, P = "departments/lamps.toml", "organisation.toml", "places/port.csv"
LAMPS = """
name = "Lamps"
short_name = "Lamps"
confidential = true

[[services]]
key = "dark-street"
name = "Lamp out"
family = "service"
requirements = ["The pole's number"]
fee = { amount = 1250, note = "for a private lamp" }
charter = { time = "3 working days", source = "Charter of 2020", sample = true }
where = "Town hall, room 4"
published = true
[services.words]
en = ["lamp out", ["street", "dark"]]
mi = ["rama"]
[[services.fields]]
key = "pole"
label = "Which pole?"
kind = "choice"
required = true
choices = ["Wood", "Steel"]

[[rules]]
key = "dark-quay"
order = 90
when = [{ place = "Quay" }, { words = ["dark"] }, { outside = "port" }]

[[rules]]
key = "many"
when = [
    { repeats = 7 }, { all_words = ["again", "lamp"] }, { channel = "sms" }, { language = "mi" },
    { service = "dark-street" },
]

[[examples]]
text = "the lamp out again"
service = "dark-street"
"""
MORE = """
[emergency]
alert = ["lamps"]
[emergency.words]
en = ["fire"]
[emergency.unless]
en = ["fire permit"]

[[neighbours]]
key = "bay"
name = "Bay Council"
place = "Bay"
contact = "call 1"
"""
PLACES = "name,kind,parent\nQuay,area,\nBay,elsewhere,\n"


@pytest.fixture
def raw() -> dict[str, str]:
    found = loader.read(TEST_CITY)
    return {**found, F: LAMPS, G: found[G] + MORE, P: PLACES}


def test_all_of_it_is_read(raw: dict[str, str]) -> None:
    assert loader.faults(raw) == []
    city = loader.build(raw, read_secret=str, references=None, version=1).city  # type: ignore[arg-type]
    (service,) = city.departments["lamps"].services
    assert service.requirements == ("The pole's number",)
    assert service.fee == Fee(1250, "for a private lamp")
    assert service.charter == Charter("3 working days", "Charter of 2020", sample=True)
    assert (service.where, service.published) == ("Town hall, room 4", True)
    assert service.fields == (Field("pole", "Which pole?", "choice", required=True, choices=("Wood", "Steel")),)
    assert [one.written for one in service.phrases] == ["lamp out", "street … dark", "rama"]
    assert city.is_confidential("lamps")
    assert [rule.order for rule in city.rules] == [90, 700, 700, 700]
    assert city.gazetteer.places.keys() == {"Quay", "Bay"}
    decision = route(Facts("sms", "sms-front", "Fire! the street is dark at Bay"), city.rules, city.known)
    assert (decision.department, decision.service, decision.alert) == ("lamps", "dark-street", ("lamps",))
    assert decision.referral is not None
    assert [one.follow_up_days for one in city.neighbours] == [5]
    raw[G] += "follow_up_days = 12\n"
    city = loader.build(raw, read_secret=str, references=None, version=1).city  # type: ignore[arg-type]
    assert [one.follow_up_days for one in city.neighbours] == [12]


#: file, what stands there, what is written instead, how the fault begins (after FILE> where it is another's)
BAD = [
    (F, "amount = 1250", 'amount = "12.50"', "services[1].fee.amount: must be a whole number"),
    (F, "amount = 1250", "amount = -1", "services[1].fee.amount: -1 is too small; at least 0"),
    (F, 'source = "Charter of 2020", ', "", "services[1].charter.source: is missing"),
    (F, "sample = true", 'sample = "yes"', "services[1].charter.sample: must be true or false"),
    (F, "published = true", 'published = "no"', "services[1].published: must be true or false"),
    (F, 'requirements = ["The pole\'s number"]', 'requirements = "x"', "services[1].requirements: must be a list"),
    (F, "confidential = true", "confidential = 1", "confidential: must be true or false"),
    (F, 'mi = ["rama"]', 'mi = "rama"', "services[1].words.mi: must be a list such as"),
    (F, 'mi = ["rama"]', 'mi = ["!"]', "services[1].words.mi: '!' cannot be looked for"),
    (F, 'mi = ["rama"]', 'mi = [["rama"]]', "services[1].words.mi: ['rama'] cannot be looked for"),
    (F, 'mi = ["rama"]', "mi = [4]", "services[1].words.mi: 4 cannot be looked for"),
    (F, 'mi = ["rama"]', 'mi = ["rama", "Rama", "rama"]', "services[1].words.mi: 'rama' is in this list already"),
    (F, 'mi = ["rama"]', 'maori = ["rama"]', "services[1].words.maori: 'maori' is no language"),
    (F, 'kind = "choice"', 'kind = "colour"', "services[1].fields[1].kind: 'colour' is unknown; allowed: choice"),
    (F, '["Wood", "Steel"]', '["Wood"]', "services[1].fields[1].choices: are missing; a choice needs at least two"),
    (F, 'kind = "choice"', 'kind = "text"', "services[1].fields[1].choices: are for the kind"),
    (F, '[[rules]]\nkey = "many"', "[[services.fields]]\nkey = 'x'\n[[rules]]\nkey = \"many\"", "(file): is not TOML"),
    (F, "order = 90", "order = 0", "rules[1].order: 0 is too small; at least 1"),
    (F, "order = 90", "order = 500", "rules[1].order: 500 cannot be; 1 to 999"),
    (F, "order = 90", "order = 1000", "rules[1].order: 1000 cannot be; 1 to 999"),
    (F, "order = 90", 'order = "first"', "rules[1].order: must be a whole number"),
    (F, '{ place = "Quay" }', '{ place = "Moon" }', "rules[1].when: there is no place in places/*.csv 'Moon'"),
    (F, '{ outside = "port" }', '{ outside = "moon" }', "rules[1].when[3].outside: 'moon' is unknown; allowed: always"),
    (F, '{ words = ["dark"] }', '{ words = [] , place = "Quay" }', "rules[1].when: each part says one thing"),
    (F, '{ words = ["dark"] }', '{ words = "dark" }', "rules[1].when[2].words: must be a list such as"),
    (F, '{ words = ["dark"] }', '{ expression = "1" }', "rules[1].when: each part says one thing"),
    (F, "{ repeats = 7 }", '{ citizen = "crowd" }', "rules[2].when[1].citizen: 'crowd' is unknown; allowed"),
    (F, "{ repeats = 7 }", "{ repeats = 0 }", "rules[2].when[1].repeats: 0 is too small"),
    (F, '{ channel = "sms" }', '{ channel = "smoke" }', "rules[2].when: there is no channel of an account 'smoke'"),
    (F, '{ service = "dark-street" }', '{ service = "moon" }', "rules[2].when: there is no service 'moon'"),
    (F, "the lamp out again", "hello", "examples[1].text: goes to front-desk"),
    (F, 'again"\nservice', 'again"\nurgent = true\nservice', "examples[1].urgent: is false, because"),
    (G, 'contact = "call 1"', 'contact = "x"\nfollow_up_days = 0', "neighbours[1].follow_up_days: 0 is too small"),
    (G, 'contact = "call 1"', 'contact = "x"\nfollow_up_days = 261', "neighbours[1].follow_up_days: 261 is too long"),
    (G, 'alert = ["lamps"]', 'alert = ["moon"]', "emergency.alert: there is no department 'moon'; one of front-desk"),
    (G, 'alert = ["lamps"]', "alert = []", "emergency.alert: is empty; name at least one"),
    (G, 'en = ["fire"]', "en = []", "emergency.words: are missing"),
    (G, "[emergency.unless]", "[emergency.except]", "emergency.except: is not a key of this table"),
    (G, 'place = "Bay"', 'place = "Quay"', "neighbours[1].place: there is no place 'Quay' of the kind elsewh"),
    (G, 'contact = "call 1"', "", "neighbours[1].contact: is missing"),
    (G, 'currency = "NZD"', 'currency = "dollars"', "currency: "),
    (G, "reopen_hours = 48", "reopen_hours = 0", "limits.reopen_hours: 0 is too small; at least 1"),
    (G, 'emergency_number = "111"', 'emergency_number = "one"', "emergency_number: "),
    (G, 'calendar = "always-open"', 'calendar = "moon"', "policies[1].calendar: 'moon' is unknown; allowed: "),
    (G, 'unanswered = "waived"', 'unanswered = "forgotten"', "policies[2].unanswered: 'forgotten' is unknown"),
    (P, "Quay,area", "Quay,moon", "line 2: kind: 'moon' is unknown"),
    (P, "Quay,area,", "Quay,area,Moon", "line 2: parent: 'Moon' is no place of these files"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "there", "instead", "fault"), BAD, ids=[f"{n}" for n in range(len(BAD))])
def test_a_fault_is_named_with_its_place(raw: dict[str, str], file: str, there: str, instead: str, fault: str) -> None:
    assert there in raw[file]
    found = loader.faults({**raw, file: raw[file].replace(there, instead, 1)})
    if "is not TOML" not in fault:
        assert any(one.startswith(f"{file}: {fault}") for one in found), found
    assert found


def test_a_rule_that_an_earlier_order_takes_is_never_reached(raw: dict[str, str]) -> None:
    extra = '[[rules]]\nkey = "late"\norder = 900\n'
    extra += 'when = [{ words = ["dark"] }, { place = "Quay" }, { outside = "port" }]\n'
    (fault,) = loader.faults({**raw, F: LAMPS + extra})
    assert fault == f"{F}: rules[3].when: is never reached: rule 'dark-quay' before it takes all of it"


def test_many_faults_are_as_many_messages_each_with_file_key_and_remedy(raw: dict[str, str]) -> None:
    planted: list[str] = []
    for file, there, instead, fault in BAD:
        changed = {**raw, file: raw[file].replace(there, instead, 1)}
        found = loader.faults(changed) if there in raw[file] and "TOML" not in fault else []
        if len(found) == len(planted) + 1 and any(one.startswith(f"{file}: {fault}") for one in found):
            raw, planted = changed, [*planted, f"{file}: {fault}"]
    found = loader.faults(raw)
    assert len(planted) >= 25
    assert len(found) == len(planted)
    assert all(any(one.startswith(fault) for one in found) for fault in planted)
