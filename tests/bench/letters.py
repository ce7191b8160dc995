"""Scans of the shared test data, scored beside bare Tesseract; and scans that hurt, through the reading processes."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from channels.letters import apart
from channels.letters.scans import pages, words
from contactcentre.bounded.reading import Reader, Unread
from tests.bench.figures import Report
from tests.letters import bare, made, scores
from tests.letters.measured import PAGES, WORDS
from tests.letters.scores import Entry
from tests.mail.mutants import mutants
from tests.routing.shared import NoSharedData

MUTANTS = 300
#: what a mutant may weigh: large ones only repeat the same kinds of bytes
_SMALL = 40_000


def run(report: Report) -> None:
    """Print all scores, then how hostile files end."""
    for prepare in apart.PREPARE.values():
        prepare()
    with tempfile.TemporaryDirectory() as folder:
        try:
            entries = scores.entries()
            told(entries, Path(folder), report)
            lying(entries, Path(folder), report)
            shared = [scores.folder() / one["file"] for one in entries]
        except NoSharedData as missing:
            report.say(f"letters  {missing}")
            shared = []
        ended("shared files", shared, report)
        ended("hostile files", _made(Path(folder)), report)
        ended("broken files", _broken(shared, Path(folder)), report)


def told(entries: list[Entry], folder: Path, report: Report) -> None:
    """Print wrong words by group, fields of receipts, and seconds, beside bare Tesseract on the same pages."""
    ours, theirs, sizes = Counter[str](), Counter[str](), Counter[str]()
    fields, seconds = defaultdict[str, list[bool]](list), defaultdict[str, list[float]](list)
    for entry in (one for one in entries if "text" in one):
        place = scores.folder() / entry["file"]
        theirs_took, text = _timed(lambda place=place: bare.read(place))
        whole_took, (page, took) = _timed(lambda place=place: _ours(place, folder))
        truth = scores.words(entry["text"], entry)
        group, wrong = entry["kind"], scores.wrong(scores.words(page["text"], entry), truth)
        beside = scores.wrong(scores.words(text, entry), truth)
        for counter, count in ((ours, wrong), (theirs, beside), (sizes, len(truth))):
            counter[group] += count
        for name, one in (("bare", theirs_took), ("words", took), ("pages and words", whole_took)):
            seconds[name].append(one)
        for name, right in scores.fields(page, entry["fields"]).items() if "fields" in entry else ():
            fields[name].append(right)
        report.say(
            f"letters    {entry['file']}: {wrong} of {len(truth)} words wrong, bare {beside}; "
            f"{took:.2f} s, bare {theirs_took:.2f} s"
        )
    for group, size in sizes.items():
        report.say(f"letters  {group}: word error {ours[group] / size:.1%}, bare Tesseract {theirs[group] / size:.1%}")
    for name, hits in fields.items():
        report.say(f"letters  receipts, {name}: {sum(hits)} of {len(hits)}")
    limit = statistics.fmean(seconds["bare"])
    for name in ("words", "pages and words"):
        mean = statistics.fmean(seconds[name])
        worst = max(one / other for one, other in zip(seconds[name], seconds["bare"], strict=True))
        report.say(
            f"letters  {name}: {mean:.2f} s of the processor a page, bare Tesseract {limit:.2f} s: {mean / limit:.2f} "
            f"times as long, {worst:.2f} times at worst"
        )


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = sum(os.times()[:4])  # with the processor's seconds of processes that ended
    done = work()
    return sum(os.times()[:4]) - began, done


def _ours(place: Path, folder: Path) -> tuple[dict[str, Any], float]:
    """Return the first page as it was read, and the seconds of the second step alone."""
    first = _first(place, folder)
    took, page = _timed(lambda: words.read(first, folder))
    return page, took


def _first(place: Path, folder: Path) -> Path:
    """Return the picture of a scan's first page."""
    with tempfile.TemporaryDirectory(dir=folder) as apart_:
        pages.read(place, Path(apart_))
        return min(Path(apart_).iterdir()).rename(folder / "first")


def lying(entries: list[Entry], folder: Path, report: Report) -> None:
    """Print how pages with a known angle were turned; cameras' words are followed if all such pages come out alike."""
    upright = set[bytes]()
    for entry in entries:
        place = scores.folder() / entry["file"]
        if "exif_orientation" in entry:
            with Image.open(_first(place, folder)) as page:
                upright.add(page.convert("L").tobytes())
        elif "skew_degrees" in entry or "rotation_clockwise_degrees" in entry:
            page, _ = _ours(place, folder)
            lies, askew = entry.get("rotation_clockwise_degrees", 0), entry.get("skew_degrees", 0)
            report.say(
                f"letters  {entry['file']}: lies turned by {lies}, was turned by {page['turned']}; askew by {askew}, "
                f"was turned by {page['skew']}"
            )
    report.say(f"letters  pages of the same picture with four words of a camera: {len(upright)} different once upright")


def ended(title: str, places: Iterable[Path], report: Report) -> None:
    """Print how files end in both reading processes, the longest time and the most memory."""
    ends, refused, peak, longest, count = Counter[str](), Counter[str](), 0, (0.0, ""), 0
    with Reader(PAGES) as pages_reader, Reader(WORDS) as words_reader, tempfile.TemporaryDirectory() as folder:
        for place in places:
            count += 1
            began = time.monotonic()
            try:
                with pages_reader.read(place) as found:
                    ends["scans read"] += 1
                    ends["pages broken"] += len(found.values["notes"])
                    peak = max(peak, int(found.values["peak_kb"]))
                    took, one = time.monotonic() - began, Path(folder) / "page.png"
                    for picture in found.files[:2]:
                        one.write_bytes(picture.read_bytes())
                        began = time.monotonic()
                        with words_reader.read(one) as read:
                            ends["pages read"] += 1
                            peak = max(peak, int(read.values["peak_kb"]))
                        took = max(took, time.monotonic() - began)
            except Unread as error:
                took = time.monotonic() - began
                ends["ended with the process" if error.again else "refused"] += 1
                refused[str(error)] += 1
            longest = max(longest, (took, place.name))
    report.say(
        f"letters  {title}: {count}: {', '.join(f'{end} {many}' for end, many in sorted(ends.items()))}; longest "
        f"{longest[0]:.1f} s ({longest[1]}), most memory {peak // 1024} MB"
    )
    for words_, many in refused.most_common():
        report.say(f"letters    {many} times: {words_}")


def _made(folder: Path) -> Iterator[Path]:
    every = {**{name: make for name, (make, _) in made.REFUSED.items()}, **made.READ, "draws for ever": made.busy}
    for name, make in every.items():
        place = folder / name.replace("/", " ")
        place.write_bytes(make())
        yield place


def _broken(shared: list[Path], folder: Path) -> Iterator[Path]:
    """Break small files of every kind: the shared ones, or ours where these are not there."""
    small = [one.read_bytes() for one in shared if one.stat().st_size < _SMALL]
    small = small or [made.saved([made.sheet()], form) for form in ("PDF", "TIFF", "JPEG", "PNG")]
    for number, broken in enumerate(mutants(small, MUTANTS)):
        place = folder / f"broken {number}"
        place.write_bytes(broken)
        yield place
