"""A mail's bytes become a :class:`Mail`. Nothing here raises on any bytes, touches a file, or takes longer than the
mail is long; so that a fault in it harms nobody, it is still run in a process of its own.
"""

from __future__ import annotations

from channels.email import headers
from channels.email.addresses import bare, mailboxes
from channels.email.bodies import Bodies, bodies
from channels.email.bounces import bounce
from channels.email.charsets import decode, known, storable
from channels.email.files import name_of, parts
from channels.email.html_text import MARK, text_of, without_marks
from channels.email.kinds import judge
from channels.email.mail import Kind, Mail, Part
from channels.email.mime import Entity, Reading, tree
from channels.email.new_text import new_text
from channels.email.returned import returned
from channels.email.transfer import without_files

_DELIVERED = ("delivered-to", "x-original-to", "envelope-to")
_TOLD_OF_BOUNCE = (Kind.BOUNCE, Kind.DELIVERY_SUCCESS)
_MOST_LINES = 50
#: so many texts of a mail may be asked of the guesser of charsets
_MOST_GUESSED = 3
#: so many characters of HTML become text, and are searched for quotes: no person writes as many, and a megabyte of
#: nested quotes would take more than a second. The original is kept, and shown, whole
_LONGEST_READ = 400_000
_ENCRYPTED = "the mail is encrypted and cannot be read"


def parse(raw: bytes, *, lone: bool = True) -> Mail:
    """Read a mail, whatever it is. ``lone=False`` leaves out rules that rest on one file of test data."""
    reading = Reading()
    root = tree(raw, reading)
    found = bodies(root)
    marked, packed = _text(found, reading)
    files = parts(found.files, reading) + packed
    fields = root.headers
    back = returned(root)
    new = new_text(marked[:_LONGEST_READ])
    judged = judge(root, back, new, lone=lone)
    _note_encryption(root, reading)
    senders = mailboxes(fields.raw("from")) or mailboxes(fields.raw("sender"))
    return Mail(
        message_id=next(iter(headers.ids(fields.raw("message-id"))), None),
        in_reply_to=headers.ids(fields.raw("in-reply-to")),
        references=headers.ids(fields.raw("references")),
        subject=fields.text("subject"),
        sender=senders[0] if senders else None,
        reply_to=mailboxes(fields.raw("reply-to")),
        to=mailboxes(", ".join(fields.all("to"))),
        cc=mailboxes(", ".join(fields.all("cc"))),
        delivered_to=tuple(bare(value) for name in _DELIVERED for value in fields.all(name)[:_MOST_LINES]),
        return_path=bare(fields.raw("return-path")) if "return-path" in fields else None,
        date=headers.date(fields.raw("date")),
        text=without_marks(marked),
        new_text=new,
        html=_html(found),
        parts=tuple(files),
        kind=judged.kind,
        quiet=judged.quiet,
        why=tuple(judged.why),
        bounce=bounce(root, back, lone=lone) if judged.kind in _TOLD_OF_BOUNCE else None,
        authentication=fields.all("authentication-results")[:_MOST_LINES],
        defects=tuple(reading.defects),
    )


def _text(found: Bodies, reading: Reading) -> tuple[str, list[Part]]:
    """Return the whole text, with marks where quotes begin, and the files that stood in it uuencoded."""
    pieces, packed = [], []
    for entity in found.text:
        said = _decoded(entity, reading)
        if entity.media_type == "text/html":
            said = _text_of(said, reading)
        else:
            said, files = without_files(said.replace(MARK, "\ufffd"))
            packed += [Part(name_of(name), "application/octet-stream", content) for name, content in files]
        pieces.append(said)
    if not any(one.strip() for one in pieces) and found.text != found.html:
        pieces = [_text_of(_decoded(one, reading), reading) for one in found.html if one.media_type == "text/html"]
    return storable("\n".join(pieces)), packed


def _text_of(html: str, reading: Reading) -> str:
    if len(html) > _LONGEST_READ:
        reading.note("very long HTML, of which the beginning was read")
    return text_of(html[:_LONGEST_READ])


def _html(found: Bodies) -> str | None:
    reading = Reading()
    chosen = [_decoded(one, reading) for one in found.html if one.media_type == "text/html"]
    return storable("\n".join(chosen)) if chosen else None


def _decoded(entity: Entity, reading: Reading) -> str:
    charset = entity.parameters.get("charset")
    if charset and not known(charset):
        reading.note("a charset that nobody knows")
    reading.texts += 1
    guess = reading.texts <= _MOST_GUESSED
    return decode(entity.content(), charset, guess=guess).replace("\r\n", "\n").replace("\r", "\n")


def _note_encryption(root: Entity, reading: Reading) -> None:
    """Encrypted mail (RFC 1847, 8551) cannot be read here: its sender has to be asked for a plain one."""
    if root.media_type == "multipart/encrypted":
        reading.note(_ENCRYPTED)
    for leaf in root.leaves():
        if leaf.media_type in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
            signed = leaf.parameters.get("smime-type", "").lower() == "signed-data"
            reading.note("the mail is inside its signature and cannot be read" if signed else _ENCRYPTED)
        elif leaf.media_type == "application/pgp-encrypted":
            reading.note(_ENCRYPTED)
