"""Every page of every role can be read and used: by a reader, in the dark, on a phone, enlarged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import chromium
from tests.e2e.every_page import NO_PAGES, PAGES, STATES
from tests.e2e.furnished import furnish
from tests.e2e.product import Product
from tests.e2e.talk import play
from tests.e2e.visitors import Visitors, installed

if TYPE_CHECKING:
    from contactcentre.container import Container

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
#: what is no page: the calls of the API, and files of the product's own
OTHERS = ("/api/v1", "/assets/", "/static", "/openapi")


@pytest.fixture(scope="module")
def site(product: Product) -> Iterator[Container]:
    with installed(product) as container:
        yield container


def test_every_address_that_answers_with_a_page_is_visited(site: Container) -> None:
    from contactcentre.app import create_app

    rules = create_app(site).url_map.iter_rules()
    shown = {rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.rule.startswith(OTHERS)}
    assert shown - {*PAGES, *NO_PAGES} == set(), "say in every_page who visits it, or why it is no page"
    assert {*PAGES, *NO_PAGES} - shown == set()


@pytest.mark.long
def test_nothing_is_wrong_with_any_page(product: Product, site: Container, browser: Any) -> None:
    city, visitors = furnish(product, site, play(browser, product)), Visitors(browser, product)
    visits = [*(one for some in PAGES.values() for one in some), *STATES]
    found = [fault for visit in visits for fault in visitors.look(visit, city)]
    print(f"{len(visits)} pages and states")
    assert found == [], "\n".join(found)
