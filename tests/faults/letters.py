"""A scanner feeds a folder while listener and worker are killed again and again; every letter is here exactly once."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections import Counter
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import text

from tests.faults.figures import Figures
from tests.faults.stage import Stage, stage

ACCOUNT, STABLE = "letters", 2
_BLOCK = """
[[accounts]]
id = "letters"
channel = "letters"
gateway = "paper"
address = "P.O. Box 1"
folder = "{folder}"
stable_seconds = {stable}
hook_secret = "file:sms-front-hook"
"""
_LETTERS = "select s.sha256 from letter l join scan s on s.id = l.scan_id"
_BUSY = (
    "select (select count(*) from letter where state = 'reading') "
    "+ (select count(*) from raw_request where state = 'received')"
)
_NUMBERS = "select count(distinct register_number), max(right(register_number, 4)::int) from letter"
_TROUBLE = "select coalesce(max(trouble), '') from hook_seen where account = 'letters'"
_TWINS = "select count(*) from scan where twin_of is not null and state = 'held'"


def letters(folder: Path, short: bool) -> Figures:
    """Letters: a folder fed while listener and worker are killed; a slow file, a link, a scan that comes twice."""
    found = Figures("letters")
    count, kills, slow = (30, 5, 8) if short else (200, 20, 30)
    scans = folder / "scans"
    block = _BLOCK.format(folder=scans, stable=STABLE)
    with stage(folder, promises=block, doubles=False) as scene:
        scans.mkdir()
        (folder / "secret.png").write_bytes(_page("not for the scanner"))
        (scans / "link.png").symlink_to(folder / "secret.png")
        scene.start("listener", "worker", "ticker")
        content = _slow_content()  # bears the time at which it was made
        slowly = threading.Thread(target=_write_slowly, args=(scans / "slow.pdf", content, slow), daemon=True)
        slowly.start()
        sent = _feed(scene, scans, count, kills)
        slowly.join()
        (scans / "again.png").write_bytes(_page("Letter 0"))
        wanted = {*sent, _digest(content)}
        found.promise("the folder is emptied", scene.until(lambda: _lying(scans) == ["link.png"], seconds=120))
        found.promise("all is read", scene.until(lambda: _number(scene, _BUSY) == 0, seconds=600))
        _judge(scene, found, wanted, kills)
    return found


def _feed(scene: Stage, scans: Path, count: int, kills: int) -> list[str]:
    """Drop files one by one, and kill a process each time so many were dropped."""
    sent: list[str] = []
    for number in range(count):
        content = _page(f"Letter {number}")
        (scans / f"SCAN_{number % 50:04d}_{number}.png").write_bytes(content)
        sent.append(_digest(content))
        scene.pause(0.15)
        if (number + 1) % (count // kills) == 0:
            turn = (number + 1) // (count // kills)
            name = "listener" if turn % 2 else "worker"
            for pid in scene.workhorses(name):
                scene.strike(pid)
            scene.kill(name)
            scene.pause(1.0)
    return sent


def _judge(scene: Stage, found: Figures, wanted: set[str], kills: int) -> None:
    with scene.site.container.db.reader() as session:
        kept = Counter(session.scalars(text(_LETTERS)).all())
        numbers, last = session.execute(text(_NUMBERS)).one()
        trouble = session.scalar(text(_TROUBLE)) or ""
        twins = session.scalar(text(_TWINS))
    found.offered, found.stored = len(wanted), sum(kept.values())
    found.lost, found.dup = len(wanted - set(kept)), sum(number - 1 for number in kept.values())
    found.rss_max = scene.rss_max
    found.more["kills"] = kills
    found.promise("every letter is here", not wanted - set(kept), len(wanted - set(kept)))
    found.promise("none is here that nobody sent", not set(kept) - wanted, len(set(kept) - wanted))
    found.promise("each exactly once", found.dup == 0, found.dup)
    found.promise("the register has no gap", numbers == last == len(wanted), (numbers, last))
    found.promise("the link is told of", "link.png is a link" in trouble, trouble)
    found.promise("what came twice is held as a twin", twins == 1, twins)


def _write_slowly(path: Path, content: bytes, seconds: int) -> None:
    """Write a file with pauses that are shorter than those after which it counts as written."""
    piece = len(content) // seconds + 1
    with path.open("wb") as file:
        for at in range(0, len(content), piece):
            file.write(content[at : at + piece])
            file.flush()
            time.sleep(1)


def _slow_content() -> bytes:
    made = io.BytesIO()
    with Image.open(io.BytesIO(_page("The slow letter"))) as picture:
        picture.save(made, "PDF", resolution=200)
    return made.getvalue()


def _page(words: str) -> bytes:
    page, made = Image.new("L", (700, 240), 255), io.BytesIO()
    ImageDraw.Draw(page).text((60, 80), words, font=ImageFont.load_default(48), fill=0)
    page.save(made, "PNG")
    return made.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lying(scans: Path) -> list[str]:
    return sorted(one.name for one in scans.iterdir() if not one.name.startswith(".") and one.name != "done")


def _number(scene: Stage, query: str) -> int:
    with scene.site.container.db.reader() as session:
        return int(session.scalar(text(query)) or 0)
