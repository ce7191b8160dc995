"""Where a letter of ours stands on its way out, and why one comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

CHANNEL = "letters"


class Dispatched(StrEnum):
    """To print → printed → posted → returned; a printed one may go back to be printed."""

    TO_PRINT = "to_print"
    PRINTED = "printed"
    POSTED = "posted"
    RETURNED = "returned"


class CameBack(StrEnum):
    """Why the post brought a letter back: what its stickers say."""

    MOVED = "moved"
    UNKNOWN = "unknown"
    ADDRESS = "address"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    DECEASED = "deceased"
    OTHER = "other"


CAME_BACK: Mapping[CameBack, str] = {
    CameBack.MOVED: "moved away",
    CameBack.UNKNOWN: "not known at this address",
    CameBack.ADDRESS: "the address is wrong or not complete",
    CameBack.REFUSED: "not accepted",
    CameBack.UNCLAIMED: "not collected",
    CameBack.DECEASED: "the recipient has died",
    CameBack.OTHER: "no reason given",
}
