"""What every test of the whole product begins with: the product itself, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.product import Product, serving
from tests.integration import processes


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with the demo city, started once for all files, which leaves no process behind.

    Each test works with people and cases of its own.
    """
    data = tmp_path_factory.mktemp("product") / "data"
    with serving(data) as started:
        yield started
    assert processes.of(data) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with chromium.browser() as started:
        yield started
