"""Takes the pictures of the documentation: ``python -m tests.e2e.screenshots --into docs/images``.

Starts the product with the demo city on a free port and a temporary data folder, plays one talk between a phone and an
agent, and photographs the pages at the width of a desk and of a phone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e import chromium, png
from tests.e2e.product import Product, serving
from tests.e2e.talk import Agent, Phone

SIZES = ((1440, 900), (390, 844))
#: a picture is read on the pages of the repository, often over a slow line
LARGEST = 250_000
#: until the page has opened its stream and says so
SETTLE = 700
#: sees the whole queue
WHO = "yaw"
#: has written before, so that the facts have something to tell
CITIZEN = "+233540000103"
WORDS = (
    "The drain beside our house is blocked and water comes into the yard.",
    "Thank you, we have noted it. Is the drain covered with slabs, or open?",
    "It is open. The water stands near the blue kiosk.",
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One page to photograph: how it is reached on the agent's page, and whether the documentation shows it."""

    name: str
    reach: Callable[[Any, Product, str], None]
    shown: bool = False
    anonymous: bool = False


def _open(path: str) -> Callable[[Any, Product, str], None]:
    return lambda page, product, _: page.goto(f"{product.address}{path}")


def _case(page: Any, product: Product, reference: str) -> None:
    page.goto(f"{product.address}/desk/cases/{reference}")
    page.fill("#reply-text", "Our crew opens the drain tomorrow morning. Please keep children away from the edge.")


def _phone(page: Any, product: Product, reference: str) -> None:
    Phone(page, product.address).choose(CITIZEN)
    page.get_by_text(WORDS[2]).first.wait_for()


SHOTS = (
    Shot("desk", _open("/desk"), shown=True),
    Shot("case", _case, shown=True),
    Shot("phone", _phone, shown=True),
    Shot("facts", lambda page, product, reference: page.goto(f"{product.address}/desk/cases/{reference}#facts")),
    Shot("account", _open("/account")),
    Shot("login", _open("/login"), anonymous=True),
    Shot("docs", _open("/api/docs"), anonymous=True),
    Shot("call", _open("/api/docs/list_cases"), anonymous=True),
)


def play(browser: Any, product: Product) -> str:
    """Let a citizen and an agent write to one another; returns the reference of their case."""
    context = browser.new_context()
    try:
        page = context.new_page()
        phone = Phone(page, product.address)
        phone.choose(CITIZEN)
        phone.write(WORDS[0])
        reference, _ = phone.acknowledged()
        agent = Agent(context.new_page(), product)
        agent.log_in(WHO)
        agent.open(reference)
        agent.answer(WORDS[1])
        phone.reads(WORDS[1])
        phone.write(WORDS[2])
        agent.sees(WORDS[2])
    finally:
        context.close()
    return reference


def take(browser: Any, product: Product, shots: Sequence[Shot], into: Path, *, scheme: str) -> list[Path]:
    """Photograph the pages at every size; returns the files."""
    made = []
    reference = play(browser, product)
    for width, height in SIZES:
        narrow = width < 768
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=scheme, has_touch=narrow, is_mobile=narrow)
        for anonymous in (True, False):
            if not anonymous:
                Agent(context.new_page(), product).log_in(WHO)
            wanted = [shot for shot in shots if shot.anonymous is anonymous]
            made += [_photograph(context, one, into / f"{one.name}-{width}.png", product, reference) for one in wanted]
        context.close()
    return made


def _photograph(context: Any, shot: Shot, file: Path, product: Product, reference: str) -> Path:
    page = context.new_page()
    shot.reach(page, product, reference)
    page.wait_for_timeout(SETTLE)
    file.write_bytes(png.packed(page.screenshot()))
    page.close()
    return file


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; returns 1 where one is larger than it may be."""
    parser = argparse.ArgumentParser(prog="tests.e2e.screenshots", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--every", action="store_true", help="also the pages that the documentation does not show")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    options = parser.parse_args(arguments)
    if chromium.CHROMIUM is None:
        parser.error(chromium.MISSING)
    options.into.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if shot.shown or options.every]
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as folder,
        serving(Path(folder) / "data") as product,
        chromium.browser() as browser,
    ):
        made = take(browser, product, shots, options.into, scheme=options.scheme)
    for file in made:
        print(f"{file} {file.stat().st_size} bytes")
    return int(any(file.stat().st_size > LARGEST for file in made))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
