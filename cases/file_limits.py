"""How large files may be, how many may come together, and what an archive or a picture may unpack to: one place."""

from __future__ import annotations

MIB = 1024 * 1024
#: bytes of one file that an agent sends, and of one that a gateway holds for us
UPLOADED = FETCHED = 10 * MIB
#: bytes of one file in a mail; a larger one is kept aside
RECEIVED = 25 * MIB
#: files of one message and their bytes together; what comes after these is kept aside
MOST_FILES, ALL_FILES = 50, 50 * MIB
#: files under one note
MOST_UPLOADED = 5
#: what an archive may hold by its own directory, how deep archives may stand in one another, and how many times its
#: packed size it may unpack to once it is larger than ``ARCHIVE_SMALL`` bytes
ARCHIVE_ENTRIES, ARCHIVE_UNPACKED, ARCHIVE_DEPTH = 10_000, 512 * MIB, 3
ARCHIVE_RATIO, ARCHIVE_SMALL = 200, 20 * MIB
#: archives within an archive that are looked into, and bytes of one of them
ARCHIVES_WITHIN, ARCHIVE_WITHIN = 100, 8 * MIB
#: pixels of a picture; a larger one is kept aside, for it harms whoever opens it
PIXELS = 256_000_000
#: bytes that a picture may need while its preview is made; a larger one has no preview
DECODED = 96 * MIB
#: seconds and megabytes of the process that looks into one file
LOOK_SECONDS, LOOK_MEGABYTES = 10.0, 200


def over(position: int, size: int, before: int) -> str | None:
    """Return why the file at this position (from 0) of a message is kept aside, in words for agents, or None.

    ``size`` is its own, ``before`` the bytes of those before it that were taken.
    """
    if position >= MOST_FILES:
        return f"The message has more than {MOST_FILES} files; this one was kept aside."
    if size > RECEIVED:
        return f"The file is larger than {RECEIVED // MIB} MB; it was kept aside."
    if before + size > ALL_FILES:
        return f"The files of this message are larger than {ALL_FILES // MIB} MB together; this one was kept aside."
    return None
