"""An administrator tries a text: where it would go and why, and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from cases.models import Case, RawRequest
from contactcentre.db import Database
from tests.web.conftest import Browser

Agents = Callable[..., Browser]
PAGE = "/admin/try"


@pytest.fixture
def admin(agent: Agents) -> Browser:
    return agent(("administrator", "*"), name="Esi")


def test_a_text_is_tried_rule_by_rule_and_nothing_is_stored(admin: Browser, db: Database) -> None:
    admin.get(PAGE)
    assert "Rules in the order" not in admin.page
    admin.get(f"{PAGE}?text=The+gutter+is+choked&account=sms-front")
    assert "Front desk</h2>" in admin.page
    assert "came to account sms-front" in admin.page
    assert "Holds" in admin.page
    assert "Place: none" in admin.page
    with db.reader() as session:
        assert [session.scalar(select(func.count()).select_from(one)) for one in (Case, RawRequest)] == [0, 0]


def test_a_command_is_told(admin: Browser) -> None:
    admin.get(f"{PAGE}?text=HELP")
    assert "opens no case" in admin.page


def test_words_are_never_markup_and_have_a_bound(admin: Browser) -> None:
    admin.get(f"{PAGE}?text=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in admin.page
    assert admin.get(f"{PAGE}?text={'x' * 1601}").status_code == 422


@pytest.mark.parametrize("role", ["supervisor", "agent", "auditor"])
def test_others_may_not(agent: Agents, role: str) -> None:
    assert agent((role, "*")).get(PAGE).status_code == 403
