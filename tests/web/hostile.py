"""Words that try to become a script, the ways by which words come in, and what must not be found on a page."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases import assignment, attachments, citizens, clock, contacts, references, replies, tasks
from cases.calls import by_hand, flags, wrapping
from cases.calls.states import CallState
from cases.contacts import ContactKind, Direction
from cases.models import CallLeg, Case, IncomingMedia, Message, PhoneCall, VoiceRecording
from cases.permissions import SYSTEM, Viewer
from contactcentre.db import Database
from tests import factories
from tests.integration.telephoning import Telephones
from tests.routing.shared import NoSharedData, shared

if TYPE_CHECKING:
    from contactcentre.container import Container

#: one for each place where words could leave what they stand in: text, attribute, address, style, script, template
OWN = (
    "<script>window.ran=1</script>",
    '"><img src=x onerror=window.ran=1>',
    "' autofocus onfocus=window.ran=1 x='",
    "javascript:window.ran=1",
    "</textarea><svg onload=window.ran=1>",
    "</title><iframe srcdoc='<script>parent.ran=1</script>'>",
    "{{ 7 * 7 }}{% print(config) %}${7*7}#{7*7}",
    "--><details open ontoggle=window.ran=1>",
    "<a href='javas\tcript:window.ran=1'>x</a>",
    "\u2028</script><script>window.ran=1//",
)
KINDS = ("naughty_strings", "xss_payloads", "html5_security_vectors")
#: whatever came from words and not from the product: no page of ours has any of it
FOREIGN = """() => {
  const odd = [], ADDRESSES = ['href', 'src', 'action', 'xlink:href'];
  for (const one of document.querySelectorAll('*')) {
    for (const {name, value} of one.attributes) {
      if (name.startsWith('on') || name === 'srcdoc' || name === 'formaction') odd.push(`${one.tagName} ${name}`);
      if (/^\\s*(javascript|vbscript|data):/i.test(value) && ADDRESSES.includes(name)) odd.push(value);
    }
    if (['IFRAME', 'OBJECT', 'EMBED', 'MARQUEE', 'BASE', 'MATH'].includes(one.tagName)) odd.push(one.tagName);
    if (one.tagName === 'SCRIPT' && !one.src) odd.push('a script of its own');
  }
  if (window.ran) odd.push('a script ran');
  return odd;
}"""


def strings(name: str) -> list[str]:
    """Return the hostile strings of one list; raises ``NoSharedData`` where it is absent."""
    entries = json.loads(shared(f"evil/{name}.json").read_text(encoding="utf-8"))
    return [one if isinstance(one, str) else one.get("string") or one.get("payload") for one in entries]


def chosen(most: int) -> list[str]:
    """Return our own and so many others, spread over all lists; our own alone where those are absent."""
    try:
        every = [one for name in KINDS for one in strings(name) if one and one.strip()]
    except NoSharedData:
        return list(OWN)
    rest = most - len(OWN)
    return [*OWN, *(every[len(every) * number // rest] for number in range(rest))]


@dataclass(frozen=True)
class Site:
    """An installation into which words are put by every way in."""

    container: Container
    db: Database
    agent: Viewer

    def texts(self, words: Sequence[str], *, sender: int) -> str:
        """Let one citizen send all of these; returns the case's reference."""

        def work(uow: Any) -> str:
            for one in words:
                said = clean(one) or "nothing"
                received = factories.say(uow.session, self.container.city, said, sender=factories.phone(sender))
            return references.written(uow.session.get_one(Case, received.case_id).reference)

        return self.db.run(work)

    def everywhere(self, words: str, *, sender: int) -> str:
        """Put words into every field of one case; returns its reference."""
        reference = self.texts([words], sender=sender)
        for put in (_name, _subject, _note_with_file, _reply, _task, _contact):
            self.db.run(lambda uow, p=put: p(self, uow.session, reference, clean(words) or "nothing"))
        return reference

    def called(self, words: str, *, reference: str, sender: int) -> int:
        """Put words into all that calls are told by; returns a call that is over. Another one goes on."""
        said, phones = clean(words) or "nothing", Telephones(self.db, self.container.city)
        with self.db.reader() as session:
            on = session.scalars(select(PhoneCall.id).where(PhoneCall.state == CallState.TALKING)).all()
        for one in on:
            phones.hangs_up(one, cause=said, as_="answered", talked=9, seconds=9)
        number = factories.phone(sender).value
        over = phones.ended(number, self.agent, cause=said[:80])
        for put in (_wrapped, _by_hand, _flag, _recorded):
            self.db.run(lambda uow, p=put: p(self, uow.session, over, reference, said))
        pressed = {"service": said, said[:20]: said, "words": said}
        phones.talks(said[:40], self.agent, note=said, dialogue={"state": {"fields": pressed}})
        phones.waits(said[:40], ago=20, language=said[:8])
        return over


def clean(words: str) -> str:
    """Return words as a text message can carry them."""
    return words.replace("\x00", "").encode(errors="ignore").decode()[:1500]


def _wrapped(site: Site, session: Any, call_id: int, reference: str, words: str) -> None:
    """Write down what came of a call, by a word that an administrator put on the list."""
    city = site.container.city
    city = replace(city, calls=replace(city.calls, dispositions={words[:60]: words}))
    what = wrapping.Said(words[:60], words, into=reference, name=" ".join(words.split())[:80])
    wrapping.wrap(session, site.agent, city=city, call_id=call_id, said=what)
    leg = session.scalars(select(CallLeg).where(CallLeg.call_id == call_id)).first()
    leg.note, leg.disposition = words, words[:60]


def _by_hand(site: Site, session: Any, call_id: int, reference: str, words: str) -> None:
    by_hand.log(
        session, site.agent, city=site.container.city, direction=Direction.IN, reached=True, text=words, into=reference
    )  # fmt: skip


def _flag(site: Site, session: Any, call_id: int, reference: str, words: str) -> None:
    number = session.get_one(PhoneCall, call_id).number
    reason = f"They shouted: {words}"[:400]
    flags.flag(session, site.agent, city=site.container.city, number=number, reason=reason, days=1)


def _recorded(site: Site, session: Any, call_id: int, reference: str, words: str) -> None:
    """Let a recording be announced whose fetching failed for a reason in the gateway's words."""
    call, at = session.get_one(PhoneCall, call_id), clock.now(session)
    case = session.get_one(Case, call.case_id)
    message = session.scalars(select(Message.id).where(Message.thread_id == case.thread_id)).first()
    made = {"url": f"https://gateway.invalid/{call_id}{words[:100]}", "message_id": message}
    forget = at + timedelta(days=1)
    session.add(VoiceRecording(call_id=call_id, kind="message", seconds=3, made_at=at, forget_at=forget, **made))
    media = {"account": "voice", "position": 9, "media_type": "audio/mpeg", "name": words[:100], "reason": words[:200]}
    session.add(IncomingMedia(state="failed", **media, **made))


def _name(site: Site, session: Any, reference: str, words: str) -> None:
    case = session.execute(select(Case).where(Case.reference == references.parse(reference))).scalar_one()
    citizens.name_citizen(session, case.citizen_id, words[:80])


def _subject(site: Site, session: Any, reference: str, words: str) -> None:
    assignment.rename(session, site.agent, reference=reference, subject=words[:80])


def _note_with_file(site: Site, session: Any, reference: str, words: str) -> None:
    stored = site.container.files.put(io.BytesIO(b"kept as text: " + words.encode()))
    unnamed = words.replace("@", "at ")  # a note that names nobody who is here is refused
    event = replies.note(session, site.agent, reference=reference, text=unnamed)
    attachments.add(
        session, site.agent, reference=reference, event_id=event, sha256=stored.sha256, size=stored.size,
        media_type="text/html", name=words[:100],
    )  # fmt: skip


def _reply(site: Site, session: Any, reference: str, words: str) -> None:
    replies.reply(session, SYSTEM, city=site.container.city, reference=reference, text=words)


def _task(site: Site, session: Any, reference: str, words: str) -> None:
    tasks.open(session, SYSTEM, city=site.container.city, reference=reference, title=words[:100])


def _contact(site: Site, session: Any, reference: str, words: str) -> None:
    contacts.log(
        session, site.agent, city=site.container.city, reference=reference, kind=ContactKind.CALL,
        direction=Direction.OUT, reached=True, text=words,
    )  # fmt: skip
