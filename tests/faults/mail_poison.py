"""Mails that hurt are read by the real bounded process: the queue never stops, and every raw mail stays as it came."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from contactcentre import parcels
from contactcentre.bounded.reading import Reader
from contactcentre.container import Container
from contactcentre.parcels import Claimed, Found
from tests.faults.figures import Figures
from tests.faults.mail_office import Office, digest, letter, office
from tests.mail import shared
from tests.mail.bombs import BOMBS
from tests.mail.letters import REPORT, notice
from tests.mail.mutants import mutants
from tests.routing.shared import NoSharedData

LOT = 50
#: seconds within which a good mail is read that came behind a bad one
SOON = 10.0


def poison(folder: Path, found: Figures, *, short: bool) -> None:
    """Read them all, a good mail behind each lot."""
    with office(folder) as scene:
        sent, longest, good = _read_them(scene, nasty=30 if short else 300, mutated=300 if short else 10_000)
        kept, states = scene.stored(), scene.states()
        found.more["poison"] = f"{len(sent)} mails, {states}, the slowest {longest:.1f} s"
        found.promise("every raw mail is there byte for byte", kept == Counter(sent))
        found.promise("nothing waits, nothing failed", set(states) <= {"applied", "quarantined"}, states)
        found.promise("the next good mail is read within 10 s", longest < SOON, round(longest, 1))
        there = scene.count("select count(*) from message where text like 'A good mail%'")
        found.promise("every good mail is a message", there == good, (there, good))


def _read_them(scene: Office, *, nasty: int, mutated: int) -> tuple[list[str], float, int]:
    """Return what was put, the most seconds that one took, and how many good mails there were among them."""
    sent: list[str] = []
    took, real, good = [0.0], parcels.read, 0

    def timed(container: Container, one: Claimed, reader: Reader) -> Found:
        began = time.monotonic()
        try:
            return real(container, one, reader)
        finally:
            took.append(time.monotonic() - began)

    parcels.read = timed  # type: ignore[assignment]
    try:
        every = _bad(nasty, mutated)
        while lot := list(itertools.islice(every, LOT)):
            lot.append(letter(len(sent), f"A good mail, {len(sent)}.", Message_ID=f"<good{len(sent)}@example.com>"))
            good += 1
            for content in lot:
                scene.put(content, f"1.{len(sent)}")
                sent.append(digest(content))
            scene.read_all()
    finally:
        parcels.read = real
    return sent, max(took), good


def _bad(nasty: int, mutated: int) -> Iterator[bytes]:
    made = [bomb(size) for size in (1 << 16, 1 << 20) for bomb in BOMBS.values()]
    made += [
        REPORT,
        notice("Unable to deliver\n<a@a.example>: 550 5.1.1 no"),
        letter(1, "\0" * 50),
        b"\0",
        b"\n\n",
        b":",
    ]
    try:
        letters = [shared.raw(entry) for entry in shared.entries()]
    except NoSharedData:
        letters = [REPORT, notice("Gone"), letter(1), letter(2, "Ɛyɛ dɛn?\0"), BOMBS["Word's HTML"](5000)]
    yield from itertools.islice(itertools.chain(made, letters[:: max(1, len(letters) // nasty)]), nasty)
    yield from mutants([one for one in letters if len(one) < 20_000], mutated)
