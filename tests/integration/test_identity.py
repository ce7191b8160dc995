"""Records that may be one person: candidates with evidence, links that can be taken back, shared phones, speakers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text, update

from cases import citizens, proofs
from cases.errors import Invalid, NotAllowed, NotFound
from cases.identity import addresses, changes, likely, speakers, verdicts
from cases.identity.evidence import Sign
from cases.models import Case, Citizen, CitizenAddress, CitizenChange, Message, OutboxEntry, Party, Thread, Verdict
from cases.permissions import Viewer
from cases.proofs import Claim
from cases.queries import case as case_query
from cases.queries.timeline import UNNAMED, MessageEntry
from contactcentre.db import Database
from tests.factories import make_agent
from tests.integration.office import Office, now, office


@pytest.fixture
def desk(db: Database) -> Iterator[Office]:
    with office(db) as opened:
        yield opened.at("2026-03-03 10:00")


def writes(desk: Office, number: int, words: str = "The gutter is choked", name: str | None = None) -> int:
    desk.says(words, number=number)
    citizen = desk.case.citizen_id
    if name is not None:
        desk.db.run(lambda uow: citizens.name_citizen(uow.session, citizen, name))
    return citizen


def address_of(desk: Office, citizen: int) -> int:
    with desk.db.reader() as session:
        return session.scalars(select(CitizenAddress.address_id).where(CitizenAddress.citizen_id == citizen)).one()


def uses(desk: Office, citizen: int, address: int) -> None:
    row = {"citizen_id": citizen, "address_id": address, "evidence": "told", "linked_at": now()}
    desk.db.run(lambda uow: uow.session.add(CitizenAddress(**row)))


def found(desk: Office, citizen: int, viewer: Viewer | None = None) -> list[tuple[int, tuple[Sign, ...]]]:
    with desk.db.reader() as session:
        listed = likely.candidates(session, viewer or desk.agent, citizen, city=desk.city)
    return [(one.citizen_id, one.evidence.signs) for one in listed]


def hires(desk: Office, *roles: tuple[str, str]) -> Viewer:
    return desk.db.run(lambda uow: make_agent(uow.session, "Kofi", *roles))


def confirm(desk: Office, citizen: int, address: int) -> bool:
    how = {"citizen_id": citizen, "address_id": address, "how": "called back"}
    return desk.db.run(lambda uow: addresses.confirm(uow.session, desk.agent, **how))  # type: ignore[arg-type]


def link(desk: Office, one: int, other: int, reason: str = "he said so") -> None:
    desk.db.run(lambda uow: verdicts.link(uow.session, desk.agent, one=one, other=other, reason=reason))


def person(desk: Office, citizen: int) -> set[int]:
    with desk.db.reader() as session:
        return set(session.scalars(verdicts.same_person(citizen)))


# Candidates.


def test_the_same_number_then_verified_then_shared(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    phone = address_of(desk, ama)
    assert found(desk, ama) == []
    uses(desk, other, phone)
    assert found(desk, ama) == [(other, (Sign.NUMBER,))] and found(desk, other) == [(ama, (Sign.NUMBER,))]
    desk.db.run(lambda uow: addresses.share(uow.session, desk.agent, citizen_id=ama, address_id=phone, shared=True))
    confirm(desk, ama, phone)
    confirm(desk, other, phone)
    assert found(desk, ama) == [(other, (Sign.SHARED,))]


def test_a_name_needs_one_thing_more(desk: Office) -> None:
    ama, other = writes(desk, 1, name="Ama Invented"), writes(desk, 2, name="AMA  invented")
    assert found(desk, ama) == []
    with_service = update(Case).values(service="lift")
    desk.db.run(lambda uow: uow.session.execute(with_service))
    assert found(desk, ama) == [(other, (Sign.NAME, Sign.SERVICE))]
    desk.db.run(lambda uow: uow.session.execute(update(Citizen).values(language="en")))
    assert found(desk, ama) == [(other, (Sign.NAME, Sign.SERVICE, Sign.LANGUAGE))]


def test_one_word_is_no_name(desk: Office) -> None:
    ama, _ = writes(desk, 1, name="Ama"), writes(desk, 2, name="Ama")
    desk.db.run(lambda uow: uow.session.execute(update(Citizen).values(language="en")))
    assert found(desk, ama) == []


def test_who_is_named_in_a_text(desk: Office) -> None:
    kofi = writes(desk, 1, name="Kofi Invented")
    ama = writes(desk, 2, "Kofi Invented here, my other number is 020 000 0001")
    desk.city = office_city(desk)
    assert found(desk, ama) == [(kofi, (Sign.NUMBER_NAMED, Sign.NAMED))]
    assert found(desk, kofi) == []


def office_city(desk: Office) -> object:
    from dataclasses import replace

    return replace(desk.city, organisation=replace(desk.city.organisation, prefixes=("+233",)))  # type: ignore[return-value]


def test_a_confidential_case_is_no_source_for_who_may_not_read_it(desk: Office) -> None:
    kofi = writes(desk, 1, name="Kofi Invented")
    ama = writes(desk, 2, "Kofi Invented beats me")
    own, everywhere = hires(desk, ("agent", "desk")), hires(desk, ("agent", "*"))
    secret = update(Case).values(confidential=True)
    desk.db.run(lambda uow: uow.session.execute(secret.where(Case.citizen_id == ama)))
    assert found(desk, ama, own) == [(kofi, (Sign.NAMED,))]
    assert found(desk, ama, everywhere) == [], "the text is not theirs to read"
    uses(desk, ama, address_of(desk, kofi))
    assert found(desk, kofi, own) == [(ama, (Sign.NUMBER,))]
    assert found(desk, kofi, everywhere) == [], "whom confidential cases alone know is no candidate"


def test_who_stays_anonymous_is_nobodys_candidate(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    uses(desk, other, address_of(desk, ama))
    edit(desk, other, anonymous=True)
    assert found(desk, ama) == [] and found(desk, other) == []
    with pytest.raises(Invalid, match="anonymous"):
        link(desk, ama, other)
    confirm(desk, ama, address_of(desk, ama))
    assert not confirm(desk, other, address_of(desk, ama))


# Links.


def snapshot(desk: Office) -> list[object]:
    """Return who has which address, thread, case and party, and every message."""
    tables = (CitizenAddress, Thread, Case, Party, Message)
    with desk.db.reader() as session:
        return [
            tuple(sorted(map(repr, session.execute(select(*one.__table__.columns)).all())))
            for one in tables  # type: ignore[attr-defined]
        ]


def test_a_link_shows_the_cases_together_and_is_taken_back_whole(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    reference = desk.case.reference
    before = snapshot(desk)
    link(desk, ama, other)
    assert person(desk, ama) == person(desk, other) == {ama, other}
    with desk.db.reader() as session:
        view = case_query.load(session, desk.agent, reference, city=desk.city)
        assert [one.id for one in view.other_cases] == [desk.case_id - 1]
    assert found(desk, ama) == []
    back = {"one": other, "other": ama, "reason": "two brothers"}
    desk.db.run(lambda uow: verdicts.take_back(uow.session, desk.agent, **back))  # type: ignore[arg-type]
    assert person(desk, ama) == {ama} and snapshot(desk) == before
    with desk.db.reader() as session:
        ended, now_not = session.scalars(select(Verdict).order_by(Verdict.id)).all()
        assert (ended.verdict, ended.reason, ended.end_reason, ended.ended_by) == (
            "same", "he said so", "two brothers", desk.agent.actor,
        )  # fmt: skip
        assert (now_not.verdict, now_not.ended_at) == ("not_same", None)


def test_what_comes_after_a_link_stays_with_whom_it_came_to(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    link(desk, ama, other)
    third = writes(desk, 2, "Another matter")
    back = {"one": ama, "other": other, "reason": "two brothers"}
    desk.db.run(lambda uow: verdicts.take_back(uow.session, desk.agent, **back))  # type: ignore[arg-type]
    assert third == other and person(desk, other) == {other}


def test_links_hang_together_and_come_apart_where_they_are_cut(desk: Office) -> None:
    one, two, three, four = (writes(desk, number) for number in range(1, 5))
    link(desk, one, two)
    link(desk, three, four)
    link(desk, two, three)
    assert person(desk, one) == person(desk, four) == {one, two, three, four}
    back = {"one": three, "other": two, "reason": "a mistake"}
    desk.db.run(lambda uow: verdicts.take_back(uow.session, desk.agent, **back))  # type: ignore[arg-type]
    assert (person(desk, one), person(desk, three)) == ({one, two}, {three, four})
    with pytest.raises(Invalid, match="Take that back first"):
        link(desk, one, four)
    link(desk, two, three, "not a mistake")
    assert person(desk, one) == {one, two, three, four}


def test_not_the_same_is_remembered_and_can_be_taken_back(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    uses(desk, other, address_of(desk, ama))
    for _ in range(2):
        desk.db.run(lambda uow: verdicts.refuse(uow.session, desk.agent, one=ama, other=other))
    assert found(desk, ama) == [] and found(desk, other) == []
    back = {"one": ama, "other": other, "reason": "looked again"}
    desk.db.run(lambda uow: verdicts.take_back(uow.session, desk.agent, **back))  # type: ignore[arg-type]
    assert found(desk, ama) == [(other, (Sign.NUMBER,))]
    link(desk, ama, other)
    with pytest.raises(Invalid, match="They are linked"):
        desk.db.run(lambda uow: verdicts.refuse(uow.session, desk.agent, one=ama, other=other))


def test_a_link_wants_a_reason_and_somebody_who_may(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    with pytest.raises(Invalid, match="how you know"):
        link(desk, ama, other, " no ")
    with pytest.raises(Invalid):
        link(desk, ama, ama)
    for roles, refused in ((("auditor", "*"), NotAllowed), (("administrator", "*"), NotFound)):
        who = hires(desk, roles)
        with pytest.raises(refused):
            desk.db.run(lambda uow, w=who: verdicts.link(uow.session, w, one=ama, other=other, reason="he said so"))  # type: ignore[misc]
    assert person(desk, ama) == {ama}


def test_only_an_exact_verified_match_is_linked_by_itself(desk: Office) -> None:
    ama, other = writes(desk, 1), writes(desk, 2)
    phone = address_of(desk, ama)
    uses(desk, other, phone)
    assert not confirm(desk, ama, phone) and person(desk, ama) == {ama}
    assert confirm(desk, other, phone) and person(desk, ama) == {ama, other}
    with desk.db.reader() as session:
        made = session.scalars(select(Verdict)).one()
        assert (made.automatic, made.decided_by, made.evidence) == (True, "system", ["verified"])


@pytest.mark.parametrize("hindrance", ["shared", "not_same", "third"])
def test_what_keeps_a_match_from_being_linked_by_itself(desk: Office, hindrance: str) -> None:
    ama, other, third = writes(desk, 1), writes(desk, 2), writes(desk, 3)
    phone = address_of(desk, ama)
    uses(desk, other, phone)
    if hindrance == "shared":
        desk.db.run(lambda uow: addresses.share(uow.session, desk.agent, citizen_id=ama, address_id=phone, shared=True))
    elif hindrance == "not_same":
        desk.db.run(lambda uow: verdicts.refuse(uow.session, desk.agent, one=ama, other=other))
    else:
        uses(desk, third, phone)
        desk.db.run(lambda uow: uow.session.execute(_VERIFY.where(CitizenAddress.citizen_id == third)))
    confirm(desk, ama, phone)
    confirm(desk, other, phone)
    # The third record was verified first, so that the match with it was exact; after that it is a crowd.
    assert person(desk, ama) == ({ama, third} if hindrance == "third" else {ama})
    assert person(desk, other) == {other}


_VERIFY = update(CitizenAddress).values(verified_at=text("statement_timestamp()"))


def test_a_code_that_came_from_an_address_verifies_it(desk: Office) -> None:
    ama = writes(desk, 1)
    writes(desk, 2)
    assert desk.city.references
    case = desk.case
    phone, stranger = address_of(desk, case.citizen_id), address_of(desk, ama)
    code = desk.city.references.new_code()
    how = {"references": desk.city.references, "limits": desk.city.limits, "now": now(), "by_code": True}
    hashed = desk.city.references.code_hash(case.reference, code)
    desk.db.run(lambda uow: uow.session.execute(update(Case).where(Case.id == case.id).values(code_hash=hashed)))
    for address, wrong in ((phone, True), (stranger, False), (phone, False)):
        with desk.db.reader() as session:
            assert session.scalars(select(CitizenAddress.verified_how)).all() == [None, None]
        given = "0000" if wrong and code != "0000" else "1111" if wrong else code
        claim = Claim(address, case.reference, given)
        desk.db.run(lambda uow, c=claim: proofs.prove(uow.session, c, **how))  # type: ignore[misc,arg-type]
    with desk.db.reader() as session:
        verified = select(CitizenAddress.citizen_id).where(CitizenAddress.verified_how == "code")
        assert session.scalars(verified).all() == [case.citizen_id]


# Shared phones, speakers, what is known.


def test_nobody_is_named_to_a_shared_phone(desk: Office) -> None:
    ama = writes(desk, 1, name="Ama Invented")
    phone = address_of(desk, ama)
    desk.db.run(lambda uow: addresses.share(uow.session, desk.agent, citizen_id=ama, address_id=phone, shared=True))
    writes(desk, 1, "The lamp of Ama Invented is dark, another matter")
    with desk.db.reader() as session:
        said = session.scalars(select(Message.text).where(Message.direction == "out", Message.automatic)).all()
        fills = session.scalars(select(OutboxEntry.fill)).all()
    assert said and not any("Ama" in one for one in said) and "Ama" not in repr(fills)


def test_an_agent_says_who_spoke(desk: Office) -> None:
    ama, kofi = writes(desk, 1), writes(desk, 2)
    desk.says("It is still choked", number=2)
    uses(desk, ama, address_of(desk, kofi))
    message = desk.case.last_message_id or 0
    how = {"reference": desk.case.reference, "message_id": message}
    with desk.db.reader() as session:
        before = session.get_one(Message, message).text
    desk.db.run(lambda uow: citizens.name_citizen(uow.session, ama, "Ama Invented"))
    unnamed = UNNAMED
    for citizen, said in ((ama, "Ama Invented"), (None, unnamed), (kofi, unnamed)):
        desk.db.run(lambda uow, c=citizen: speakers.name_speaker(uow.session, desk.agent, citizen_id=c, **how))  # type: ignore[misc,arg-type]
        with desk.db.reader() as session:
            view = case_query.load(session, desk.agent, desk.case.reference, city=desk.city)
            assert session.get_one(Message, message).text == before
        assert view.citizen.id == kofi
        spoken = [one.said_by for one in view.timeline if isinstance(one, MessageEntry) and one.id == message]
        assert spoken == [said]
    assert [one["citizen"] for one in desk.history("speaker_named")] == [ama, None, kofi]
    third = writes(desk, 3)
    how["reference"] = _case_of(desk, kofi)
    with pytest.raises(Invalid, match="who use this phone"):
        desk.db.run(lambda uow: speakers.name_speaker(uow.session, desk.agent, citizen_id=third, **how))  # type: ignore[arg-type]
    how["reference"] = desk.case.reference
    with pytest.raises(NotFound):
        desk.db.run(lambda uow: speakers.name_speaker(uow.session, desk.agent, citizen_id=None, **how))  # type: ignore[arg-type]


def _case_of(desk: Office, citizen: int) -> str:
    with desk.db.reader() as session:
        return session.scalars(select(Case.reference).where(Case.citizen_id == citizen)).one()


def edit(desk: Office, citizen: int, **changed: object) -> None:
    values: dict[str, object] = {"name": "", "language": "", "contact_by": "", "anonymous": False, **changed}
    how = {"city": desk.city, "citizen_id": citizen, **values}
    desk.db.run(lambda uow: changes.edit(uow.session, desk.agent, **how))  # type: ignore[arg-type]


def test_what_is_known_is_changed_with_its_history(desk: Office) -> None:
    ama = writes(desk, 1)
    edit(desk, ama, name=" Ama  Invented ", language="en", contact_by="call")
    edit(desk, ama, name="Ama Invented", language="en", contact_by="call")
    edit(desk, ama, name="Ama Test", language="en")
    with desk.db.reader() as session:
        rows = session.scalars(select(CitizenChange).order_by(CitizenChange.id)).all()
        assert [(one.field, one.before, one.after) for one in rows] == [
            ("name", None, "Ama Invented"),
            ("language", None, "en"),
            ("contact_by", None, "call"),
            ("name", "Ama Invented", "Ama Test"),
            ("contact_by", "call", None),
        ]
        assert {one.changed_by for one in rows} == {desk.agent.actor}
        assert session.get_one(Citizen, ama).name_folded == "ama test"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "x" * 121}, "name"),
        ({"language": "xx"}, "language"),
        ({"contact_by": "pigeon"}, "contact_by"),
        ({"name": "Ama", "anonymous": True}, "name"),
    ],
)
def test_what_cannot_be_known_is_refused(desk: Office, changed: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        edit(desk, writes(desk, 1), **changed)
    assert refused.value.field == field


def test_an_address_is_confirmed_once_and_only_where_it_is_used(desk: Office) -> None:
    ama = writes(desk, 1)
    with pytest.raises(NotFound):
        confirm(desk, ama, 999_999)
    confirm(desk, ama, address_of(desk, ama))
    with pytest.raises(Invalid, match="verified already"):
        confirm(desk, ama, address_of(desk, ama))
