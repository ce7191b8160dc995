"""An executive's look: from the desk to the board to what is stuck, on a desk and on a phone, and no further."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import clock, intake, people, references
from cases.models import Case
from cases.permissions import SYSTEM
from contactcentre.auth import passwords
from tests.e2e import chromium, looking
from tests.e2e.furnished import PASSWORD
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE
from tests.e2e.visitors import installed
from tests.factories import inbound, phone
from tests.integration import processes

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
WHO, CANARY = "maame", "bitterns breed in the choked gutter"


def late(product: Product) -> dict[str, str]:
    """Let cases be ten days old: an ordinary one, a confidential one, a complaint about staff; returns references."""
    made: dict[str, int] = {}

    def work(uow: Any) -> None:
        people.add(
            uow.session, SYSTEM, username=WHO, name="Maame Demo", grants=[("executive", "*")],
            password_hash=passwords.hash(PASSWORD),
        )  # fmt: skip
        texts = {"ordinary": CANARY, "secret": CANARY, "staff": f"An officer asked me for a bribe, {CANARY}"}
        for number, (name, text) in enumerate(texts.items(), 8_801):
            said, then = inbound(text, sender=phone(number), account="sms-at"), clock.now(uow.session)
            received = intake.receive(uow.session, said, city=city, received_at=then - timedelta(days=10))
            made[name] = received.case_id or 0
        uow.session.get_one(Case, made["secret"]).confidential = True

    with installed(product) as container:
        city = container.city
        container.db.run(work)
        with container.db.reader() as session:
            rows = {name: session.get_one(Case, number) for name, number in made.items()}
            assert rows["staff"].confidential and city.is_conduct(rows["staff"].department)
            return {name: references.written(row.reference) for name, row in rows.items()}


def test_an_executive_sees_what_is_stuck_and_no_more(product: Product, browser: Any) -> None:
    cases, faults = late(product), []
    page = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{product.address}/login")
    page.get_by_label("User name").fill(WHO)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Board", exact=True).first.click()
    page.get_by_role("link", name="What is stuck").click()
    page.get_by_role("heading", name="What is stuck", level=1).wait_for()
    assert processes.eventually(lambda: cases["ordinary"] in _read(page), seconds=60)
    said = _read(page)
    assert "are overdue now" in said and "By department" in said and "Trend" in said
    assert cases["secret"] not in said and cases["staff"] not in said
    assert "bitterns" not in page.content() and "bribe" not in page.content()
    names = page.get_by_role("navigation").get_by_role("link").all_inner_texts()
    assert not {"Forecast", "Parked", "Rota", "Reviews", "Notes", "Your area"} & {one.strip() for one in names}
    for address in ("forecast", "parked", "rota", "reviews", "notes", "area"):
        assert page.request.get(f"{product.address}/board/{address}").status == 403
    assert looking.faults(page) == []
    assert faults == []


def _read(page: Any) -> str:
    page.reload()
    return str(page.inner_text("main"))
