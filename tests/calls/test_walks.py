"""A sample of the random walks, in the tests' own menu and in the shipped one; ``bin/faults calls`` walks ten thousand.

``CONTACTCENTRE_WALK_SEED`` is another place to begin at.
"""

from __future__ import annotations

import os

import pytest

from channels.voice.values import Connect, HangUp, Prompt, Speak, VoicePage
from config.settings import Settings
from contactcentre.db import Database
from tests.calls.both_gateways import BothWays, check
from tests.calls.line import OURS
from tests.calls.walking import KEYS, REACHED, walked
from tests.channels import twiml_rebuilt

SEED, WALKS = int(os.environ.get("CONTACTCENTRE_WALK_SEED", "1")), 120
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize("menu", list(KEYS))
def test_walks_hear_what_both_gateways_can_say_and_leave_nothing_open(
    settings: Settings, db: Database, menu: str
) -> None:
    tally = walked(settings, db, SEED, WALKS, menu=menu)
    assert tally.documents == 2 * tally.pages > 4 * WALKS
    for step in ("Ask", "Wait"):
        assert tally.did[step, "silent"] and tally.did[step, "hangs up"], (step, tally.did)
    assert sum(tally.did["Connect", reached] for reached in REACHED) and tally.did["Connect", "hangs up"]


def test_a_page_that_a_gateway_would_not_understand_is_noticed() -> None:
    line = BothWays()
    line.say(None, VoicePage((Speak((Prompt("Hello."),)), HangUp()), 1), callback="https://x/y")
    assert (line.pages, line.documents, line.wrong) == (1, 2, [])
    line.say(None, VoicePage((Speak((Prompt("Hello.", audio="http://x/1.wav"),)), HangUp()), 1), callback="https://x/y")
    line.say(None, VoicePage((Connect("0201234567", 20, OURS),), 1), callback="https://x/y")
    assert [words.partition(":")[0] for words in line.wrong] == ["africastalking", "twilio"] * 2


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<Shout>Hello</Shout>", "puts no shout into VoiceResponse"),
        ('<Say loudness="3">Hello</Say>', "Say takes no loudness"),
        ("<Gather><Dial/></Gather>", "puts no dial into Gather"),
        ("<Say>Hello</Say>", ""),
    ],
)
def test_twilios_own_builder_tells_what_it_does_not_know(inner: str, words: str) -> None:
    found = twiml_rebuilt.faults(f"{HEAD}<Response>{inner}</Response>")
    assert [words in one for one in found] == ([True] if words else [])


def test_a_page_that_leads_elsewhere_is_noticed() -> None:
    page = VoicePage((HangUp(),), 3)
    leads = f"{HEAD}<Response><Redirect>https://contact.northport.example/hooks/voice/secret/call?turn=2</Redirect></Response>"
    assert check("twilio", leads, page) == ["it leads to the turns {'2'}"]
