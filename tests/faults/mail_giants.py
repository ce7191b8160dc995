"""Mails of 25, 100 and 500 MB come to the real listener and worker, whose memory is measured; and a thousand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from contactcentre.engines import process
from tests.channels.imap_server import serving
from tests.faults.figures import Figures
from tests.faults.giant_server import GiantServer, giant
from tests.faults.mail_office import Office, letter, office

MB = 1024 * 1024
#: resident megabytes that no process may pass
MOST = 400
SIZES = (25 * MB, 100 * MB, 500 * MB)
PROCESSES = ("listener", "worker")
_ACKNOWLEDGED = "select count(*) from message where automatic and channel = 'email'"
_CUT = "select count(*) from mail where cut"


def giants(folder: Path, found: Figures, *, short: bool) -> None:
    """Let them come; the last lies about its size. A small one follows each."""
    del short  # the server makes them as they are asked for: nothing here is long
    server = GiantServer()
    every = [*(giant(n, size) for n, size in enumerate(SIZES)), giant(len(SIZES), 80 * MB, told=1000)]
    for number, one in enumerate(every):
        server.mails |= {2 * number + 1: one, 2 * number + 2: letter(100 + number)}
    server.start()
    total = len(server.mails)
    with office(folder, imap_port=server.port) as scene:
        took, most = _measured(scene, lambda: not server.mails and scene.messages() >= total)
        server.close()
        found.more["giants"] = f"{total} mails in {took:.0f} s, {server.served // MB} MB fetched, resident MB {most}"
        found.rss_max = max([found.rss_max, *most.values()])
        found.promise("all are here, and what follows them", scene.messages() == total, scene.messages())
        found.promise("each once more told of than acknowledged: never", scene.count(_ACKNOWLEDGED) <= total)
        found.promise("three are marked as cut, once", scene.count(_CUT) == 3, scene.count(_CUT))
        found.promise("the originals are kept aside", server.moved.get("Too large") == [3, 5, 7], server.moved)
        found.promise(f"no process passes {MOST} MB", max(most.values()) <= MOST, most)
        found.promise("nothing larger than its limit is fetched whole", server.served < 56 * MB, server.served // MB)


def many(folder: Path, found: Figures, *, short: bool) -> None:
    """A mailbox has a thousand mails when it is first looked into."""
    total = 100 if short else 1000
    with serving() as server:
        server.put(*(letter(n) for n in range(total)))
        with office(folder, imap_port=server.port) as scene:
            took, most = _measured(scene, lambda: scene.messages() >= total)
            found.more["first start"] = f"{total} mails in {took:.0f} s, resident MB {most}"
            found.promise(f"all {total} are messages", scene.messages() == total, scene.messages())
            found.promise("all are moved", (server.count(), server.count("Processed")) == (0, total))
            found.promise(f"no process passes {MOST} MB", max(most.values()) <= MOST, most)


def _measured(scene: Office, done: Callable[[], bool]) -> tuple[float, dict[str, int]]:
    """Start the processes and wait; returns the seconds from then, and the most memory of each and what it forked."""
    most = dict.fromkeys((*PROCESSES, "forked"), 0)
    scene.scene.start(*PROCESSES)
    began = time.monotonic()
    while not done() and time.monotonic() - began < 180:
        for name in PROCESSES:
            running = scene.scene.kept[name].running
            if running is not None:
                most[name] = max(most[name], _peak(running.pid))
                for pid in _below(running.pid):
                    most["forked"] = max(most["forked"], _peak(pid))
        scene.scene.pause(0.02)
    return time.monotonic() - began, most


def _below(pid: int) -> list[int]:
    below = list(process.children_of(pid))
    return below + [deeper for one in below for deeper in _below(one)]


def _peak(pid: int) -> int:
    """Return the most resident megabytes that a process ever had."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), 0)
