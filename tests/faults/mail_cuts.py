"""The connection to a mailbox is cut after each kind of command; and the mailbox is made anew under used numbers."""

from __future__ import annotations

import itertools
import random
from collections import Counter, deque
from pathlib import Path

from tests.channels.imap_server import Server, serving
from tests.faults.figures import Figures
from tests.faults.imap_proxy import KINDS, MIDWAY, UNANSWERED, UNASKED, Cut, Proxy
from tests.faults.mail_office import OF_ITS_OWN, Office, digest, letter, office

#: kinds of which a connection has many
_MANY = ("BODY", "MOVE")
_NUMBERS = f"select count(distinct split_part(dedupe_key, '.', 2)) from raw_request where {OF_ITS_OWN}"
_VALIDITIES = "select count(distinct split_part(dedupe_key, '.', 1)) from raw_request"


def plan(cuts: int, chance: random.Random) -> deque[Cut]:
    """Return so many cuts over all kinds and ways; the making of folders comes once, at the beginning."""
    ways = itertools.cycle((UNANSWERED, MIDWAY, UNASKED))
    kinds = itertools.islice(itertools.cycle(KINDS), cuts - 1)
    every = [Cut(kind, next(ways), chance.randint(1, 4) if kind in _MANY else 1) for kind in kinds]
    return deque([Cut("CREATE", UNANSWERED), *every])


def cut(folder: Path, found: Figures, *, short: bool) -> None:
    """Cut again and again while mails come; then every mail is here once and moved."""
    mails, cuts = (60, 15) if short else (500, 100)
    with serving() as server:
        proxy = Proxy(server.port, plan(cuts, random.Random(22)))
        proxy.start()
        with office(folder, imap_port=proxy.port) as scene:
            sent = _cut_while_they_come(scene, server, proxy, mails=mails, cuts=cuts)
            scene.read_all()
            kept = scene.stored()
            moved, left = server.count("Processed"), server.count()
            proxy.close()
            found.more["cuts"] = len(proxy.done)
            found.offered, found.acked, found.stored = len(sent), moved, sum(kept.values())
            found.lost += len(set(sent) - set(kept))
            found.dup += sum(number - 1 for number in kept.values())
            kinds = Counter(one.kind for one in proxy.done)
            found.promise("the connection was cut as planned", len(proxy.done) == cuts, list(proxy.plan)[:2])
            found.promise("after each kind of command", set(kinds) == {"CREATE", *KINDS}, sorted(kinds))
            found.promise("each mail is stored once", kept == Counter(sent), (len(sent), sum(kept.values())))
            found.promise("each is one message", scene.messages() == len(sent), scene.messages())
            found.promise("all are moved, each once", (left, moved) == (0, len(sent)), (left, moved))


def _cut_while_they_come(scene: Office, server: Server, proxy: Proxy, *, mails: int, cuts: int) -> list[str]:
    sent: list[str] = []

    def comes(count: int) -> None:
        made = [letter(len(sent) + n, identified=n % 2 == 0) for n in range(count)]
        server.put(*made)
        sent.extend(map(digest, made))

    with scene.listening():
        for number in range(1, cuts + 1):
            comes(mails * number // cuts - mails * (number - 1) // cuts)
            for _ in range(15):  # one more wakes a connection that waits for news before the command to be cut
                if scene.until(lambda number=number: len(proxy.done) >= number, seconds=3):  # type: ignore[misc]
                    break
                comes(1)
        scene.until(lambda: server.count() == 0)
    return sent


def anew(folder: Path, found: Figures, *, short: bool) -> None:
    """Make a mailbox anew: new mails under used numbers are new, old ones are not; twins without an id are two."""
    count = 15 if short else 50
    twins = [letter(1000, identified=False)] * 2
    old = [letter(n, identified=n % 2 == 0) for n in range(count - 2)] + twins
    new = [letter(2000 + n, identified=n % 2 == 0) for n in range(count)]
    with serving() as first, serving() as second:
        proxy = Proxy(first.port)
        proxy.start()
        with office(folder, imap_port=proxy.port) as scene:
            first.put(*old)
            with scene.listening():
                emptied = scene.until(lambda: first.count() == 0)
            scene.read_all()
            before = scene.messages()
            proxy.target = second.port
            second.put(*new, *old)
            with scene.listening():
                emptied = scene.until(lambda: second.count() == 0) and emptied
            scene.read_all()
            proxy.close()
            kept = scene.stored()
            found.more["anew"] = f"{scene.messages() - before} new of {len(new) + len(old)}"
            found.promise("old mails were all taken, twins too", before == len(old), before)
            found.promise("of a mailbox made anew only the new ones", scene.messages() - before == count)
            found.promise("both mailboxes are emptied", emptied)
            found.promise("none is lost, none twice", kept == Counter(map(digest, [*old, *new])))
            reused = scene.count(_NUMBERS) < before + count and scene.count(_VALIDITIES) == 2
            found.promise("(the numbers were used before, by another validity)", reused)
