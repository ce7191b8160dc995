"""A citizen's record at the desk: shown in one's own queue, asked for outside it, and everything done by its forms."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from cases.models import Case, Citizen, CitizenAddress, CitizenChange, Read, SaidBy, Verdict
from contactcentre.db import Database
from tests.factories import phone
from tests.web.conftest import Browser, Opened

Agents = Callable[..., Browser]
Say = Callable[..., Opened]


def citizen_of(db: Database, opened: Opened) -> int:
    with db.reader() as session:
        return session.get_one(Case, opened.id).citizen_id


def share_phone(db: Database, citizen: int, other: int) -> int:
    """Let the other use the citizen's phone too."""

    def work(uow: object) -> int:
        session = uow.session  # type: ignore[attr-defined]
        use = session.scalars(select(CitizenAddress).where(CitizenAddress.citizen_id == citizen)).one()
        session.add(
            CitizenAddress(
                citizen_id=other, address_id=use.address_id, evidence="told", linked_at=use.linked_at
            )
        )  # fmt: skip
        return int(use.address_id)

    return db.run(work)


@pytest.fixture
def two(say: Say, db: Database) -> tuple[int, int]:
    first, second = say("The gutter is choked"), say("The lamp is dark", sender=phone(2))
    return citizen_of(db, first), citizen_of(db, second)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_case_leads_to_the_record_with_and_without_scripts(agent: Agents, say: Say, db: Database) -> None:
    opened, ama = say("The gutter is choked"), agent()
    address = f"/desk/citizens/{citizen_of(db, opened)}"
    ama.get(opened.address)
    assert f'href="{address}" hx-get="{address}"' in ama.page
    whole = ama.get(address).get_data(as_text=True)
    assert "<!doctype html>" in whole and "The gutter is choked" in whole and "not verified" in whole
    part = ama.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<!doctype" not in part and "<main" not in part and "The gutter is choked" in part
    assert len(whole) < 150_000
    with db.reader() as session:
        assert [one.kind for one in session.scalars(select(Read).order_by(Read.id))] == ["case", "citizen"]


def test_outside_ones_queue_a_reason_is_asked_first(agent: Agents, two: tuple[int, int], db: Database) -> None:
    auditor, address = agent(("auditor", "*")), f"/desk/citizens/{two[0]}"
    assert auditor.get(address).status_code == 403
    assert "not in your queue" in auditor.page and "gutter" not in _record(auditor.page)
    part = auditor.get(address, headers={"HX-Request": "true"})
    assert part.status_code == 200 and "Say why you have to look" in part.get_data(as_text=True)
    auditor.get(address)
    assert auditor.send("/look", why="oversight", words="no").status_code == 422
    assert "Say in 5 to 300 characters" in auditor.page
    assert auditor.send("/look", why="oversight", words="the yearly audit").location == address
    assert auditor.get(address).status_code == 200 and "gutter" in _record(auditor.page)
    assert "Same person" not in auditor.page and '/details"' not in auditor.page
    with db.reader() as session:
        assert session.scalars(select(Read.words).where(Read.why == "oversight")).all() == ["the yearly audit"]


def _record(page: str) -> str:
    return page.partition('<section class="pane nothing')[2]


@pytest.mark.parametrize("role", ["administrator", "assembly_member", "editor"])
def test_who_reads_no_case_has_no_record(agent: Agents, two: tuple[int, int], role: str) -> None:
    assert agent((role, "*")).get(f"/desk/citizens/{two[0]}").status_code == 403


def test_whom_confidential_cases_alone_know_is_not_there(agent: Agents, two: tuple[int, int], db: Database) -> None:
    db.run(lambda uow: uow.session.execute(update(Case).where(Case.citizen_id == two[0]).values(confidential=True)))
    ama = agent(("agent", "*"))
    there, nobody = ama.get(f"/desk/citizens/{two[0]}"), ama.get("/desk/citizens/999999")
    assert (there.status_code, nobody.status_code) == (404, 404)
    assert there.get_data() == nobody.get_data()
    share_phone(db, two[1], two[0])
    ama.get(f"/desk/citizens/{two[1]}")
    assert f"/desk/citizens/{two[0]}" not in ama.page
    for form in ("link", "not-same"):
        data = {"csrf": ama.fields("/details")["csrf"], "key": form, "other": str(two[0]), "reason": "I know them"}
        assert ama.client.post(f"/desk/citizens/{two[1]}/{form}", data=data).status_code == 404


def test_a_candidate_is_linked_by_a_person_and_taken_back(agent: Agents, two: tuple[int, int], db: Database) -> None:
    ama, address = agent(), f"/desk/citizens/{two[0]}"
    share_phone(db, *two)
    ama.get(address)
    assert "The same phone number" in words(ama.page)
    assert ama.send("/link", reason="").status_code == 422 and "how you know" in ama.page
    assert ama.send("/link", reason="He said so himself").location == address
    said = words(ama.get(address).get_data(as_text=True))
    assert "same person" in said and "He said so himself (The same phone number)" in said
    assert "The lamp is dark" in _record(ama.page), "the cases of both"
    assert ama.send("/take-back", reason="They are brothers").location == address
    said = words(ama.get(address).get_data(as_text=True))
    assert "not the same" in said and "The lamp is dark" not in _record(ama.page)
    with db.reader() as session:
        assert [one.verdict for one in session.scalars(select(Verdict).order_by(Verdict.id))] == ["same", "not_same"]


def test_not_the_same_is_one_press_and_is_remembered(agent: Agents, two: tuple[int, int], db: Database) -> None:
    ama, address = agent(), f"/desk/citizens/{two[0]}"
    share_phone(db, *two)
    ama.get(address)
    assert ama.send("/not-same").location == address
    ama.get(address)
    assert "Nobody, as far as we know." in ama.page and "not the same" in words(ama.page)


def test_a_shared_phone_and_who_spoke(agent: Agents, two: tuple[int, int], db: Database) -> None:
    ama, address = agent(), f"/desk/citizens/{two[0]}"
    phone_id = share_phone(db, *two)
    ama.get(address)
    assert "Who spoke" not in ama.page
    assert ama.send(f"/addresses/{phone_id}/shared").location == address
    ama.get(address)
    assert "several people use it" in ama.page and "The same phone, which several people use" in ama.page
    assert ama.send("/speaker", speaker=str(two[1])).location == address
    ama.get(address)
    assert f'<option value="{two[1]}" selected>' in ama.page
    with db.reader() as session:
        assert session.scalars(select(SaidBy.citizen_id)).all() == [two[1]]
        case = session.scalars(select(Case).where(Case.citizen_id == two[0])).one()
    ama.get(f"/desk/cases/{case.reference[:4]}-{case.reference[4:]}")
    assert "said who spoke a message" in ama.page


def test_an_address_is_verified_by_hand(agent: Agents, two: tuple[int, int], db: Database) -> None:
    ama, address = agent(), f"/desk/citizens/{two[0]}"
    ama.get(address)
    assert ama.send("/verified", how="x").status_code == 422
    assert "Say how you made sure" in ama.page
    assert ama.send("/verified", how="card at the counter").location == address
    ama.get(address)
    assert "verified by an agent" in ama.page and "card at the counter" in ama.page


def test_what_is_known_is_edited_and_comes_back_as_typed(agent: Agents, two: tuple[int, int], db: Database) -> None:
    ama, address = agent(), f"/desk/citizens/{two[0]}"
    ama.get(address)
    given = {"name": "Ama Invented", "language": "en", "contact_by": "call"}
    assert ama.send("/details", **given, anonymous="yes").status_code == 422
    assert "leave it empty" in ama.page and 'value="Ama Invented"' in ama.page
    assert ama.send("/details", **given).location == address
    said = words(ama.get(address).get_data(as_text=True))
    assert "name to Ama Invented" in said and "contact by to call" in said
    with db.reader() as session:
        assert session.get_one(Citizen, two[0]).name == "Ama Invented"
        assert len(session.scalars(select(CitizenChange)).all()) == 3
