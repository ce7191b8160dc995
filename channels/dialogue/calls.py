"""What a menu may ask of the house: a closed set of questions and actions with plain arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shape:
    """One call: the arguments it takes, the outcomes a menu must have a way for, the values that it gives.

    ``gives`` maps a value's name to the longest that it is, in characters. ``lists``: it gives choices for a ``pick``.
    ``acts``: it changes something, so that nobody goes back behind it where its outcome is one of ``DONE``.
    """

    needs: frozenset[str]
    outcomes: frozenset[str]
    may: frozenset[str] = frozenset()
    gives: Mapping[str, int] = field(default_factory=dict)
    lists: bool = False
    acts: bool = False


#: outcomes of what was done; ``untold``: no text message follows, so that the screen must say everything
DONE = ("done", "untold")
#: a reference as it is written, a status in words, a promise's day and hour, a name out of the configuration
REFERENCE, STATUS, INSTANT, NAME, CODE = 9, 40, 12, 60, 4
_CASE = {"reference": REFERENCE, "status": STATUS, "promised": INSTANT}

CALLS: Mapping[str, Shape] = {
    "report": Shape(
        frozenset({"words"}),
        frozenset({"done", "untold", "refused"}),
        frozenset({"service", "place", "area", "family"}),
        # the code is given to a voice alone: who cannot read hears it once
        {"reference": REFERENCE, "code": CODE},
        acts=True,
    ),
    "near": Shape(
        frozenset({"words"}), frozenset({"some", "none"}), frozenset({"place", "area"}), {"near": NAME}, lists=True
    ),
    "follow": Shape(
        frozenset({"case"}),
        frozenset({"done", "untold", "gone"}),
        frozenset({"words", "place", "area"}),
        {"reference": REFERENCE},
        acts=True,
    ),
    "track": Shape(
        frozenset({"reference"}), frozenset({"promised", "open", "ended", "code_needed", "locked"}), gives=_CASE
    ),
    "prove": Shape(
        frozenset({"code"}),
        frozenset({"promised", "open", "ended", "wrong", "locked"}),
        gives=_CASE,
    ),
    "settled": Shape(frozenset(), frozenset({"found", "none", "rated"})),
    "add": Shape(frozenset({"words"}), frozenset({"done", "closed", "refused"}), acts=True),
    "withdraw": Shape(frozenset(), frozenset({"done", "ended", "refused"}), frozenset({"words"}), acts=True),
    "rate": Shape(frozenset({"score"}), frozenset({"done", "already", "refused"}), frozenset({"words"}), acts=True),
    "call_me": Shape(
        frozenset(), frozenset({"done", "refused"}), frozenset({"words"}), {"reference": REFERENCE}, acts=True
    ),
    "language": Shape(frozenset({"language"}), frozenset({"done"}), acts=True),
    "languages": Shape(frozenset(), frozenset({"some", "none"}), lists=True),
    "departments": Shape(frozenset(), frozenset({"some", "none"}), frozenset({"family"}), lists=True),
    "services": Shape(
        frozenset(), frozenset({"some", "none"}), frozenset({"department", "family", "words"}), lists=True
    ),
    "places": Shape(frozenset(), frozenset({"some", "none"}), frozenset({"within", "words"}), lists=True),
    "service": Shape(
        frozenset({"service"}),
        frozenset({"done", "none"}),
        gives={"service_name": NAME, "department": NAME, "fee": NAME, "promise": NAME, "requirements": 200},
    ),
}
#: how waiting for a person ends, as a menu may go on after it: nobody is there at this time, or nobody came
AGENT_OUTCOMES = frozenset({"closed", "nobody"})
#: what is told with it: when somebody is there again, in words
AGENT_GIVES: Mapping[str, int] = {"opens": 60}
#: facts that every screen may name: whose line it is, the number for emergencies, and the days a recording is kept
FACTS: Mapping[str, int] = {"organisation": 20, "emergency": 8, "days": 4}
#: fields that are filled from the beginning: the channel, and whether a caller is to be asked for their language
PRESET: Mapping[str, int] = {"channel": 5, "ask_language": 3}
