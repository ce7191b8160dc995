"""Letters that citizens write and get, and a print room that handles them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import select

from cases import clock, intake, outbox, outcomes
from cases.departments import Account, City
from cases.letters import dispatch, drawing, entering
from cases.messages import Address, AddressKind, InboundMessage, KeptFile, Receipt
from cases.models import LetterRow
from cases.outcomes import Sent
from cases.permissions import Viewer
from cases.sla.policy import Policy, Target, Unit
from contactcentre.db import Database
from tests.integration.office import Office

ACCOUNT = "paper"
HOME = "P.O. Box TK 418, Port"
#: over the office's four hours: what came on paper is answered within five working days
BY_LETTER = Policy(
    "letters",
    {"first_response": Target(5, Unit.WORKING_DAYS), "next_response": Target(5, Unit.WORKING_DAYS)},
    "office",
    channel="letters",
)
PDF = KeptFile("a" * 64, 1000, "application/pdf", "letter.pdf")


def with_paper(city: City) -> City:
    """Return the city with a registry that sends letters."""
    paper = Account(ACCOUNT, "letters", "paper", "P.O. Box 1, Port", "desk")
    return replace(city, accounts={**city.accounts, ACCOUNT: paper}, policies=(*city.policies, BY_LETTER))


def letter(text: str = "The gutter is choked", *, home: str = HOME) -> InboundMessage:
    """Return a letter of a citizen."""
    return InboundMessage(ACCOUNT, "letters", Address(AddressKind.POSTAL, home), "", text, external_id=None)


class PrintRoom:
    """An office that answers by letter, and whoever keeps its register."""

    def __init__(self, office: Office) -> None:
        self.office, self.db = office, office.db
        office.city = with_paper(office.city)

    @property
    def keeper(self) -> Viewer:
        return self.office.agent

    def comes(self, text: str = "The gutter is choked", *, home: str = HOME) -> int:
        """Let a letter be taken in; returns its case."""
        received = self.db.run(lambda uow: intake.receive(uow.session, letter(text, home=home), city=self.office.city))
        assert received.case_id is not None
        self.office.case_id = received.case_id
        return received.case_id

    def leaves(self) -> list[int]:
        """Let what waits leave the outbox, as the worker does it; returns the letters' ids."""

        def work(uow: object) -> list[int]:
            session = uow.session  # type: ignore[attr-defined]
            at = clock.now(session)
            claimed = outbox.claim(session, account=ACCOUNT, now=at, limit=10)
            sent = [Sent(one, Receipt(f"letter-{one.message_id}"), ACCOUNT) for one in claimed]
            held = outcomes.record_sent(session, sent, at=at)
            return entering.enter(session, [one.claimed.message_id for one in held], city=self.office.city, at=at)

        return self.db.run(work)

    def writes(self, text: str = "Our crew comes on Tuesday.", **how: object) -> int:
        """Let the agent answer, and the letter be set; returns the letter's id."""
        self.office.answers(text, **how)  # type: ignore[arg-type]
        (entered,) = self.leaves()
        self.db.run(lambda uow: drawing.drawn(uow.session, entered, PDF, at=clock.now(uow.session)))
        return entered

    def prints(self, *ids: int, viewer: Viewer | None = None) -> int:
        chosen = self.chosen(*ids)
        return self.db.run(
            lambda uow: dispatch.print_together(uow.session, viewer or self.keeper, chosen, pdf_sha256="b" * 64)
        )

    def posts(self, *ids: int, on: str, tracking: str = "") -> int:
        chosen, day = self.chosen(*ids), date.fromisoformat(on)
        how = {"city": self.office.city, "on": day, "tracking": tracking}
        return self.db.run(lambda uow: dispatch.posted(uow.session, self.keeper, chosen, **how))  # type: ignore[arg-type]

    def comes_back(self, letter_id: int, *, on: str, why: dispatch.CameBack = dispatch.CameBack.MOVED) -> None:
        how = {"letter_id": letter_id, "version": self.row(letter_id).version, "why": why}
        day, city = date.fromisoformat(on), self.office.city
        self.db.run(lambda uow: dispatch.returned(uow.session, self.keeper, city=city, on=day, **how))  # type: ignore[arg-type]

    def chosen(self, *ids: int) -> dict[int, int]:
        """Return letters with the versions that a page shows now."""
        with self.db.reader() as session:
            found = session.execute(select(LetterRow.id, LetterRow.version).where(LetterRow.id.in_(ids)))
            return {one.id: one.version for one in found}

    def row(self, letter_id: int) -> LetterRow:
        with self.db.reader() as session:
            return session.get_one(LetterRow, letter_id)


def numbers(db: Database) -> list[str]:
    """Return the register of dispatch."""
    with db.reader() as session:
        query = select(LetterRow.register_number).where(LetterRow.direction == "out").order_by(LetterRow.id)
        return list(session.scalars(query))
