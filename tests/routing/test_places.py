"""Which place is meant: named outright, pointed at, or asked for; and the file that places stand in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.routing.gazetteer import Gazetteer
from cases.routing.places import Ask, Found, Place, Unknown
from config import gazetteer, places_file
from tests.routing import stations
from tests.routing.shared import NoSharedData, city

PORT = Gazetteer(
    [
        Place("Port", "city", aliases=("Porto",)),
        Place("Harbour", "district", "Port", ("Old Harbour",), "South"),
        Place("Quayside", "area", "Harbour", ("Kwayside", "Fishermen's Chapel")),
        Place("Hillcrest", "area", "Port", ("Methodist School Hillcrest", "Lighthouse Road"), "North"),
        Place("New Harbour", "area", "Harbour", ("Ferguson Mills",)),
        Place("Bay", "elsewhere"),
        Place("Sandy Lane", "community", "Bay"),
    ]
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Quayside", "Quayside"),
        ("kwayside", "Quayside"),
        ("Quaysid", "Quayside"),
        ("the fishermens chapel please", "Quayside"),
        ("Old Harbour", "Harbour"),
        ("New Harbour", "New Harbour"),
        ("Quayside, Harbour, Port", "Quayside"),
        ("behind the lighthouse", "Hillcrest"),
        ("mills of Ferguson", "New Harbour"),
        ("SANDY  LANE.", "Sandy Lane"),
    ],
)
def test_a_place_is_found(text: str, place: str) -> None:
    found = PORT.resolve(text)
    assert isinstance(found, Found), found
    assert found.place.name == place
    assert 0 < found.score <= 1


@pytest.mark.parametrize("text", ["Quayside or Hillcrest", "from Sandy Lane to Quayside", "the school"])
def test_what_could_be_several_is_asked_for(text: str) -> None:
    assert isinstance(PORT.resolve(text), Ask | Unknown)
    assert not isinstance(PORT.resolve(text), Found)


def test_the_candidates_are_named() -> None:
    found = PORT.resolve("Quayside or Hillcrest")
    assert isinstance(found, Ask)
    assert {one.name for one in found.candidates} == {"Quayside", "Hillcrest"}


@pytest.mark.parametrize("text", ["", "Timbuktu", "12", "the road is bad", "near the school"])
def test_what_nobody_knows_is_not_guessed(text: str) -> None:
    assert not isinstance(PORT.resolve(text), Found)


def test_where_a_place_lies() -> None:
    quay = PORT.places["Quayside"]
    assert [one.name for one in PORT.around(quay)] == ["Quayside", "Harbour", "Port"]
    assert PORT.constituency(quay) == "South"
    assert PORT.lies_in(quay, "South") and PORT.lies_in(quay, "Port") and not PORT.lies_in(quay, "North")
    assert PORT.elsewhere(PORT.places["Sandy Lane"]) == PORT.places["Bay"]
    assert PORT.elsewhere(quay) is None


@given(st.text(max_size=40))
def test_any_description_gives_an_answer(text: str) -> None:
    assert isinstance(PORT.resolve(text), Found | Ask | Unknown)
    assert isinstance(Gazetteer().resolve(text), Unknown)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Street light off at Beach Road junction", "Beach Road"),
        ("gutter at Nkotompo", "Nkontompo"),
        ("in Kansaworodo", "Kansaworado"),
        ("essikadu market", "Essikado"),
        ("Anagye estate", "Anaji"),
        ("Market Circle, Takoradi", "Market Circle"),
    ],
)
def test_the_shipped_places_are_known_in_several_spellings(text: str, place: str) -> None:
    found = city().gazetteer.resolve(text)
    assert isinstance(found, Found), found
    assert found.place.name == place


def test_short_names_are_not_seen_in_words_that_are_near_to_them() -> None:
    from cases.routing.facts import Facts
    from cases.routing.rules import route

    made = city()
    for text in ("shame on you for the gutter", "gutter, what a shame"):
        assert route(Facts("sms", "sms-at", text), made.rules, made.known).place is None


GOOD = "name,kind,parent,aliases,constituency,lat,lon\nPort,city,,Porto; The Port,,4.93,-1.7\nQuay,area,Port,,,,\n"


def test_a_file_is_read_and_written_as_it_stands() -> None:
    faults: list[str] = []
    places = gazetteer.join(places_file.read("places/a.csv", GOOD, faults), faults)
    assert faults == []
    assert places[0] == Place("Port", "city", None, ("Porto", "The Port"), None, 4.93, -1.7)
    written = gazetteer.write(places)
    assert gazetteer.join(places_file.read("places/a.csv", written, faults), faults) == places
    assert (faults, gazetteer.write(places)) == ([], written)


def test_aliases_of_several_lines_are_joined() -> None:
    faults: list[str] = []
    more = "name,kind,parent,aliases\nPort,city,,Haven;Porto\n"
    lines = [*places_file.read("a.csv", GOOD, faults), *places_file.read("b.csv", more, faults)]
    places = gazetteer.join(lines, faults)
    assert (faults, places[0].aliases, places[0].lat) == ([], ("Porto", "The Port", "Haven"), 4.93)


BAD = """\
name,kind,parent,aliases,constituency,lat,lon
,area,,,,,
Quay,moon,,,,,
Quay,area,,!!;Good,,,
Quay,area,,,,91,1
Quay,area,,,,4,
Quay,area,Nowhere,,,,
Quay,area
Round,area,About,,,,
About,area,Round,,,,
Port,city,,,,,
Port,area,,,,,
"""


def test_every_faulty_line_is_told_at_once() -> None:
    faults: list[str] = []
    gazetteer.join(places_file.read("places/x.csv", BAD, faults), faults)
    assert [one.removeprefix("places/x.csv: line ").partition(";")[0] for one in faults] == [
        "2: name: '' has no letters or digits",
        "3: kind: 'moon' is unknown",
        "4: aliases: '!!' has no letters or digits",
        "5: lat: '91' is no number of degrees",
        "6: lat: write both lat and lon, or neither",
        "8: has 2 cells",
        "12: 'Port' is another kind or lies elsewhere than in line 11 of places/x.csv",
        "7: parent: 'Nowhere' is no place of these files",
        "9: parent: 'About' lies in itself",
        "10: parent: 'Round' lies in itself",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: must name the columns"),
        ("name,what\n", "line 1: must name the columns"),
        ('name,kind\n"Quay,area\n', "is not CSV"),
        ("name,kind\nQu\ufffdy,area\n", "(file): is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(text: str, fault: str) -> None:
    faults: list[str] = []
    assert places_file.read("places/x.csv", text, faults) == []
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize(("only", "area", "constituency"), [((), 0.20, 0.30), (stations.NEAR, 0.25, 0.50)])
def test_names_of_polling_stations_are_found_or_asked_for(
    only: tuple[str, ...], area: float, constituency: float, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        scores = [stations.score(stations.rows(only), seed=seed) for seed in range(1, 6)]
    except NoSharedData as missing:
        pytest.skip(str(missing))
    for level, least in (("area", area), ("constituency", constituency)):
        told = stations.shares(scores, level)
        with capsys.disabled():
            print(f"\n{level}: " + ", ".join(f"{word} {share:.1%}" for word, share in told.items()))
        assert told["wrong"] <= 0.05
        assert told["right"] >= least
