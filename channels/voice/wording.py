"""What stands in an XML document of ours: words that XML can hold, and the steps that are carried out at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from channels.voice.values import Ask, Connect, HangUp, Prompt, Record, Reject, Step, VoicePage, Wait

_UNSPEAKABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: behind one of these the gateway asks us again or ends the call: nothing after it would run
LAST = (Ask, Record, Wait, Connect, HangUp, Reject)


def clean(words: str) -> str:
    """Return words without characters that no XML may hold."""
    return _UNSPEAKABLE.sub(" ", words)


def carried_out(page: VoicePage) -> Sequence[Step]:
    """Return the steps up to the one that ends the document. A refusal of the call stands alone."""
    found: list[Step] = []
    for step in page.steps:
        if isinstance(step, Reject):
            return (step,)
        found.append(step)
        if isinstance(step, LAST):
            break
    return found


def joined(prompts: Sequence[Prompt]) -> Iterator[Prompt]:
    """Join neighbours that the gateway reads out in one language, and leave out what says nothing."""
    waiting: Prompt | None = None
    for one in prompts:
        if not one.audio and not clean(one.text).strip():
            continue
        if waiting and not waiting.audio and not one.audio and waiting.language == one.language:
            waiting = Prompt(f"{waiting.text} {one.text}", one.language)
            continue
        if waiting:
            yield waiting
        waiting = one
    if waiting:
        yield waiting


def pieces(words: str, most: int) -> Iterator[str]:
    """Split words that are longer than so many bytes, between words."""
    part = ""
    for word in clean(words).split():
        longer = f"{part} {word}" if part else word
        if len(longer.encode()) > most and part:
            yield part
            longer = word
        part = longer
    if part:
        yield part.encode()[:most].decode("utf-8", "ignore")
