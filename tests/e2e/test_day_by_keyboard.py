"""A day at the desk by keyboard alone: two cases of one citizen are answered, become one, and are settled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.citizens import Citizen
from tests.e2e.keyboard import KeyboardAgent
from tests.e2e.product import Product

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
WORDS, DIALLED = "The gutter behind our house is choked", "Our gutter is choked and water stands in the yard"
PLACE = "Market Circle"
ANSWER, ENDED = "Our crew comes tomorrow morning.", "The gutter was opened today."
MORE = "The water is in the room now"
Story = tuple[KeyboardAgent, Citizen, str, str]


@pytest.fixture(scope="module")
def desk(product: Product, browser: Any) -> Iterator[KeyboardAgent]:
    """The page of an agent who sees every case, logged in by keys."""
    agent = KeyboardAgent(browser.new_context(viewport={"width": 1440, "height": 900}).new_page(), product)
    agent.log_in("yaw")
    yield agent
    agent.page.context.close()
    assert agent.faults == []


@pytest.fixture(scope="module")
def story(product: Product, desk: KeyboardAgent) -> Story:
    """One citizen's two cases, by SMS and by USSD, which came while the agent looked."""
    citizen = Citizen(product, "+233200000901")
    citizen.texts(WORDS)
    first, _ = citizen.acknowledged()
    assert "Your reference is" in citizen.dials("1", DIALLED, PLACE, "1", "1")
    second, _ = citizen.acknowledged(after=1)
    return desk, citizen, first, second


def test_they_arrive_while_the_agent_looks(story: Story) -> None:
    desk, _, *both = story
    desk.sees("changed", at="#newbar")
    desk.presses("j")
    for reference in both:
        desk.page.locator(row_of(reference)).wait_for(state="detached")
    desk.presses(".", until=lambda: desk.page.locator(row_of(both[1])).wait_for())
    desk.page.locator(row_of(both[0])).wait_for()


def test_one_is_taken_answered_taken_back_and_answered(story: Story) -> None:
    desk, citizen, first, _ = story
    desk.opens(first)
    desk.presses("t", until=lambda: desk.sees("You", at=".case-head"))
    desk.presses("r", until=lambda: desk.has_focus("#reply-text"))
    desk.types(ANSWER)
    desk.sees("1 part", at="#parts")
    desk.presses("Control+Enter", until=lambda: desk.sees(ANSWER, at=".msg-out"))
    desk.sees("left to take it back", at=".undo")
    desk.presses("u", until=lambda: desk.has_focus("#reply-text"))
    assert desk.page.input_value("#reply-text") == ANSWER
    assert desk.page.locator(".msg-out", has_text=ANSWER).count() == 0
    desk.presses("Control+Enter", until=lambda: desk.sees(ANSWER, at=".msg-out"))
    citizen.reads(ANSWER)


def test_a_reply_is_chosen_instead_of_written(story: Story) -> None:
    desk, citizen, first, _ = story
    desk.presses("r", until=lambda: desk.has_focus("#reply-text"))
    desk.types("::")
    desk.has_focus("#choice-q")
    desk.types("landmark")
    desk.presses("Enter", until=lambda: desk.has_focus("[data-insert]"))
    desk.presses("Enter", until=lambda: desk.has_focus("#reply-text"))
    assert "the name of the street or a landmark" in desk.page.input_value("#reply-text")
    desk.presses("Control+Enter", until=lambda: desk.sees("a landmark near it", at=".msg-out"))
    citizen.reads("a landmark near it")
    assert first in desk.page.url


def test_a_macro_does_several_things_to_the_other(story: Story) -> None:
    desk, citizen, _, second = story
    desk.goes_to(second)
    desk.presses("m", until=lambda: desk.has_focus("a[href*='/macros/']"))
    desk.tabs_to("A crew is on its way") if "crew" not in desk.has_focus()["words"] else None
    desk.presses("Enter", until=lambda: desk.sees("This will", at="#main"))
    desk.tabs_to("Do it")
    desk.presses("Enter", until=lambda: desk.sees("is on its way to you", at=".msg-out"))
    desk.sees("A crew was sent.")
    citizen.reads("is on its way to you")


def test_a_note_tells_a_colleague(story: Story) -> None:
    desk, _, _, second = story
    desk.presses("n", until=lambda: desk.has_focus("#note-text"))
    desk.types("The crew has no truck today, @Esi")
    desk.page.locator("#names [data-name]").first.wait_for()
    desk.presses("ArrowDown", "Enter", until=lambda: desk.has_focus("#note-text"))
    assert desk.page.input_value("#note-text") == "The crew has no truck today, @Esi Demo "
    desk.presses("Control+Enter", until=lambda: desk.sees("no truck today, @Esi Demo", at=".msg-note"))
    assert second in desk.page.url


def test_one_is_put_aside_and_comes_back_with_the_citizens_words(story: Story) -> None:
    desk, citizen, first, _ = story
    desk.goes_to(first)
    desk.presses("z", until=lambda: desk.has_focus("#snooze-when"))
    desk.tabs_to("Why")
    desk.types("The crew looks tomorrow")
    desk.presses("Enter", until=lambda: desk.sees("The crew looks tomorrow"))
    desk.page.locator(row_of(first)).wait_for(state="detached")
    citizen.texts(f"{first} {MORE}")
    desk.page.locator("#casebar").wait_for()
    desk.presses(".", until=lambda: desk.sees(MORE))
    desk.page.locator(row_of(first)).wait_for()


def test_two_become_one_part_and_become_one_again(story: Story) -> None:
    desk, _, first, second = story
    for again in (False, True):
        desk.presses("g", until=lambda: desk.has_focus("input[name=find]"))
        desk.types(second)
        desk.presses("Enter", until=lambda: desk.has_focus("input[name=others]:checked"))
        desk.tabs_to("Merge")
        desk.presses("Enter", until=lambda: desk.sees(f"merged {second} into this case"))
        desk.sees(DIALLED)
        if not again:
            desk.presses("u", until=lambda: desk.has_focus("#timeline .undo button"))
            desk.presses("Enter", until=lambda: desk.sees("is a case of its own again"))
    desk.goes_to(second)
    desk.open_is(first)
    desk.sees(f"{second} was merged into this case")


def test_it_is_resolved_and_the_old_reference_tells_so(story: Story) -> None:
    desk, citizen, first, second = story
    desk.presses("r", until=lambda: desk.has_focus("#reply-text"))
    desk.types(ENDED)
    desk.presses("Escape", until=lambda: desk.has_focus("#timeline"))
    desk.presses("e", until=lambda: desk.has_focus("#outcome"))
    desk.chooses("Fixed")
    desk.presses("Tab", "Enter", until=lambda: desk.sees(ENDED, at=".msg-out"))
    desk.sees("Resolved, fixed", at=".case-head")
    citizen.reads(ENDED)
    citizen.texts(f"STATUS {second}")
    assert first not in citizen.reads(f"Case {second} is settled")
    assert Counter(citizen.read).most_common(1)[0][1] == 1, "each SMS came once"


def test_everything_is_found_without_knowing_a_key(story: Story) -> None:
    desk, _, first, _ = story
    desk.goes_to(first)
    before = desk.has_focus()
    desk.presses("Control+k", until=lambda: desk.has_focus("#palette-text"))
    desk.types("all keys")
    desk.presses("Enter", until=lambda: desk.page.locator("#keysheet[open]").wait_for())
    desk.presses("Escape", until=lambda: desk.page.locator("#keysheet[open]").wait_for(state="hidden"))
    assert desk.has_focus() == before
    desk.presses("?", until=lambda: desk.page.locator("#keysheet[open]").wait_for())
    desk.tabs_to("Switch the letters off")
    with desk.page.expect_response(re.compile("/desk/keys")):
        desk.presses("Space")
    desk.presses("Escape", "r")
    assert desk.has_focus() == before, "a letter does nothing now"
    desk.presses("?", until=lambda: desk.page.locator("#keysheet[open]").wait_for())
    desk.tabs_to("Switch the letters off")
    with desk.page.expect_response(re.compile("/desk/keys")):
        desk.presses("Space")
    desk.presses("Escape", "r", until=lambda: desk.has_focus("#reply-text"))


def row_of(reference: str) -> str:
    return f'.qrow[data-reference="{reference.replace("-", "")}"]'
