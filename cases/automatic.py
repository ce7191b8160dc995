"""Texts that a machine writes: acknowledgements and answers to commands. Capped per number, never to a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from cases import mails, outbox
from cases.arrivals import Arrival, Speaker
from cases.departments import City
from cases.texts import TextMissing
from cases.writes import Writes

#: tells that only the beginning of a mail is here
CUT = "mail_cut"


class Withheld(StrEnum):
    """Why an automatic text was not sent; stands in the case's history."""

    NOT_A_PHONE = "the sender cannot be answered"
    BY_MACHINE = "a machine wrote it, or somebody to many"
    FORGED = "it came to an address that we did not sign"
    NOT_GENUINE = "its sender's domain says that it is not theirs"
    OPTED_OUT = "the citizen wants no automatic texts"
    NO_WORDS = "the configuration has no text for it"
    TOO_MANY = "this number had its automatic texts for this hour"


@dataclass(frozen=True, slots=True)
class Say:
    """What to say: a key of the catalogue and its values. ``fill`` are values that must not be stored with the text."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    #: an answer to what the citizen has just asked is sent although they opted out of automatic texts
    asked_for: bool = False
    #: where it leaves as mail
    head: mails.Head | None = None
    #: a second text below the first, of the same values
    also: str = ""


def say(writes: Writes, arrival: Arrival, speaker: Speaker, text: Say, *, city: City, account: str) -> int | Withheld:
    """Gather an automatic text from the account that the citizen wrote to; returns the message's id, or why not.

    Where that carries no texts, the one that answers for it does. ``speaker`` is the one of the arrival as a command
    may have changed them since.
    """
    if not speaker.answerable or _is_ours(speaker.address.value, city):
        return Withheld.NOT_A_PHONE
    if speaker.opted_out and not text.asked_for:
        return Withheld.OPTED_OUT
    lately = sum(at > arrival.at - timedelta(hours=1) for at in arrival.automatic)
    if lately >= city.limits.automatic_replies_per_hour:
        return Withheld.TOO_MANY
    account = city.accounts[account].answers_by or account
    channel = city.accounts[account].channel
    language = speaker.language or city.organisation.default_language
    words = _words(text, city, language=language, channel=channel)
    if not words:
        return Withheld.NO_WORDS
    draft = outbox.Draft(
        thread_id=speaker.thread_id,
        recipient=speaker.address,
        account=account,
        channel=channel,
        text=words,
        automatic=True,
        text_key=text.key,
        fill=text.fill,
        head=text.head,
    )
    outbox.add(writes, draft, message_id=arrival.reply_id, at=arrival.at)
    return arrival.reply_id


def _words(text: Say, city: City, *, language: str, channel: str) -> str:
    values = {**text.values, **{name: f"{{{name}}}" for name in text.fill}}
    found = []
    for key in filter(None, (text.key, text.also)):
        try:
            found.append(city.texts.render(key, language=language, channel=channel, **values))
        except TextMissing:
            if key != CUT:  # a configuration from before this text has none
                raise
    return "\n\n".join(found)


def _is_ours(address: str, city: City) -> bool:
    """Tell whether an address is one of our accounts', by whichever name behind a plus sign (RFC 5233)."""
    local, at, domain = address.partition("@")
    plain = f"{local.partition('+')[0]}{at}{domain}" if at else address
    return any(one.address.lower() == plain for one in city.accounts.values())
