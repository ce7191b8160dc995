"""Texts that a machine writes: acknowledgements and answers to commands. Capped per number, never to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from cases import outbox
from cases.arrivals import Arrival, Speaker
from cases.departments import City
from cases.writes import Writes


class Withheld(StrEnum):
    """Why an automatic text was not sent; stands in the case's history."""

    NOT_A_PHONE = "the sender cannot be answered"
    OPTED_OUT = "the citizen wants no automatic texts"
    TOO_MANY = "this number had its automatic texts for this hour"


@dataclass(frozen=True, slots=True)
class Say:
    """What to say: a key of the catalogue and its values. ``fill`` are values that must not be stored with the text."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    #: an answer to what the citizen has just asked is sent although they opted out of automatic texts
    asked_for: bool = False


def say(writes: Writes, arrival: Arrival, speaker: Speaker, text: Say, *, city: City, account: str) -> int | Withheld:
    """Gather an automatic text from the account that the citizen wrote to; returns the message's id, or why not.

    Where that carries no texts, the one that answers for it does. ``speaker`` is the one of the arrival as a command
    may have changed them since.
    """
    own = {one.address for one in city.accounts.values()}
    if not speaker.answerable or speaker.address.value in own:
        return Withheld.NOT_A_PHONE
    if speaker.opted_out and not text.asked_for:
        return Withheld.OPTED_OUT
    lately = sum(at > arrival.at - timedelta(hours=1) for at in arrival.automatic)
    if lately >= city.limits.automatic_replies_per_hour:
        return Withheld.TOO_MANY
    account = city.accounts[account].answers_by or account
    channel = city.accounts[account].channel
    placeholders = {name: f"{{{name}}}" for name in text.fill}
    language = speaker.language or city.organisation.default_language
    draft = outbox.Draft(
        thread_id=speaker.thread_id,
        recipient=speaker.address,
        account=account,
        channel=channel,
        text=city.texts.render(text.key, language=language, channel=channel, **text.values, **placeholders),
        automatic=True,
        text_key=text.key,
        fill=text.fill,
    )
    outbox.add(writes, draft, message_id=arrival.reply_id, at=arrival.at)
    return arrival.reply_id
