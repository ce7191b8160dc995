"""Three ledgers compared: what senders were told, what the database holds, what the gateways took. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: states in which somebody still has to do something by himself; a person is shown the rest
WAITING = {"queued", "sending", "unknown"}
#: of stored callbacks; one that failed is tried again
UNAPPLIED = {"received", "failed"}
_CODE = r"\d{4}"


@dataclass(frozen=True)
class Entry:
    """One outbox entry and its message. ``status`` is the message's, ``copies`` how many it shows to an agent."""

    recipient: str
    text: str
    state: str
    status: str
    copies: int = 1
    unknowns: int = 0


@dataclass(frozen=True)
class Copy:
    """One message that a gateway took."""

    recipient: str
    text: str


@dataclass(frozen=True)
class Outgoing:
    """What left. ``hidden``: duplicates that no agent is shown; ``strays``: copies that belong to no entry."""

    sent: int
    delivered: int
    dup: int
    hidden: int
    lost: int
    stuck: int
    strays: int


@dataclass(frozen=True)
class Incoming:
    """What came. ``stored``: of what was offered; ``lost``: told 2xx and no message is there; ``twice``: more than one
    message of one id.
    """

    stored: int
    lost: int
    stuck: int
    twice: int


def outgoing(entries: Sequence[Entry], copies: Iterable[Copy]) -> Outgoing:
    """Compare the outbox with the gateways. The code of an acknowledgement is stored nowhere: any four digits fit."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.recipient, entry.text].append(entry)
    took = Counter((one.recipient, one.text) for one in copies)
    of_recipient: dict[str, list[str]] = defaultdict(list)
    for recipient, text in took:
        of_recipient[recipient].append(text)
    dup = hidden = lost = matched = 0
    for (recipient, text), group in groups.items():
        pattern = re.compile(re.escape(text).replace(r"\{code\}", _CODE))
        found = sum(took[recipient, other] for other in of_recipient[recipient] if pattern.fullmatch(other))
        matched += found
        extra = max(found - len(group), 0)
        shown = sum(max(one.copies - 1, one.unknowns) for one in group)
        dup, hidden = dup + extra, hidden + max(extra - shown, 0)
        lost += max(sum(one.state == "sent" for one in group) - found, 0)
    return Outgoing(
        sent=sum(one.state == "sent" for one in entries),
        delivered=sum(one.status == "delivered" for one in entries),
        dup=dup,
        hidden=hidden,
        lost=lost,
        stuck=sum(one.state in WAITING for one in entries),
        strays=took.total() - matched,
    )


def incoming(
    offered: Collection[str], acked: Collection[str], raw: Mapping[str, str], messages: Mapping[str, int]
) -> Incoming:
    """Compare what was told with the stored callbacks (id → state) and the messages (id → how many)."""
    shown = {one for one, state in raw.items() if state != "applied"}
    return Incoming(
        stored=sum(one in raw for one in offered),
        lost=len({one for one in acked if one not in raw} | {one for one in acked if not messages.get(one)} - shown),
        stuck=sum(state in UNAPPLIED for state in raw.values()),
        twice=sum(count > 1 for count in messages.values()),
    )
