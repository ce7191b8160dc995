"""An officer's day in the street: jobs are loaded in the yard, done without a line, and told on the way back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from cases import clock, intake, people, references, tasks
from cases.messages import Address, AddressKind, InboundMessage
from cases.models import Agent, Attachment, Case, StoredFile, Task
from cases.permissions import SYSTEM, Viewer, ViewerKind
from contactcentre.auth import passwords
from tests.e2e import chromium
from tests.e2e.product import Product
from tests.e2e.talk import PATIENCE
from tests.e2e.thumb import ThumbAgent
from tests.e2e.visitors import installed
from tests.integration.processes import eventually

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(chromium.CHROMIUM is None, reason=chromium.MISSING),
]
OFFICER, WORD = "street-officer", "boat lagoon pepper"
WORDS = "The slab over the gutter at the lorry station is broken and people fall in"


@dataclass(frozen=True)
class Job:
    """What the yard has given the officer."""

    task: int
    reference: str


@pytest.fixture(scope="module")
def job(product: Product) -> Job:
    """A case of a citizen, and a job in it for an officer of its department."""
    with installed(product) as container:

        def work(uow: Any) -> Job:
            sender = Address(AddressKind.PHONE, "+233200000955")
            said = InboundMessage("sms-at", "sms", sender, "", WORDS, "field-day-1")
            received = intake.receive(uow.session, said, city=container.city)
            case = uow.session.get_one(Case, received.case_id)
            grants = [("field_officer", case.department or "works")]
            added = people.add(
                uow.session, SYSTEM, username=OFFICER, name="Kwabena Invented", grants=grants,
                password_hash=passwords.hash(WORD),
            )  # fmt: skip
            yaw = uow.session.scalars(select(Agent).where(Agent.username == "yaw")).one()
            leads = Viewer(ViewerKind.AGENT, yaw.id, yaw.name, frozenset({("supervisor", "*")}))
            opened = tasks.open(
                uow.session, leads, city=container.city, reference=case.reference, title="Lay a new slab",
                kind=tasks.TaskKind.FIELD_JOB, assignee_id=added.id, due=clock.now(uow.session).replace(year=2090),
            )  # fmt: skip
            return Job(opened.id, references.written(case.reference))

        return container.db.run(work)


@pytest.fixture(scope="module")
def phone(product: Product, browser: Any, job: Job) -> Iterator[ThumbAgent]:
    """The officer's phone, logged in, its page open in the yard."""
    agent = ThumbAgent(browser, product)
    agent.page.goto(f"{product.address}/login?next=/desk/field")
    agent.writes("User name", OFFICER)
    agent.writes("Password", WORD)
    agent.taps(agent.button("Log in"))
    agent.page.wait_for_selector("body[data-ready=yes] #line[data-state=online]", timeout=PATIENCE)
    agent.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    yield agent
    agent.close()
    assert agent.faults == []


def photo(folder: Path) -> Path:
    out, file = io.BytesIO(), folder / "slab.jpg"
    Image.new("RGB", (2400, 1800), "#7a6a55").save(out, "JPEG")
    file.write_bytes(out.getvalue())
    return file


def test_the_job_is_on_the_phone(phone: ThumbAgent, job: Job) -> None:
    phone.sees("Lay a new slab", at=f"#job-{job.task}")
    phone.sees(WORDS, at=f"#job-{job.task}")
    phone.sees(job.reference, at=f"#job-{job.task}")


def test_it_is_done_without_a_line(phone: ThumbAgent, job: Job, tmp_path: Path) -> None:
    page, at = phone.page, f"#job-{job.task}"
    page.context.set_offline(True)
    page.reload()
    phone.sees("Off line", at="#line")
    phone.sees("Lay a new slab", at=at)
    phone.taps(phone.button("On my way"))
    phone.sees("1 act waits", at="#line")
    for number, moment in enumerate(("before", "after"), start=2):
        phone.taps(page.locator(f"{at} details[data-of=photo] > summary"))
        page.locator(f"{at} input[type=file]").set_input_files(photo(tmp_path))
        phone.taps(page.get_by_label(f"{moment} the work"))
        phone.taps(phone.button("Keep the photo"))
        phone.sees(f"{number} acts wait", at="#line")
    phone.taps(page.locator(f"{at} details[data-of=done] > summary"))
    page.locator(f"{at} form[data-kind=done] textarea").fill("New slab laid, edges filled")
    phone.taps(phone.button("It is done"))
    phone.sees("4 acts wait", at="#line")


def test_back_in_the_yard_all_of_it_is_told(phone: ThumbAgent, job: Job, product: Product) -> None:
    phone.page.context.set_offline(False)
    phone.sees("All sent", at="#line")
    phone.page.locator(f"#job-{job.task}").wait_for(state="detached")
    with installed(product) as container, container.db.reader() as session:
        task = session.get_one(Task, job.task)
        assert (task.state, task.result) == ("done", "New slab laid, edges filled")
        files = session.scalars(select(Attachment).where(Attachment.case_id == task.case_id)).all()
        assert [one.name for one in files] == ["before.jpg", "after.jpg"]
    assert eventually(lambda: _looked_at(product, files[0].sha256), seconds=60)
    phone.goes(f"/desk/cases/{job.reference}")
    phone.sees("finished the task “Lay a new slab”: New slab laid, edges filled", at="#timeline")
    phone.sees("Photo after the work.", at="#timeline")


def _looked_at(product: Product, sha256: str) -> bool:
    """Tell whether a worker has looked into a photo, as into every file."""
    with installed(product) as container, container.db.reader() as session:
        return session.get_one(StoredFile, sha256).looked_at is not None
