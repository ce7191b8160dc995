"""Reads ``[calls]``: how soon calls are answered, how long telephones ring, what is kept of them."""

from __future__ import annotations

from cases.calls.terms import DISPOSITIONS, Calls
from config.schema import KEY, KEY_WORDS, Block

#: by key: from the least to the most, in the key's own unit
BOUNDS = {
    "answer_within_seconds": (1, 3600),
    "short_seconds": (0, 120),
    "ring_seconds": (5, 120),
    "wrap_up_seconds": (0, 3600),
    "most_waiting": (0, 1000),
    "call_back_tries": (1, 20),
    "call_back_pause_minutes": (1, 1440),
    "recording_days": (1, 3650),
    "flag_days": (1, 730),
}
_LONGEST_LABEL = 60
_KEY = KEY_WORDS.replace("single hyphens", "single hyphens or underscores")


def read(block: Block) -> Calls:
    """Read the table; what it does not say is as :class:`Calls` has it."""
    usual = Calls()
    numbers = {name: _bounded(block, name, getattr(usual, name)) for name in BOUNDS}
    made = Calls(
        **numbers,
        record_talks=block.flag("record_talks", default=usual.record_talks),
        dispositions=_dispositions(block.table("dispositions")) if "dispositions" in block else dict(DISPOSITIONS),
    )
    block.end()
    return made


def _bounded(block: Block, name: str, usual: int) -> int:
    least, most = BOUNDS[name]
    value = block.whole(name, usual, least=least)
    if value > most:
        block.fault(name, f"{value} is too much; at most {most}")
    return min(value, most)


def _dispositions(block: Block) -> dict[str, str]:
    found = {}
    for name in block.names():
        if not KEY.fullmatch(name.replace("_", "-")):
            block.fault(name, f"is no key; write {_KEY}")
        label = block.text(name)
        if len(label) > _LONGEST_LABEL:
            block.fault(name, f"is {len(label)} characters long; at most {_LONGEST_LABEL}")
        found[name] = label
    if not found:
        block.fault("(table)", 'is empty; name at least one, such as settled = "Settled in the call"')
    block.end()
    return found
