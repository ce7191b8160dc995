"""The menu by voice: what is heard and pressed on every way, recordings that may be refused, people behind the menu."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from channels.dialogue import spoken
from channels.dialogue.calls import CALLS
from channels.dialogue.engine import begin, step
from channels.dialogue.menu import VOICE, MenuText, Node
from channels.dialogue.resume import resume
from channels.dialogue.spoken import REPEAT, Texts, understood
from channels.dialogue.values import Call, Result, Turn
from channels.voice.values import LEAST_SECONDS, Ask, HangUp, Record, Speak, Wait
from tests.unit.callers import CASE, FACTS, Caller, prompts
from tests.unit.dialogues import Person, menu, shipped


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("4821-7739", "4 8 2 1, 7 7 3 9"),
        ("48217739", "4 8 2 1, 7 7 3 9"),
        ("112", "1 1 2"),
        ("3052", "3 0 5 2"),
        ("", ""),
    ],
)
def test_digits_are_read_in_groups(text: str, read: str) -> None:
    assert spoken.digits(text) == read


@pytest.mark.parametrize(
    ("expects", "keys", "said"),
    [
        ("choice", "3", "3"),
        ("choice", "9", REPEAT),
        ("choice", "0", "0"),
        ("choice", "", ""),
        ("confirm", "1", "1"),
        ("last", "9", REPEAT),
        ("last", "", ""),
        ("reference", "48217739", "48217739"),
        ("reference", "48217739#", "48217739"),
        ("reference", "4821*7739", "48217739"),
        ("reference", "9", REPEAT),
        ("reference", "9#", REPEAT),
        ("code", "9999", "9999"),
        ("code", "0", "0"),
        ("text", "", ""),
        ("text", "9", ""),
        ("agent", "1", None),
        ("", "1", None),
    ],
)
def test_what_keys_mean(expects: str, keys: str, said: str | None) -> None:
    assert understood(expects, keys) == said


def test_danger_to_life_comes_first_and_then_the_choices() -> None:
    caller = Caller(shipped())
    begun = "Welcome to The City. If life is in danger, hang up and call 1 1 2 at once. How can we help you?"
    assert caller.heard.startswith(f"{begun} To report a problem, press 1. To follow a case of yours, press 2.")
    assert caller.heard.endswith("To choose another language, press 7. To hear this again, press 9.")
    (ask,) = caller.page.steps
    assert ask == Ask(prompts(caller.page), 1, "", LEAST_SECONDS)
    assert "Welcome" not in heard_after(caller, "2", "0")  # greeted once


def heard_after(caller: Caller, *keys: str) -> str:
    caller.press(*keys)
    return caller.heard


def test_somebody_who_cannot_read_reports_hears_the_reference_and_follows_the_case() -> None:
    caller = Caller(shipped())
    assert "For a choked drain or gutter, press 2." in heard_after(caller, "1")
    asked = heard_after(caller, "2")
    assert "Only our officers hear it, and it is kept for 90 days." in asked
    assert "If you do not want to be recorded, press 2. To go back, press 0." in asked
    assert caller.press("1").expects == "text"
    (record,) = caller.page.steps
    assert isinstance(record, Record)
    assert caller.heard == "Speak after the tone. When you have finished, press the hash key."
    assert caller.speak(42).step == "tell_sure"
    assert caller.press("1").expects == "last"
    assert caller.calls == [("report", {"words": "Recorded message (0:42)", "service": "drain"})]
    said = "Your reference is 4 8 2 1, 7 7 3 9. Once more: 4 8 2 1, 7 7 3 9. Its code is 3 0 5 2. Once more: 3 0 5 2."
    assert said in caller.heard
    assert caller.heard.endswith("press 0. Or hang up. To hear this again, press 9.")
    assert caller.press("9").expects == "last"
    assert "code" in caller.turn.state["fields"]
    assert caller.press("0").step == "home"
    assert "code" not in caller.turn.state["fields"]

    again = Caller(shipped(), add=Result("refused"))
    assert "key in the eight digits" in heard_after(again, "2")
    assert again.page.steps[0] == Ask(prompts(again.page), 0, "#", spoken.ENTRY_SECONDS)
    told = heard_after(again, "48217739")
    assert "The case 4 8 2 1, 7 7 3 9: in work. You will hear from us by Tuesday 3 March, 14:00." in told
    for wish in ("say more about it, press 1", "called back about it, press 2", "withdraw it, press 3"):
        assert wish in told
    again.press("1", "1")
    again.answers["prove"] = Result("promised", CASE)
    assert again.speak().step == "add_code"
    again.answers["add"] = Result("done")
    assert again.press("3052").step == "add_done"
    assert ("add", {"words": "Recorded message (0:42)"}) in again.calls


def test_a_case_is_withdrawn_rated_and_a_call_back_asked_for() -> None:
    caller = Caller(shipped())
    assert caller.press("2", "48217739", "3", "1").step == "withdraw_done"
    assert caller.press("0", "5", "3052").step == "rate_none"  # the house says that it is not settled
    rater = Caller(shipped(), prove=Result("ended", CASE))
    assert rater.press("5", "3052").step == "rate_score"
    assert rater.press("1").step == "rate_done"
    assert rater.calls[-1] == ("rate", {"score": "5"})
    assert Caller(shipped()).press("2", "48217739", "2").step == "call_done"


def test_whoever_does_not_want_to_be_recorded_speaks_to_somebody_or_is_called_back() -> None:
    caller = Caller(shipped())
    assert caller.press("1", "7", "2").step == "unrecorded"
    assert caller.heard.startswith("You are not recorded.")
    assert caller.press("1").expects == "agent"
    assert caller.turn.state["fields"]["department"] == "*"
    assert Caller(shipped()).press("1", "7", "2", "2").step == "call_done"


def test_consent_holds_for_the_call_and_each_recording_is_announced() -> None:
    caller = Caller(shipped())
    caller.press("1", "1", "1")
    caller.speak()
    assert caller.press("2").expects == "text"  # not to be sent: say it again
    assert "What you say is recorded and kept for 90 days. Speak after the tone." in caller.heard
    assert caller.press("").expects == "text"  # nothing was said
    assert caller.heard.startswith("Sorry, I did not understand.")


def test_the_line_to_a_person_and_what_comes_while_nobody_is_there() -> None:
    caller = Caller(shipped())
    assert caller.press("6", "2").step == "talk_office"
    assert caller.heard.count("press ") == 7 + 3
    assert "For more choices, press 8." in caller.heard
    assert "Office 8, press 1. Office 9, press 2." in heard_after(caller, "8")
    assert "Office 1, press 1." in heard_after(caller, "8")  # round again
    assert caller.press("8", "2").expects == "agent"
    assert caller.turn.state["fields"]["department"] == "office-9"
    assert caller.page.steps == (Wait(prompts(caller.page), "", 1),)
    caller.told(Result("closed", {"opens": "tomorrow at 8 o'clock"}))
    assert "We are there again tomorrow at 8 o'clock. To be called back, press 1." in caller.heard
    assert caller.press("2").step == "tell"
    other = Caller(shipped())
    other.press("6", "1")
    assert other.told(Result("nobody")).step == "talk_nobody"
    third = Caller(shipped())
    third.press("6", "1")
    assert third.told(Result("unheard-of")).step == "talk_closed"


def test_a_display_never_leads_to_a_person_at_once() -> None:
    person = Person(shipped(), call_me=Result("done", {"reference": "4821-7739"}))
    assert person.keys("6").step == "talk"
    person_node = Node("say", "agent", outcomes={"closed": "end", "nobody": "rescue"})
    found = Person(menu(person_node)).keys("1")
    assert (found.step, found.ends) == ("end", True)


def test_three_silences_lead_to_help_and_three_more_to_the_end() -> None:
    caller = Caller(shipped())
    assert caller.press("", "").step == "home"
    assert caller.heard.startswith("Sorry, I did not understand. How can we help you?")
    assert caller.press("").step == "rescue"
    assert "To talk to an officer, press 1." in caller.heard
    assert not caller.press("", "").ends
    assert caller.press("").ends
    assert caller.page.steps == (Speak(prompts(caller.page)), HangUp())
    assert caller.heard == "Thank you for calling. Goodbye."


def test_after_the_last_words_silence_ends_the_call_and_a_slip_does_not() -> None:
    caller = Caller(shipped())
    caller.press("2", "48217739", "2")
    assert caller.press("5").expects == "last"
    assert not caller.turn.ends
    assert caller.press("").ends


def speaks_twi() -> dict[tuple[str, str], MenuText]:
    return {
        ("offer", "tw"): MenuText("Twi kasa, mia {key}."),
        ("hello", "tw"): MenuText("Akwaaba {organisation}: {emergency}."),
    }


def test_a_stranger_chooses_a_language_where_there_is_a_choice() -> None:
    english = Caller(shipped(), known=False)
    assert english.turn.step == "home"
    twi = replace(shipped(), spoken={**shipped().spoken, **speaks_twi()})
    languages = Result("some", choices=(("en", "English"), ("tw", "Twi")))
    caller = Caller(twi, known=False, languages=languages)
    assert caller.turn.step == "hello_language"
    assert "Please choose your language. For English, press 1. Twi kasa, mia 2." in caller.heard
    assert [one.language for one in prompts(caller.page) if "mia" in one.text] == ["tw"]
    assert caller.press("2").step == "home"
    assert caller.heard.startswith("Akwaaba The City: 1 1 2. How can we help you?")
    assert [one.language for one in prompts(caller.page)][:2] == ["tw", "en"]
    assert Caller(twi, known=True).turn.step == "home"
    same = Caller(twi, known=False, languages=languages)
    same.press("1")
    assert "Welcome" not in same.heard  # has been said in this language


def test_a_call_that_was_cut_is_offered_again() -> None:
    every = shipped()
    cut = Caller(every).press("1", "2").state
    caller = Caller(every)
    found = step(every, resume(every, cut, language="en", channel=VOICE), None, facts=FACTS)
    assert isinstance(found, Turn)
    caller.turn = found
    assert "To go on, press 1. To start again, press 2." in caller.heard
    assert caller.press("1").step == "tell_words"


RECORDED = {
    **{(f"digit.{one}", "en"): f"https://city.example/{one}" for one in range(10)},
    ("pause", "*"): "https://city.example/pause",
    ("tell_done/2", "en"): "https://city.example/once-more",
    ("home.report", "en"): "https://city.example/report",
}


def test_what_is_recorded_is_played_and_the_rest_is_read() -> None:
    caller = Caller(shipped(), recorded=RECORDED)
    said = prompts(caller.page)
    place = next(n for n, one in enumerate(said) if one.audio.endswith("/report"))
    assert [one.text for one in said[place + 1 : place + 3]] == ["press", "1"]
    assert said[place + 2].audio == "https://city.example/1"
    caller.press("1", "2", "1")
    caller.speak()
    caller.press("1")
    said = prompts(caller.page)
    assert said[0].text.startswith("We have received your report. Your reference is")
    assert "".join(one.audio[-1] for one in said[1:10]) == "4821e7739"
    assert said[10].audio == "https://city.example/once-more"


def test_digits_of_which_one_is_not_recorded_are_all_read() -> None:
    some = {key: value for key, value in RECORDED.items() if key != ("digit.7", "en")}
    caller = Caller(shipped(), recorded=some)
    caller.press("1", "2", "1")
    caller.speak()
    caller.press("1")
    assert not any(one.audio.endswith("/4") for one in prompts(caller.page))
    assert "4 8 2 1, 7 7 3 9" in caller.heard


TEXTS = Texts(shipped(), "en", FACTS)


def test_waiting() -> None:
    music = {("music", "*"): "https://city.example/music"}
    page = spoken.wait_page(TEXTS, position=3, minutes=4, number=7, recorded=music, first=True)
    (wait,) = page.steps
    assert wait == Wait(prompts(page), "https://city.example/music", spoken.WAIT_SECONDS)
    said = " ".join(one.text for one in prompts(page))
    assert said.startswith("All our officers are speaking to others. Please wait. You are number 3 in the queue.")
    assert said.endswith("about 4 minutes. To be called back without losing your place, press 1.")
    bare = spoken.wait_page(TEXTS, position=None, minutes=None, number=8, recorded={})
    assert [one.text for one in prompts(bare)] == ["To be called back without losing your place, press 1."]
    assert bare.steps == (Wait(prompts(bare), "", spoken.WAIT_SECONDS),)
    near = spoken.wait_page(TEXTS, position=1, minutes=1, number=8, recorded={})
    assert prompts(near)[0].text == "You are the next."
    assert prompts(near)[1].text == "It will take about a minute."


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (spoken.closed(TEXTS, number=2, recorded={}, opens="on Monday"), "We are there again on Monday."),
        (spoken.goodbye(TEXTS, number=2, recorded={}), "Goodbye."),
        (spoken.trouble(TEXTS, number=2, recorded={}), "call 1 1 2."),
        (spoken.refused(TEXTS, number=2, recorded={}), "not put through"),
        (spoken.called_back(TEXTS, number=2, recorded={}), "You keep your place."),
    ],
)
def test_last_pages_say_it_and_end(page: spoken.VoicePage, words: str) -> None:
    assert page.turn == 2
    assert words in " ".join(one.text for one in prompts(page))
    assert page.steps[-1] == HangUp()


def test_every_way_of_the_shipped_menu_can_be_listened_to() -> None:
    """Two thousand callers press, speak and stay silent as chance has it; the house answers every outcome it may."""
    every, chance, seen = shipped(), random.Random(9), set[str]()
    for _ in range(2_000):
        said: str | Result | None = None
        state = begin(every, language="en", channel=VOICE, known=chance.random() < 0.5)
        for number in range(60):
            found = step(every, state, said, facts=FACTS)
            state = found.state
            if isinstance(found, Call):
                said = house(found.name, chance)
                continue
            seen.add(found.step)
            whole(spoken.page(every, found, {}, number=number), found)
            if found.ends:
                break
            said = pressed(found, chance)
    asked = {key for key in every.reached(VOICE) if every.nodes[key].kind not in ("call", "decide")}
    assert asked - seen == {"hello_language"}  # one language alone is spoken


def house(name: str, chance: random.Random) -> Result:
    shape = CALLS[name]
    choices = tuple((str(one), f"Choice {one}") for one in range(chance.randint(1, 20)))
    values = {one: "4821-7739" if one == "reference" else "words" for one in shape.gives}
    return Result(chance.choice(sorted(shape.outcomes)), values, choices)


def pressed(turn: Turn, chance: random.Random) -> str | Result:
    if turn.expects == "agent":
        return Result(chance.choice(["closed", "nobody"]))
    if turn.expects == "text":
        return chance.choice(["", spoken.recording(chance.randint(1, 120))])
    if turn.expects in spoken.ENTRIES:
        right = {"reference": "48217739", "code": "3052"}[turn.expects]
        return chance.choice(["", "0", "17", *[right] * 7])
    return chance.choice(["", "0", *"1258", *[one.key for one in turn.choices] * 3])


def whole(page: spoken.VoicePage, turn: Turn) -> None:
    last = page.steps[-1]
    assert isinstance(last, Ask | Record | HangUp | Wait), turn.step
    said = " ".join(one.text for one in prompts(page))
    assert "{" not in said
    assert "Recorded message" not in said, turn.step
    assert all(one.text.strip() for one in prompts(page)), turn.step
    if isinstance(last, Ask):
        assert last.seconds >= LEAST_SECONDS
        assert "To hear this again, press 9" in said, turn.step
        assert ("press 0" in said) == (turn.back or turn.expects == "last"), turn.step
        assert all(f"press {one.key}." in said for one in turn.choices), turn.step
        assert "9" not in {one.key for one in turn.choices}
