"""What a gateway must be told before it speaks with us: steps for an administrator, written beside each channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``event``: the callback whose address is entered in this step; ``keys``: the keys of the account
    block that hold what the step yields.
    """

    text: str
    event: str | None = None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What one gateway needs, as its class attribute ``needs``.

    ``name``: the gateway as people call it; ``steps`` in their order; ``method``: how it calls us; ``trust``: how its
    requests are told from anybody's; ``limits``: what it and the networks allow, a sentence each.
    """

    name: str
    steps: tuple[Step, ...]
    trust: str
    limits: tuple[str, ...] = ()
    method: str = "POST"


#: for gateways that sign nothing
UNSIGNED = (
    "It signs nothing: the secret in the address alone tells its requests from anybody's. Show the addresses to nobody "
    "who does not enter them, and ask the gateway which addresses its requests come from, so that a firewall can know."
)
