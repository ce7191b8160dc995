"""Files of a case in a real browser: small pictures are there, late and harmless, and nothing scrolls sideways."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from cases import clock
from cases.models import Attachment, StoredFile
from contactcentre.container import Container
from tests.e2e import chromium
from tests.unit.hostile_files import dense
from tests.web.conftest import Opened
from tests.web.test_desk_browser import Desk, desk, site  # noqa: F401  fixtures
from workers import deliver, inspection

if TYPE_CHECKING:
    from contactcentre.db import UnitOfWork

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING)]


def photo(colour: str, size: tuple[int, int]) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG")
    return written.getvalue()


def at_message(container: Container, opened: Opened, files: dict[str, bytes]) -> None:
    """Let files have come with the citizen's message."""
    from cases.models import IncomingMedia

    kept = {name: container.files.keep(io.BytesIO(content), largest=10**8) for name, content in files.items()}

    def work(uow: UnitOfWork) -> None:
        at = clock.now(uow.session)
        for position, (name, one) in enumerate(kept.items()):
            uow.session.add(StoredFile(sha256=one.sha256, size=one.size, media_type=one.media_type, created_at=at))
            uow.session.flush()
            row = {"message_id": opened.message_id, "name": name, "sha256": one.sha256}
            told = {"account": "sms-front", "position": position, "url": "", "media_type": "", "state": "stored"}
            uow.session.add(IncomingMedia(**row, **told))
            uow.session.add(Attachment(case_id=opened.id, added_at=at, **row))

    container.db.run(work)


@pytest.mark.parametrize("width", [390, 1440])
def test_pictures_are_shown_and_nothing_scrolls_sideways(
    desk: Callable[..., Desk],  # noqa: F811
    say: Callable[..., Opened],
    container: Container,
    width: int,
) -> None:
    opened = say("The gutter is choked, see the pictures")
    names = {
        "the gutter behind the market, seen from the lorry park on Tuesday morning.jpg": photo("teal", (900, 600)),
        "wide.jpg": photo("brown", (2000, 100)),
        "tall.jpg": photo("grey", (100, 2000)),
        "letter.pdf": b"%PDF-1.7 words",
        "photos.zip": dense(30),
    }
    at_message(container, opened, names)
    deliver.use(container)
    assert inspection.files(inspection.KEY) == 5
    shown = desk(width, 900)
    shown.open(opened.address)
    pictures = shown.page.locator("img.preview")
    assert pictures.count() == 3
    for number in range(3):
        pictures.nth(number).scroll_into_view_if_needed()
        shown.page.wait_for_function("(n) => document.querySelectorAll('img.preview')[n].naturalWidth > 0", arg=number)
        box = pictures.nth(number).bounding_box()
        assert box["height"] <= 129, "no picture pushes the words away"
    assert "200 times its size" in shown.page.inner_text("#timeline")
    assert shown.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert shown.page.evaluate("(e => e.scrollWidth - e.clientWidth)(document.querySelector('#timeline'))") <= 0
    with shown.page.expect_download() as kept:
        pictures.first.click()
    assert kept.value.suggested_filename.startswith("the gutter behind the market")
    assert shown.faults == []
