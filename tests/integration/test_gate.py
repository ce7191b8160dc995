"""A sender who writes faster than their words can be taken in: everybody else is taken in meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cases import arrivals
from channels.webhook import WebhookRequest
from contactcentre import gate, raw
from contactcentre.container import Container
from contactcentre.db import Database
from tests.factories import phone
from tests.integration.callbacks import sms
from tests.integration.processes import eventually

CONNECTIONS, MANY = 3, 8


def accept(container: Container, db: Database, number: int, external_id: str) -> raw.Accepted:
    """Take in a text as the web process does."""
    route = next(one for one in container.accounts["sms-front"].routes() if one.event == "incoming")
    form = sms(f"The gutter is choked {external_id}", number=number, external_id=external_id)
    request = WebhookRequest("POST", "/hooks/sms-front", {}, {}, form, b"")
    return raw.accept(db, account="sms-front", route=route, request=request, city=container.city)


def test_a_busy_sender_holds_one_connection_and_not_all(
    container: Container, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 60.0)
    small = Database(db.engine.url.render_as_string(hide_password=False), pool_size=CONNECTIONS)
    with ThreadPoolExecutor(MANY) as pool:
        with db.reader() as session:
            arrivals.lock(session, phone(1))  # as if their last words took long
            waiting = [pool.submit(accept, container, small, 1, f"busy-{one}") for one in range(MANY - 1)]
            assert eventually(lambda: small.engine.pool.checkedout() > 0, seconds=30)  # type: ignore[attr-defined]
            other = pool.submit(accept, container, small, 2, "other")
            assert other.result().state == "applied"
            assert small.engine.pool.checkedout() == 1  # type: ignore[attr-defined]
            assert not any(one.done() for one in waiting)
        assert [one.result().state for one in waiting] == ["applied"] * (MANY - 1)
    small.dispose()
