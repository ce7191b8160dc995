"""How well mail of the shared test data is taken apart: fields, bodies, files, and the new part of replies."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

from channels.email.charsets import decode
from channels.email.html_text import text_of, without_marks
from channels.email.mail import Mail
from channels.email.mime import Entity, Reading, tree
from channels.email.new_text import new_text
from channels.email.quoting import signature
from tests.mail.scores import Hits, Read
from tests.mail.shared import Entry, entries, half, raw


def bare(text: str) -> str:
    """Return a text without its spaces and lines, as comparisons want it."""
    return "".join(text.split())


def fields(read: Read) -> dict[str, Hits]:
    """Tell of each field whose truth is known whether it was read so."""
    found: dict[str, Hits] = {name: [] for name in ("subject", "sender", "recipients", "ids", "body", "files")}
    for entry, mail in read:
        truth = entry.get("parse") or {}
        if "subject" in truth:
            found["subject"].append((entry["file"], bare(mail.subject) == bare(truth["subject"] or "")))
        if truth.get("from"):
            found["sender"].append((entry["file"], _same([mail.sender] if mail.sender else [], truth["from"][:1])))
        for name, ours in (("to", mail.to), ("cc", mail.cc), ("reply_to", mail.reply_to)):
            if truth.get(name):
                found["recipients"].append((entry["file"], _same(list(ours), truth[name])))
        if truth.get("message_id"):
            found["ids"].append((entry["file"], mail.message_id == truth["message_id"]))
        if "text_body" in truth:
            found["body"].append((entry["file"], _body(mail, truth["text_body"])))
        if "attachments" in truth:
            found["files"].append((entry["file"], _files(mail, truth["attachments"])))
    return found


def _same(ours: list[Any], truth: list[list[str | None]]) -> bool:
    return [(bare(one.name), one.address) for one in ours if one.address] == [
        (bare(name or ""), address) for name, address in truth if address
    ]


def _body(mail: Mail, truth: list[dict[str, str]]) -> bool:
    pieces = [without_marks(text_of(one["content"])) if one["kind"] == "html" else one["content"] for one in truth]
    return bare(mail.text) == bare("".join(pieces).replace("\0", "\ufffd"))


def _files(mail: Mail, truth: list[dict[str, str | None]]) -> bool:
    """All that the data names must be there; what we list besides is shown within the text."""
    ours = Counter((part.name, part.media_type) for part in mail.parts)
    for one in truth:
        fitting = [
            key
            for key in ours
            if one["filename"] in (None, key[0]) and one["content_type"] in (None, key[1], "message")
        ]
        if not fitting:
            return False
        ours[fitting[0]] -= 1
        ours += Counter()
    return True


def leaves() -> Hits:
    """Tell of each mail whose leaves are known whether all were found, decoded, in order."""
    found = []
    for entry in entries():
        truth = (entry.get("parse") or {}).get("leaf_bodies_transfer_decoded")
        if truth is not None:
            ours = [leaf.content() for leaf in _deep(tree(raw(entry), Reading()))]
            same = len(ours) == len(truth) and all(_leaf(one, other) for one, other in zip(ours, truth, strict=True))
            found.append((entry["file"], same))
    return found


def _deep(root: Entity, depth: int = 0) -> list[Entity]:
    every = []
    for leaf in root.leaves():
        nested = leaf.media_type == "message/rfc822" and depth < 10
        every += _deep(tree(leaf.content(), Reading()), depth + 1) if nested else [leaf]
    return every


def _leaf(ours: bytes, truth: dict[str, Any]) -> bool:
    if truth["kind"] == "binary":
        return abs(len(ours) - int(truth["bytes"])) <= 2
    wanted = base64.b64decode(truth["base64"]) if "base64" in truth else truth["text"].encode()
    return b"".join(ours.split()) == b"".join(wanted.split())


def replies(only: str | None = None) -> dict[str, Counter[str]]:
    """Return how often the new part was just the expected one, that and a signature or more, or another; apart for
    what a test suite asserts and for what a library gave out.
    """
    found: dict[str, Counter[str]] = {"asserted": Counter(), "reference": Counter(), "must": Counter()}
    for entry in entries("replies_expected.json"):
        if only not in (None, half(entry["file"])):
            continue
        ours = _new(entry)
        folded = entry.get("expected_folded", "").replace("FOLDED_QUOTED_SECTION", "")
        asserted = entry.get("expected_reply") or folded
        found["asserted" if asserted else "reference"][
            _compared(ours, asserted or entry.get("reference_reply") or "")
        ] += 1
        for words in entry.get("must_contain") or ():
            found["must"]["kept" if bare(words) in bare(ours) else "lost"] += 1
        for words in entry.get("must_not_contain") or ():
            found["must"]["left out" if bare(words) not in bare(ours) else "not left out"] += 1
    return found


def _new(entry: Entry) -> str:
    text = decode(raw(entry), None).replace("\r\n", "\n")
    return new_text(text_of(text) if entry["format"] == "html" else text)


def _compared(ours: str, wanted: str) -> str:
    if bare(ours) == bare(wanted):
        return "the same"
    if not bare(ours).startswith(bare(wanted)):
        return "another"
    lines = ours.split("\n")
    signed = next((number for number, line in enumerate(lines) if signature(line)), None)
    return "with signature" if signed is not None and bare("".join(lines[:signed])) == bare(wanted) else "longer"


def standard_replies(read: Read) -> Hits:
    """Tell of whole mails whose new part is known whether it begins with that; a signature may follow."""
    return [
        (entry["file"], bare(mail.new_text).startswith(bare(entry["expected_reply"])))
        for entry, mail in read
        if entry.get("expected_reply")
    ]
