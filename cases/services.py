"""What citizens ask for: one record feeds every channel, its words routing, its fields the forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.routing.phrases import Phrase

#: what a field of a form takes
FIELD_KINDS = ("text", "number", "date", "choice", "place")


@dataclass(frozen=True, slots=True)
class Fee:
    """What a service costs, in the currency's smallest unit (pesewas, cents), and what there is to say of it."""

    amount: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Charter:
    """How long the service takes, as its charter says it; a ``sample`` is another body's until the city has its own."""

    time: str
    source: str
    sample: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked when a citizen wants the service. ``choices`` are for the kind ``choice`` alone."""

    key: str
    label: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One thing that citizens ask a department for.

    ``words`` by language: how they ask for it. ``published``: whether its cases may be shown to the public at all.
    """

    key: str
    name: str
    family: str
    department: str
    requirements: tuple[str, ...] = ()
    fee: Fee | None = None
    charter: Charter | None = None
    where: str = ""
    fields: tuple[Field, ...] = ()
    words: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    published: bool = False

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Return its words in all languages: a citizen may mix them."""
        return tuple(dict.fromkeys(one for found in self.words.values() for one in found))
