"""A day on a phone's screen: everything an agent does at a desk, by thumb, and no page is wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.citizens import Citizen
from tests.e2e.product import Product
from tests.e2e.thumb import ThumbAgent

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
WORDS, TOO = "The gutter behind our house is choked", "The gutter of our lane is choked as well"
LAMP, BIN = "And the street light at the school is off", "When is our bin emptied? Nobody came this week"
ANSWER, ENDED = "Our crew comes tomorrow morning.", "The gutter was opened today."
Story = tuple[ThumbAgent, Citizen, str, str]


@pytest.fixture(scope="module")
def hand(product: Product, browser: Any) -> Iterator[ThumbAgent]:
    """The phone of an agent who sees every case, logged in."""
    agent = ThumbAgent(browser, product)
    agent.log_in("yaw")
    yield agent
    agent.close()
    assert agent.faults == []


@pytest.fixture(scope="module")
def story(product: Product, hand: ThumbAgent) -> Story:
    """The cases of two citizens who wrote of the same gutter; one of them of something else as well."""
    citizen, neighbour = Citizen(product, "+233200000911"), Citizen(product, "+233200000912")
    citizen.texts(WORDS)
    first, _ = citizen.acknowledged()
    citizen.texts(f"{first} {LAMP}")
    neighbour.texts(TOO)
    second, _ = neighbour.acknowledged()
    return hand, citizen, first, second


def test_what_came_is_shown_narrowed_searched_for_and_opened(story: Story) -> None:
    hand, _, first, second = story
    hand.sees("changed", at="#newbar")
    hand.taps(hand.page.locator("#newbar"))
    hand.row(second).wait_for()
    hand.taps(hand.menu("Narrow"))
    hand.chooses("Priority", "Normal")
    hand.taps(hand.button("Narrow"))
    hand.sees("Normal", at=".narrowed")
    hand.taps(hand.link("take it off"))
    hand.writes("Search all cases", "our lane is choked")
    hand.page.get_by_label("Search all cases").press("Enter")
    hand.row(first).wait_for(state="detached")
    hand.opens(second)
    hand.sees(TOO, at=".msg-in")
    hand.page.go_back()
    hand.row(second).wait_for()
    hand.sees("our lane is choked", at=".narrowed")
    assert not hand.page.locator("#timeline").is_visible()
    hand.taps(hand.link("our lane is choked.*take it off"))
    hand.row(first).wait_for()


def test_it_is_answered_taken_back_and_answered(story: Story) -> None:
    hand, citizen, first, _ = story
    hand.goes("/desk")
    hand.opens(first)
    hand.taps(hand.button("Take"))
    hand.button("Take").wait_for(state="hidden")
    hand.writes("Answer to the citizen", ANSWER)
    hand.sees("1 part", at="#parts")
    hand.taps(hand.button("Send$"))
    hand.sees(ANSWER, at=".msg-out")
    hand.taps(hand.button("Undo"))
    hand.sees("took a reply back", at="#timeline")
    assert hand.page.input_value("#reply-text") == ANSWER
    hand.taps(hand.button("Send$"))
    hand.sees(ANSWER, at=".msg-out")
    citizen.reads(ANSWER)
    assert citizen.read.count(ANSWER) == 1


def test_a_message_becomes_a_case_of_its_own(story: Story) -> None:
    hand, _, first, _ = story
    hand.sees_delivered(ANSWER)  # a report is a change of the case, too
    message = hand.page.locator(".msg-in", has_text=LAMP)
    hand.taps(message.get_by_role("link", name="File elsewhere"))
    hand.taps(hand.page.get_by_label("A new case, routed by its own words"))
    hand.writes("Why", "Another matter")
    hand.taps(hand.button("File it there"))
    hand.sees(LAMP, at=".msg-in")
    assert first not in hand.page.url


def test_two_become_one(story: Story) -> None:
    hand, _, first, second = story
    hand.goes("/desk")
    hand.opens(first)
    hand.taps(hand.link("^Merge"))
    hand.page.get_by_label("Find the other case").fill(second)
    hand.taps(hand.button("Find"))
    assert hand.page.locator("input[name=others]").is_checked()
    hand.taps(hand.button("Merge"))
    hand.sees(f"merged {second} into this case", at="#timeline")
    hand.sees(TOO, at=".msg-in")


def test_it_is_put_aside_taken_up_and_resolved(story: Story) -> None:
    hand, citizen, first, _ = story
    hand.taps(hand.menu("Put aside"))
    hand.writes("Why", "The crew looks tomorrow")
    hand.taps(hand.button("Put aside"))
    hand.sees("The crew looks tomorrow", at="#timeline")
    hand.goes_back()
    assert hand.row(first).count() == 0
    hand.taps(hand.link("Put aside"))
    hand.taps(hand.link(first))
    hand.taps(hand.page.locator(".case-head .menu summary", has_text="2026"))
    hand.taps(hand.button("Take it up again now"))
    hand.writes("Answer to the citizen", ENDED)
    hand.chooses("Outcome", "Fixed")
    hand.taps(hand.button("Send and resolve"))
    hand.sees("Resolved, fixed", at=".case-head")
    citizen.reads(ENDED)
    assert citizen.read.count(ENDED) == 1


def test_several_are_done_at_once(story: Story, product: Product) -> None:
    hand, *_ = story
    both = []
    for number, words in (("+233200000913", WORDS), ("+233200000914", BIN)):
        citizen = Citizen(product, number)
        citizen.texts(words)
        both.append(citizen.acknowledged()[0])
    hand.goes("/desk")
    for reference in both:
        hand.taps(hand.box(reference))
    hand.sees("2 selected", at="#bulk")
    hand.chooses("What to do with the selected rows", "Merge them")
    hand.taps(hand.button("Go on"))
    hand.page.locator("input[name=others]:checked").wait_for()
    hand.page.go_back()
    hand.sees("2 selected", at="#bulk")
    hand.chooses("What to do with the selected rows", "Take")
    hand.taps(hand.button("Go on"))
    hand.sees("2 of 2 would be done")
    hand.taps(hand.button("Take: 2 cases"))
    hand.sees("2 done")
    hand.taps(hand.button("Undo"))
    hand.sees("Undone")
    hand.goes_back()


def test_articles_notices_and_the_account_are_in_reach(story: Story) -> None:
    hand, *_ = story
    hand.goes("/desk")
    hand.taps(hand.link("^Articles"))
    hand.sees("Articles")
    hand.taps(hand.link("Write one"))
    hand.sees("Title")
    hand.page.go_back()
    hand.sees("Write one")
    hand.goes_back()
    hand.taps(hand.link("^Notices"))
    hand.sees("Notices")
    hand.goes("/desk")
    hand.taps(hand.link("You$"))
    for name in ("Your password", "Where you are logged in", "How you are told"):
        hand.taps(hand.link(name))
        hand.page.get_by_role("heading", name=name).first.wait_for()
        hand.fits()
        hand.page.go_back()
        hand.button("Log out").wait_for()
    hand.taps(hand.button("Log out"))
    hand.page.get_by_label("User name").wait_for()
    hand.fits()
