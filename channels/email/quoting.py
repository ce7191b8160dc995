"""Lines by which mail programs announce what they quote, in the languages of their users. Each rule looks at a bounded
number of lines of bounded length, and none goes back.
"""

from __future__ import annotations

import re

from channels.email.quote_words import FROM, OPENING, ORIGINAL, SENT, SUBJECT, TO, WROTE

#: longer lines announce nothing
_LONGEST = 400
#: an attribution is wrapped over so many lines at most
WRAPPED = 4
#: what may stand around an attribution, what begins a rule or divider, what ends an attribution
BLANKS, DASHES, COLONS = " \t\u00a0*_\u200e\u202f", frozenset("-–—_=*"), frozenset(":：")
_LABEL = re.compile(r"[\s>*_]{0,10}([^\s:*]{1,20}(?: el| em| le)?)\s?\*{0,2}\s?[:：]\*{0,2}(.*)", re.DOTALL)
_RULE = re.compile(r"\s{0,10}[_\-=*–—]{5,}\s*\Z")
_SENT_FROM = re.compile(
    r"[\s*_]{0,5}(?:sent from|get outlook for|von meinem|envoyé de|enviado desde|enviado do meu|verzonden vanaf"
    r"|inviato da)\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")


def is_quote(line: str) -> bool:
    """Tell whether a line is marked as quoted, as in ``> text`` and ``| text`` of none but the first kind."""
    said = line.lstrip(" \t")
    return said.startswith(">") and not said.startswith(">From ")


def signature(line: str) -> bool:
    """Tell whether a signature begins here: its delimiter (RFC 3676, 4.3), or what a telephone adds."""
    return line.rstrip() in ("--", "—", "__") or line == "-- " or bool(_SENT_FROM.match(line[:60]))


def list_footer(lines: list[str], at: int) -> bool:
    """Tell whether a list's footer begins here: a rule, and soon an address of its pages (Mailman's way)."""
    if not _RULE.match(lines[at][:100]):
        return False
    return any("http" in line or "mailing list" in line.lower() for line in lines[at + 1 : at + 4])


def divider(lines: list[str], at: int) -> int:
    """Return 1 if a line like ``-----Original Message-----`` stands here."""
    line = lines[at]
    if len(line) > _LONGEST:
        return 0
    said = line.strip(" \t*_\u00a0").lower()
    inner = said.strip("-–—_= *")
    dashed = said[:2] in ("--", "==", "__", "––", "——") or said[:1] in "-—" and said != inner
    if dashed and inner.rstrip(":").strip() in ORIGINAL:
        return 1
    return 0


def attribution(lines: list[str], at: int) -> int:
    """Return how many lines say who wrote the quote that follows (``On Monday, Ama wrote:``); 0 where none do."""
    first = lines[at].strip(BLANKS).lower()
    if not first or len(first) > _LONGEST:
        return 0
    opens = first.startswith(OPENING) or _DAY.match(first) is not None or "wrote" in first or "@" in first
    if not opens and not first.endswith((":", "：")):
        return 0
    joined = ""
    for number in range(WRAPPED):
        if at + number >= len(lines):
            return 0
        said = lines[at + number].strip(BLANKS).lower()
        if not said or said.startswith(">") or len(joined) + len(said) > _LONGEST:
            return 0
        joined = f"{joined} {said}" if joined else said
        if said.endswith((":", "：")):
            return number + 1 if _attributes(joined, opens=opens) else 0
    return 0


def _attributes(joined: str, *, opens: bool) -> bool:
    """A verb of writing near the end and a date or an address; or a date first and an address last."""
    said = joined.rstrip(":： ")
    tells = any(letter.isdigit() for letter in said)
    if any(said.endswith(verb) for verb in WROTE) or any(f" {verb} " in f" {said} " for verb in WROTE):
        return opens and (tells or "@" in said)
    return _DAY.match(said) is not None and said.endswith(">") and "@" in said


def block_header(lines: list[str], roles: list[str], at: int) -> int:
    """Return how many lines an Outlook header takes: From, Sent, To and Subject below one another, in any order that
    begins with From or Sent; 0 where there is none. ``roles`` as :func:`role` tells them of all lines.
    """
    said = lines[at].strip()
    # a rule, or words between dashes in a language that is not listed
    if _RULE.match(said[:100]) or (len(said) < 80 and said.startswith("---") and said.endswith("---")):
        follows = at + 1
        while follows < min(len(lines), at + 3) and not lines[follows].strip():
            follows += 1
        within = _block(lines, roles, follows)
        return follows - at + within if within else 0
    return _block(lines, roles, at)


def _block(lines: list[str], roles: list[str], at: int) -> int:
    if at >= len(lines) or roles[at] not in ("from", "sent", "subject"):
        return 0
    seen = {roles[at]}
    last = at
    for follows in range(at + 1, min(len(lines), at + 12)):
        if roles[follows]:
            seen.add(roles[follows])
            last = follows
        elif follows - last > (2 if lines[follows].strip() else 1):
            break
    return last - at + 1 if "from" in seen and len(seen) >= 3 else 0


def role(line: str) -> str:
    """Return what a line of an Outlook header tells: from, sent, to, subject; empty for any other line."""
    if ":" not in line[:60] and "：" not in line[:60]:
        return ""
    found = _LABEL.match(line[:_LONGEST])
    if not found:
        return ""
    word, value = found[1].casefold(), found[2]
    for name, words in (("from", FROM), ("sent", SENT), ("to", TO), ("subject", SUBJECT)):
        if word in words or word.partition(" ")[0] in words:
            return name if value.strip() or name in ("subject", "to") else ""
    return ""
