"""One step after another: what is keyed in, what is asked of the house, where somebody then stands."""

from __future__ import annotations

import json

import pytest

from cases.references import check_digit
from channels.dialogue import entries
from channels.dialogue.engine import step
from channels.dialogue.menu import Node
from channels.dialogue.resume import resume
from channels.dialogue.values import Call, Result
from tests.unit.dialogues import NODES, Person, menu

DONE = Result("done")
PICKS = Result("some", choices=(("waste", "Waste"), ("roads", "Roads")))


def test_the_first_screen_greets_and_offers() -> None:
    turn = Person(menu()).turn
    assert turn.screen == "Hello City.\n1 home.say\n2 home.track\n3 home.pick"
    assert (turn.expects, turn.step, turn.ends) == ("choice", "home", False)


def test_what_is_asked_is_kept_and_handed_to_the_call() -> None:
    person = Person(menu(), add=DONE)
    turn = person.keys("1", "The gutter is choked", "05.03.2026", "1")
    assert person.calls == [("add", {"words": "The gutter is choked"})]
    assert (turn.ends, turn.step) == (True, "end")


def test_the_state_is_plain_json() -> None:
    person = Person(menu(), departments=PICKS)
    for key in ("1", "words", "0", "3"):
        state = json.loads(json.dumps(person.keys(key).state))
        assert state == person.turn.state


def test_a_step_does_not_touch_the_state_it_is_given() -> None:
    turn = Person(menu()).keys("1")
    before = json.dumps(turn.state)
    step(menu(), turn.state, "something else")
    assert json.dumps(turn.state) == before


def test_back_leads_where_one_came_from_and_keeps_what_was_typed() -> None:
    person = Person(menu())
    assert person.keys("1").screen.endswith("0 back")
    assert person.keys("words", "0").step == "say"
    assert person.keys("0").step == "home"
    assert "4 home.age" in person.turn.screen  # offered now that there are words
    assert person.keys("0").step == "home"  # nothing lies before the first screen
    assert "wrong" in person.turn.screen


def test_back_to_a_list_asks_for_it_again() -> None:
    person = Person(menu(), departments=PICKS)
    assert person.keys("3").screen == "pick\n1 Waste\n2 Roads\n3 none_of_these\n0 back"
    assert person.keys("2", "0").step == "pick"
    assert [name for name, _ in person.calls] == ["departments", "departments"]
    assert person.keys("1").state["fields"]["department"] == "waste"
    assert Person(menu(), departments=PICKS).keys("3", "3").step == "home"
    assert Person(menu(), departments=Result("none")).keys("3").step == "home"


def test_nobody_goes_back_behind_what_is_done() -> None:
    after = Node("send", "call", call="add", arguments={"words": "$words"}, outcomes=dict.fromkeys(
        ("done", "closed", "refused"), "age"))  # fmt: skip
    turn = Person(menu(after), add=DONE).keys("1", "words", "05032026", "1")
    assert (turn.step, turn.state["back"], "words" in turn.state["fields"]) == ("age", [], False)
    refused = Person(menu(after), add=Result("refused")).keys("1", "words", "05032026", "1")
    assert refused.state["fields"]["words"] == "words"
    assert refused.state["back"]


@pytest.mark.parametrize("outcome", ["wrong", "open", "locked"])
def test_a_code_is_forgotten_once_it_was_tried(outcome: str) -> None:
    person = Person(menu(), prove=Result(outcome))
    turn = person.keys("2", f"1234567{check_digit('1234567')}", "4711")
    assert person.calls == [("prove", {"code": "4711"})]
    assert "4711" not in json.dumps(turn.state)


def test_three_wrong_inputs_offer_help() -> None:
    person = Person(menu())
    assert person.keys("7").screen.startswith("wrong\nHello City.")
    assert person.keys("x").step == "home"
    assert person.keys("9").step == "rescue"
    assert person.turn.state["wrong"] == 0
    assert person.keys("9", "1").step == "say"


def test_a_right_input_forgives_the_wrong_ones() -> None:
    person = Person(menu())
    person.keys("7", "8", "1", "0", "7", "8")
    assert person.turn.step == "home"


@pytest.mark.parametrize(
    ("kind", "said", "kept"),
    [
        ("text", "  Two  words ", "Two  words"),
        ("text", "ab", None),
        ("text", "x" * 481, None),
        ("text", "a\x00bc", "a bc"),
        ("number", "17", "17"),
        ("number", "007", "7"),
        ("number", "121", None),
        ("number", "0", None),
        ("number", "-3", None),
        ("number", "१२", None),
        ("date", "05.03.2026", "2026-03-05"),
        ("date", "5/03/2026", "2026-03-05"),
        ("date", "29022028", "2028-02-29"),
        ("date", "29022026", None),
        ("date", "2026-03-05", None),
        ("code", "47 11", "4711"),
        ("code", "471", None),
        ("code", "٤٧١١", None),
        ("reference", "12345670", None),
        ("reference", "nothing", None),
    ],
)
def test_an_entry_is_read_or_asked_for_again(kind: str, said: str, kept: str | None) -> None:
    bounds = {"text": (3, 0), "number": (1, 120)}.get(kind, (1, 0))
    assert entries.read(Node("n", kind, least=bounds[0], most=bounds[1]), said) == kept


def test_a_reference_is_taken_in_any_spacing() -> None:
    whole = f"1234567{check_digit('1234567')}"
    for written in (whole, f"{whole[:4]}-{whole[4:]}", f" {whole[:4]} {whole[4:]} "):
        assert entries.read(Node("n", "reference"), written) == whole


def test_a_result_that_nobody_asked_for_is_a_mistake_of_ours() -> None:
    with pytest.raises(LookupError, match="asked nothing"):
        step(menu(), Person(menu()).turn.state, DONE)


def test_values_that_a_call_does_not_give_are_left_out() -> None:
    person = Person(menu(), prove=Result("open", {"status": "in work", "fields": "x"}))
    turn = person.keys("2", f"1234567{check_digit('1234567')}", "4711")
    assert turn.state["fields"]["status"] == "in work"
    assert "fields" not in turn.state["fields"]


def test_a_cut_dialogue_is_offered_again() -> None:
    small = menu()
    cut = Person(small).keys("1", "The gutter").state
    person = Person(small, resume(small, cut, language="en"))
    assert person.turn.screen == "cut\n1 cut.go_on\n2 cut.anew"
    again = Person(small, resume(small, person.turn.state, language="en"))  # cut at this very question
    assert again.turn.screen == person.turn.screen
    assert again.keys("1").step == "day"
    assert again.turn.state["fields"] == {"channel": "ussd", "words": "The gutter"}
    assert person.keys("2").step == "home"
    assert person.turn.state["fields"] == {"channel": "ussd"}


def test_nothing_is_offered_where_nothing_was_begun() -> None:
    small = menu()
    assert "cut" not in resume(small, Person(small).turn.state, language="en")
    assert "cut" not in resume(small, Person(small).keys("1").state, language="en")


def test_whoever_does_not_answer_the_offer_gets_help() -> None:
    small = menu()
    person = Person(small, resume(small, Person(small).keys("1", "The gutter").state, language="en"))
    assert person.keys("5", "5", "5").step == "rescue"


def test_a_menu_that_changed_begins_anew_and_keeps_the_words() -> None:
    cut = Person(menu()).keys("1", "The gutter is choked").state
    changed = menu(Node("age", "number", to="end", save="age", most=99))
    person = Person(changed, resume(changed, cut, language="en"))
    assert person.turn.step == "home"
    assert person.keys("1").screen == "Say it:\n1 keep The gutter is choked\n0 back"
    assert person.keys("1").state["fields"]["words"] == "The gutter is choked"
    assert Person(changed, resume(changed, cut, language="en")).keys("1", "Other words").state["fields"]["words"] == (
        "Other words"
    )


def test_a_mended_text_changes_no_menu() -> None:
    assert menu().digest == menu(home="Good day").digest
    assert menu().digest != menu(Node("age", "number", to="end", save="age", most=99)).digest


def test_every_call_of_the_small_menu_waits_for_its_result() -> None:
    found = step(menu(), Person(menu()).turn.state, "3")
    assert isinstance(found, Call)
    assert found.state["calling"]
    assert len(NODES) == len({one.key for one in NODES})
