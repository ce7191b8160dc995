"""Our pages as TwiML, made by the gateway's own builder, after the pages of its verbs.

Who presses nothing is asked about by ``actionOnEmptyResult``; a telephone that parted, by the action of its Dial. Lists
are written as words with spaces between them: the builder would print them as Python does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.voice import wording
from channels.voice.links import beside, link
from channels.voice.values import (
    LEAST_SECONDS,
    Ask,
    Connect,
    HangUp,
    Prompt,
    Record,
    Reject,
    Speak,
    Step,
    VoicePage,
    Wait,
)

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
#: bytes that one Say takes
LONGEST_SAY = 4000
#: how a language is read out; for all others there must be recordings
_VOICES = {"en": "en-GB", "fr": "fr-FR"}


def document(page: VoicePage, *, callback: str) -> str:
    """Return a page as the gateway carries it out; the end of a document hangs up."""
    from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]  # a few MB, for voice alone

    root = VoiceResponse()
    for step in wording.carried_out(page):
        _add(root, step, turn=page.turn, callback=callback)
    return str(root)


def _add(root: Any, step: Step, *, turn: int, callback: str) -> None:
    back = link(callback, turn=turn)
    match step:
        case Speak(prompts):
            _say(root, prompts)
        case Ask():
            _gather(root, step.prompts, _length(step), seconds=step.seconds, back=back)
        case Record():
            _say(root, step.prompts)
            _record(root, step, back=back, callback=callback)
        case Wait():
            music = (Prompt("", audio=step.audio),) if step.audio else ()
            seconds = LEAST_SECONDS if music else step.seconds
            length = {"num_digits": 1, "finish_on_key": ""}
            _gather(root, (*step.prompts, *music), length, seconds=seconds, back=back)
        case Connect():
            _dial(root, step, back=back, callback=callback)
        case Reject(busy):
            root.reject(reason="busy" if busy else "rejected")
        case HangUp():
            root.hangup()


def _length(step: Ask) -> dict[str, Any]:
    # Without a finish key of ours the hash is a key like all others, as at every gateway.
    if step.digits:
        return {"num_digits": step.digits, "finish_on_key": step.finish}
    return {"finish_on_key": step.finish or "#"}


def _gather(root: Any, prompts: Sequence[Prompt], length: dict[str, Any], *, seconds: int, back: str) -> None:
    waits = max(seconds, LEAST_SECONDS)
    asked = root.gather(input="dtmf", timeout=waits, action_on_empty_result=True, action=back, method="POST", **length)
    _say(asked, prompts)


def _record(root: Any, step: Record, *, back: str, callback: str) -> None:
    root.record(
        action=back,
        method="POST",
        max_length=step.seconds,
        timeout=max(step.silence, LEAST_SECONDS),
        finish_on_key="#",
        play_beep=True,
        trim="trim-silence",
        recording_status_callback=beside(callback, "recording"),
        recording_status_callback_event="completed absent",
    )
    root.redirect(link(back, silent=1), method="POST")  # reached where nothing was said


def _dial(root: Any, step: Connect, *, back: str, callback: str) -> None:
    told: dict[str, Any] = {"caller_id": step.shows} if step.shows else {}
    if step.record:
        told |= {"record": "record-from-answer-dual", "recording_status_callback": beside(callback, "recording")}
    dial = root.dial(action=link(back, parted=1), method="POST", timeout=step.seconds, **told)
    dial.number(step.number, status_callback=beside(callback, "status"), status_callback_event="answered completed")


def _say(parent: Any, prompts: Sequence[Prompt]) -> None:
    for one in wording.joined(prompts):
        if one.audio:
            parent.play(one.audio)
            continue
        voice = {"language": _VOICES[one.language]} if one.language in _VOICES else {}
        for part in wording.pieces(one.text, LONGEST_SAY):
            parent.say(part, **voice)
