"""Takes the pictures of the documentation: ``python -m tests.e2e.screenshots --into docs/images``.

Starts the product with the demo city on a free port and a temporary data folder, plays one talk between a phone and an
agent, lets people leave work behind, and photographs the pages at the width of a desk and of a phone, in both themes.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contactcentre.simulator import sheets
from tests.e2e import chromium, every_page, looking, png, street_city
from tests.e2e.every_page import CASE, NOBODY, PAGES, STATES, Visit
from tests.e2e.furnished import City, furnish
from tests.e2e.paper import Clerk
from tests.e2e.product import Product, serving
from tests.e2e.talk import CITIZEN, WHO, WORDS, Agent, play
from tests.e2e.visitors import Visitors, installed

#: a picture is read on the pages of the repository, often over a slow line
LARGEST, ALL = 250_000, 7_000_000
#: until the page has opened its stream and says so
SETTLE = 700
ADMIN, FIELD = "admin", "/desk/field"
LETTER = (
    "Kojokrom, 2 March 2026\n\nThe Metropolitan Works Engineer\nSekondi-Takoradi\n\nDear Sir,\n\n"
    "CULVERT ON THE SCHOOL ROAD\n\nThe culvert on the road to the school has fallen in. Children\n"
    "climb through it each morning, and no car has passed for a week.\n"
    "We ask that it be fenced until it is built anew.\n\n"
    "Yours faithfully,\nAdwoa Demo"
)


def _reply(page: Any) -> None:
    page.fill("#reply-text", "Our crew opens the drain tomorrow morning. Please keep children away from the edge.")


def _phone(page: Any) -> None:
    page.get_by_role("button", name="New phone").click()
    page.get_by_label("Number with + and country code").fill(CITIZEN)
    page.get_by_role("button", name="Use it").click()
    page.get_by_text(WORDS[2]).first.wait_for()


SHOTS = {
    "desk": Visit(WHO, "/desk"),
    "case": Visit(WHO, CASE, steps=_reply),
    "composer": Visit(WHO, CASE, steps=every_page.choosing),
    "merge": Visit(WHO, "/desk/cases/{incident}/merge?find=pipe"),
    "letter": Visit(WHO, "/desk/letters/{scanned}"),
    "letters-out": Visit(WHO, "/desk/letters/out"),
    "citizen": Visit(WHO, "/desk/citizens/{citizen_id}"),
    "bulk": Visit(WHO, "/desk/bulk?action=priority&set_priority=high&try=yes&{picked}"),
    "knowledge": Visit(WHO, "/desk/knowledge/{article_id}"),
    "calls": Visit("supervisor", "/desk/calls"),
    "call": Visit("kofi", "/desk", steps=every_page.line_shown),
    "wrap-up": Visit(WHO, "/desk/cases/{called}", steps=every_page.line_shown),
    "prompts": Visit(ADMIN, "/admin/prompts"),
    "telephone": Visit(NOBODY, "/simulator", steps=every_page.calling),
    "jobs": Visit(street_city.OFFICER, FIELD, steps=street_city.listed),
    "jobs-too-late": Visit(street_city.OFFICER, FIELD, steps=street_city.too_late),
    "jobs-off-line": Visit(street_city.OFFICER, FIELD, steps=street_city.off_line),  # their last one: it stays off line
    "setup": Visit(ADMIN, "/admin/setup"),
    "configuration": Visit(ADMIN, "/admin/configuration/drafts/{number}"),
    "people": Visit(ADMIN, "/admin/people"),
    "login": Visit(NOBODY, "/login"),
    "phone": Visit(NOBODY, "/simulator", steps=_phone),
}


def scan(browser: Any, product: Product) -> str:
    """Put a letter into the scanner; returns its register number once it lies ready to be keyed."""
    with browser.new_context() as context:
        agent = Agent(context.new_page(), product)
        agent.log_in(WHO)
        clerk = Clerk(agent.page, product.address)
        clerk.puts_in("letter.pdf", sheets.as_pdf(sheets.typed(LETTER)), "application/pdf")
        clerk.awaits("/desk/letters", "#key-first").click()
        return str(agent.page.get_attribute("#key-form", "data-number"))


def every() -> dict[str, Visit]:
    """Return every page and state there is, under names for files."""
    visits = [*(one for some in PAGES.values() for one in some), *STATES]
    return {re.sub(r"[^a-z0-9]+", "-", one.name.lower()).strip("-")[:80]: one for one in visits}


def take(
    browser: Any, product: Product, city: City, shots: Mapping[str, Visit], *, into: Path, themes: Sequence[str]
) -> list[Path]:
    """Photograph the pages at each size in each theme; returns the files."""
    made = []
    for size in (looking.WIDE, looking.NARROW):
        narrow = size is looking.NARROW
        visitors = Visitors(browser, product, has_touch=narrow, is_mobile=narrow)
        for name, visit in shots.items():
            looking.at(visitors.page(visit.who), size, themes[0])
            page, _, _ = visitors.go(visit, city)
            page.wait_for_timeout(SETTLE)
            made += [_photograph(page, into, name, size, theme) for theme in themes]
            visitors.leave(visit)
    return made


def _photograph(page: Any, into: Path, name: str, size: tuple[int, int], theme: str) -> Path:
    looking.at(page, size, theme)
    file = into / f"{name}-{size[0]}{'-dark' if theme == 'dark' else ''}.png"
    file.write_bytes(png.packed(page.screenshot()))
    return file


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; returns 1 where one, or all of them, are larger than they may be."""
    parser = argparse.ArgumentParser(prog="tests.e2e.screenshots", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--every", action="store_true", help="every page instead of those that the documentation shows")
    parser.add_argument("--only", action="append", choices=SHOTS, help="this one of them alone; may be said again")
    parser.add_argument("--theme", choices=("light", "dark"), help="one theme instead of both")
    options = parser.parse_args(arguments)
    if chromium.CHROMIUM is None:
        parser.error(chromium.MISSING)
    options.into.mkdir(parents=True, exist_ok=True)
    themes = (options.theme,) if options.theme else ("light", "dark")
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as folder,
        serving(Path(folder) / "data") as product,
        chromium.browser() as browser,
        installed(product) as container,
    ):
        scanned = scan(browser, product)
        city = furnish(product, container, play(browser, product))
        city.names["scanned"] = scanned
        chosen = every() if options.every else {name: SHOTS[name] for name in options.only or SHOTS}
        made = take(browser, product, city, chosen, into=options.into, themes=themes)
    sizes = [file.stat().st_size for file in made]
    for file, size in zip(made, sizes, strict=True):
        print(f"{file} {size} bytes")
    print(f"{sum(sizes)} bytes in all")
    return 0 if options.every else int(max(sizes) > LARGEST or sum(sizes) > ALL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
