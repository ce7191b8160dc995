"""Jobs for the tests of the field page: a case with a task of an officer, and what a phone sends."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from cases import tasks
from cases.models import Case, Task
from cases.permissions import SYSTEM
from contactcentre.db import Database
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]
OFFICER = ("field_officer", "front-desk")
_keys = itertools.count(1)


def picture(side: int = 64) -> bytes:
    """Return a photo as a phone makes it."""
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), "#886644").save(out, "JPEG")
    return out.getvalue()


def opens(db: Database, city: Any, opened: Opened, *, agent_id: int | None, title: str = "Lift the slab") -> int:
    """Open a job in a case; returns its number."""
    values = {"city": city, "reference": opened.reference, "title": title, "kind": tasks.TaskKind.FIELD_JOB}
    return db.run(lambda uow: tasks.open(uow.session, SYSTEM, assignee_id=agent_id, **values).id)  # type: ignore[arg-type]


@dataclass
class Phone:
    """An officer's phone with a job on it."""

    browser: Browser
    db: Database
    opened: Opened
    task: int

    @property
    def values(self) -> dict[str, Any]:
        """What the page gives a phone now."""
        found: dict[str, Any] = self.browser.client.get("/desk/field/jobs").get_json()
        return found

    @property
    def seen(self) -> int:
        with self.db.reader() as session:
            return session.get_one(Case, self.opened.id).event_seq

    def row(self) -> Task:
        with self.db.reader() as session:
            return session.scalars(select(Task).where(Task.id == self.task)).one()

    def act(self, kind: str, **more: Any) -> dict[str, Any]:
        """Return an act as the phone makes it."""
        return {
            "key": f"phone-{next(_keys):08d}",
            "kind": kind,
            "reference": self.opened.reference,
            "task": self.task,
            "seen": self.seen,
            **more,
        }

    def sends(self, *acts: object, agent: int | None = None, csrf: str | None = None) -> TestResponse:
        """Send acts as the page's script does."""
        told = self.values if csrf is None or agent is None else {}
        body = {"agent": agent or told["agent"], "acts": list(acts)}
        headers = {"X-CSRF-Token": told["csrf"] if csrf is None else csrf}
        return self.browser.client.post("/desk/field/acts", json=body, headers=headers)

    def sends_photo(self, act: str, photo: bytes, *, name: str = "photo.jpg") -> TestResponse:
        """Send one photo."""
        told = self.values
        data = {"agent": str(told["agent"]), "act": act, "photo": (io.BytesIO(photo), name)}
        return self.browser.client.post("/desk/field/photos", data=data, headers={"X-CSRF-Token": told["csrf"]})
