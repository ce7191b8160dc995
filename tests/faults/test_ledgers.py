"""The comparison that every fault run ends with notices what it is there to notice."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest

from tests.faults import ledgers
from tests.faults.ledgers import Copy, Entry

A, B = "+6421555001", "+6421555002"
ACK = "Reference 1, code {code}."
WENT = Copy(A, "Reference 1, code 1234.")
NOTHING = dict.fromkeys(("sent", "delivered", "dup", "hidden", "lost", "stuck", "strays"), 0)

OUTGOING: list[tuple[str, list[Entry], list[Copy], dict[str, int]]] = [
    ("sent and delivered", [Entry(A, ACK, "sent", "delivered")], [WENT], {"sent": 1, "delivered": 1}),
    ("sent, we say, and no gateway took it", [Entry(A, ACK, "sent", "sent")], [], {"sent": 1, "lost": 1}),
    (
        "another's copy does not count",
        [Entry(A, ACK, "sent", "sent")],
        [Copy(B, "x")],
        {"sent": 1, "lost": 1, "strays": 1},
    ),
    ("other words do not count", [Entry(A, ACK, "sent", "sent")], [Copy(A, "x")], {"sent": 1, "lost": 1, "strays": 1}),
    ("waits", [Entry(A, ACK, "queued", "queued")], [], {"stuck": 1}),
    ("nobody knows", [Entry(A, ACK, "unknown", "unknown", 1, 1)], [WENT], {"stuck": 1}),
    ("in flight for ever", [Entry(A, ACK, "sending", "sending")], [], {"stuck": 1}),
    ("a person is shown it", [Entry(A, ACK, s, s) for s in ("failed", "held", "expired")], [], {}),
    ("twice and shown", [Entry(A, ACK, "sent", "sent", 2, 1)], [WENT, WENT], {"sent": 1, "dup": 1}),
    ("twice and not shown", [Entry(A, ACK, "sent", "sent")], [WENT, WENT], {"sent": 1, "dup": 1, "hidden": 1}),
    ("three times, shown once", [Entry(A, ACK, "sent", "sent", 2)], [WENT] * 3, {"sent": 1, "dup": 2, "hidden": 1}),
    ("the same words twice on purpose", [Entry(A, "Help", "sent", "sent")] * 2, [Copy(A, "Help")] * 2, {"sent": 2}),
    ("words with signs", [Entry(A, "a.b (c)", "sent", "sent")], [Copy(A, "a.b (c)")], {"sent": 1}),
]


@pytest.mark.parametrize(
    ("entries", "copies", "found"), [one[1:] for one in OUTGOING], ids=[one[0] for one in OUTGOING]
)
def test_the_outbox_is_compared_with_what_gateways_took(
    entries: list[Entry], copies: list[Copy], found: dict[str, int]
) -> None:
    assert asdict(ledgers.outgoing(entries, copies)) == {**NOTHING, **found}


#: what was told 2xx, the stored callbacks, the messages; only callback 1 is one of ours
INCOMING: list[tuple[str, set[str], dict[str, str], list[str], dict[str, int]]] = [
    ("stored and applied", {"1"}, {"1": "applied"}, ["1"], {"stored": 1}),
    ("told 2xx and nowhere", {"1"}, {}, [], {"lost": 1}),
    ("applied without a message", {"1"}, {"1": "applied"}, [], {"stored": 1, "lost": 1}),
    ("not told 2xx", set(), {}, [], {}),
    ("stored and not told", set(), {"1": "applied"}, ["1"], {"stored": 1}),
    ("will be tried again", {"1"}, {"1": "failed"}, [], {"stored": 1, "stuck": 1}),
    ("a person is shown it", {"1"}, {"1": "quarantined"}, [], {"stored": 1}),
    ("another gateway's", {"1"}, {"1": "applied", "2": "applied"}, ["1", "2"], {"stored": 1}),
    ("two messages of one", {"1"}, {"1": "applied"}, ["1", "1"], {"stored": 1, "twice": 1}),
]


@pytest.mark.parametrize(
    ("acked", "raw", "messages", "found"), [one[1:] for one in INCOMING], ids=[one[0] for one in INCOMING]
)
def test_what_senders_were_told_is_compared_with_what_is_stored(
    acked: set[str], raw: dict[str, str], messages: list[str], found: dict[str, int]
) -> None:
    compared = asdict(ledgers.incoming({"1"}, acked, raw, Counter(messages)))
    assert compared == {**dict.fromkeys(("stored", "lost", "stuck", "twice"), 0), **found}
