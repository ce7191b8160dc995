"""One after the other, before the database is asked: whoever speaks for a busy sender waits here without a connection.

The database lets one transaction at a time speak for an address. Were they to wait there, seven messages a second from
one sender could hold every connection of a process, and everybody else would wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from cases.messages import Inbound, InboundMessage

#: senders that share one wait for each other too, which costs them milliseconds
_GATES = tuple(Lock() for _ in range(1024))
#: seconds after which somebody goes on and lets the database decide
PATIENCE = 5.0


@contextmanager
def one_at_a_time(values: Sequence[Inbound]) -> Iterator[None]:
    """Let nobody else of this process speak for the sender of these while the block runs."""
    sender = next((one.sender for one in values if isinstance(one, InboundMessage)), None)
    gate = None if sender is None else _GATES[hash(sender) % len(_GATES)]
    held = gate is not None and gate.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if gate is not None and held:
            gate.release()
