"""The tests' line, of which every page is said in both gateways' words too, and each document is checked."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.voice.values import LEAST_SECONDS, CallHeard, Connect, VoicePage
from channels.webhook import WebhookReply
from contactcentre.calling import kept
from tests.calls.line import OURS, Line
from tests.channels import twiml_rebuilt
from tests.channels.voice_accounts import HOOK, channel
from tests.channels.voice_tables import AFRICASTALKING, TWILIO, Element, faults, tree

TABLES: Mapping[str, Mapping[str, Element]] = {"africastalking": AFRICASTALKING, "twilio": TWILIO}
ASKING = ("GetDigits", "Gather", "Record")


@dataclass
class BothWays(Line):
    """Every answer is rendered for each gateway as it would be given there. ``wrong``: what is not as it should be."""

    pages: int = 0
    documents: int = 0
    wrong: list[str] = field(default_factory=list)
    gateways: dict[str, Any] = field(default_factory=lambda: {name: channel(name, address=OURS) for name in TABLES})

    def say(self, heard: CallHeard | None, page: VoicePage, *, callback: str) -> WebhookReply:
        self.pages += 1
        for name, one in self.gateways.items():
            try:
                document = str(one.say(heard, page, callback=HOOK).body)
                found = check(name, document, page)
            except Exception as error:  # noqa: BLE001  the product would answer it with our trouble, and say no more
                found = [repr(error)]
            self.documents += 1
            self.wrong += [f"{name}: {words} ({page})" for words in found]
        return super().say(heard, page, callback=callback)


def check(gateway: str, document: str, page: VoicePage) -> list[str]:
    """Return everything that is wrong with a page as a gateway gets it."""
    found = faults(document, TABLES[gateway])
    if found:
        return found
    root = tree(document)
    if gateway == "twilio":
        found += twiml_rebuilt.faults(document)
    found += [f"{one.tag} waits {one.get('timeout')} s" for one in root.iter() if _is_short(one)]
    if not len(root):  # it only takes note
        return found
    turns, wanted = _turns(root), set() if kept.ends(page) else {str(page.turn)}
    if turns != wanted:
        found.append(f"it leads to the turns {turns}")
    telephones = {one.number for one in page.steps if isinstance(one, Connect)}
    rung = {one.get("phoneNumbers") or one[0].text for one in root.iter("Dial")}
    return found if rung == telephones else [*found, f"it rings {rung}"]


def _is_short(one: ET.Element) -> bool:
    return one.tag in ASKING and int(one.get("timeout", "0")) < LEAST_SECONDS


def _turns(root: ET.Element) -> set[str]:
    """Return the turns in all addresses that lead back to us."""
    every = [value for one in root.iter() for value in (*one.attrib.values(), one.text or "")]
    back = [urlsplit(value) for value in every if value.startswith(HOOK)]
    return {turn for url in back for turn in parse_qs(url.query).get("turn", ["none"])}
