"""A turn of a dialogue as a page that is heard, what was pressed as what the engine hears, and the pages around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from channels.dialogue.menu import Menu
from channels.dialogue.phrases import Recorded, Speech, spelt
from channels.dialogue.values import Choice, Turn
from channels.dialogue.voiced import LAST
from channels.voice.values import LEAST_SECONDS, Ask, HangUp, Prompt, Record, Speak, VoicePage, Wait

#: what :func:`understood` says of nine: the same page once more
REPEAT: Final = "repeat"
#: the keys that say it again and go back, and the one that ends an entry of several digits
AGAIN, BACK, FINISH = "9", "0", "#"
#: kinds that are answered by several digits and the finish key, and by one
ENTRIES = ("number", "date", "reference", "code")
KEYS = ("choice", "confirm", "pick", LAST)
#: seconds in which an entry may begin: who reads a reference from paper needs longer
ENTRY_SECONDS = 12
RECORD_SECONDS, SILENCE_SECONDS = 120, 5
#: who waits is asked about every so many seconds beside what is said: so long is music, then there is time for a key.
#: Longer music would keep them from an agent who is free
MUSIC_SECONDS = 4
WAIT_SECONDS = MUSIC_SECONDS + LEAST_SECONDS
#: the language of what is no language: music, and the pause between groups of digits
NO_LANGUAGE = "*"
MUSIC = ("music", NO_LANGUAGE)


@dataclass(frozen=True, slots=True)
class Texts:
    """Where the sentences around the menu come from: the menu's own, in a language; they may name ``facts``."""

    menu: Menu
    language: str
    facts: Mapping[str, str] = field(default_factory=dict)


def page(menu: Menu, turn: Turn, recorded: Recorded, *, number: int) -> VoicePage:
    """Return what is heard at a turn. ``recorded`` are the public addresses of recordings by text and language.

    A turn that waits for an agent says its words and asks again at once: the wait's own pages follow.
    """
    speech = Speech(menu, str(turn.state["language"]), turn.values, recorded)
    words = speech.said(*turn.keys)
    if turn.ends:
        return VoicePage((Speak(words), HangUp()), number)
    if turn.expects == "text":
        return VoicePage((Record(words, RECORD_SECONDS, SILENCE_SECONDS),), number)
    if turn.expects == "agent":
        return VoicePage((Wait(words, "", 1),), number)
    if turn.expects in ENTRIES:
        after = speech.said("finish", *(("back_keyed",) if turn.back else ()), "again_keyed")
        return VoicePage((Ask(words + after, 0, FINISH, ENTRY_SECONDS),), number)
    offered = tuple(one for choice in turn.choices for one in _offered(speech, choice))
    tail = ("last", "again") if turn.expects == LAST else ("back", "again") if turn.back else ("again",)
    return VoicePage((Ask(words + offered + speech.said(*tail), 1, "", LEAST_SECONDS),), number)


def understood(expects: str, keys: str) -> str | None:
    """Return what the engine is told of keys that were pressed at a page that expected this kind of answer.

    ``REPEAT`` where the same page is wanted again; the empty text, which the engine counts as not understood, for
    silence; None where keys answer nothing: a person is waited for, or all has been said.
    """
    if expects in ("", "agent"):
        return None
    pressed = keys.strip().rstrip(FINISH).replace("*", "")
    return REPEAT if pressed == AGAIN and expects != "text" else "" if expects == "text" else pressed


def digits(text: str) -> str:
    """Return digits as they are read out, in groups of four: ``4821-7736`` is ``4 8 2 1, 7 7 3 6``."""
    return spelt(text)


def recording(seconds: int | None) -> str:
    """Return what the engine is told of a recording: words that stand in the case beside its sound."""
    minutes, rest = divmod(seconds or 0, 60)
    return f"Recorded message ({minutes}:{rest:02d})" if seconds else "Recorded message"


def wait_page(
    texts: Texts, *, position: int | None, minutes: int | None, number: int, recorded: Recorded, first: bool = False
) -> VoicePage:
    """Return one piece of waiting: the place in the queue and the expected minutes where they are told now, then music.

    ``first``: that everybody is busy is said before it. One may always be called back instead, by pressing one.
    """
    values = {"position": str(position), "minutes": str(minutes)}
    keys = ["wait"] if first else []
    if position is not None:
        keys.append("wait.next" if position <= 1 else "wait.position")
    if minutes is not None:
        keys.append("wait.minute" if minutes <= 1 else "wait.minutes")
    words = say(texts, *keys, "wait.call_back", recorded=recorded, **values)
    return VoicePage((Wait(words, recorded.get(MUSIC, ""), WAIT_SECONDS),), number)


def hold_page(texts: Texts, *, number: int, recorded: Recorded) -> VoicePage:
    """Return what a citizen hears who was put on hold."""
    words = say(texts, "hold", recorded=recorded)
    return VoicePage((Wait(words, recorded.get(MUSIC, ""), WAIT_SECONDS),), number)


def closed(texts: Texts, *, number: int, recorded: Recorded, opens: str = "") -> VoicePage:
    """Say that nobody is there, and when somebody is, and end the call."""
    return _last(texts, "closed", number=number, recorded=recorded, opens=opens)


def goodbye(texts: Texts, *, number: int, recorded: Recorded) -> VoicePage:
    """Say goodbye, and end the call."""
    return _last(texts, "goodbye", number=number, recorded=recorded)


def trouble(texts: Texts, *, number: int, recorded: Recorded) -> VoicePage:
    """Say that something failed here and what to do, and end the call."""
    return _last(texts, "trouble", number=number, recorded=recorded)


def refused(texts: Texts, *, number: int, recorded: Recorded) -> VoicePage:
    """Say that this number is not put through for now, and end the call."""
    return _last(texts, "refused", number=number, recorded=recorded)


def called_back(texts: Texts, *, number: int, recorded: Recorded) -> VoicePage:
    """Say that they are called back and keep their place, and end the call."""
    return _last(texts, "called_back", number=number, recorded=recorded)


def say(texts: Texts, *keys: str, recorded: Recorded, **values: str) -> tuple[Prompt, ...]:
    """Return some of the menu's texts as what is said, such as ``connecting`` before a telephone is rung."""
    return Speech(texts.menu, texts.language, {**texts.facts, **values}, recorded).said(*keys)


def _last(texts: Texts, key: str, *, number: int, recorded: Recorded, **values: str) -> VoicePage:
    return VoicePage((Speak(say(texts, key, recorded=recorded, **values)), HangUp()), number)


def _offered(speech: Speech, choice: Choice) -> tuple[Prompt, ...]:
    """Say one choice; a language is offered in that language, by a sentence of its own."""
    if choice.text == "offer":
        return speech.within(choice.language).said("offer", key=choice.key)
    return speech.offered(choice)
