"""What is new in a mail: its text without the quotes that close it. Line by line, with a bounded look ahead, so that
no text takes more than its length. When in doubt a line is new: nothing that somebody wrote is set aside.
"""

from __future__ import annotations

from channels.email.html_text import MARK, without_marks
from channels.email.quoting import (
    BLANKS,
    COLONS,
    DASHES,
    WRAPPED,
    attribution,
    block_header,
    divider,
    is_quote,
    list_footer,
    role,
    signature,
)

#: between a header and the quote that it announces
_GAP = 3


def new_text(marked: str) -> str:
    """Return the new part. Answers between quotes keep the quotes they answer; a mail that only quotes is all new."""
    lines = marked.split("\n")
    quoted = _quoted(lines)
    last = _last_new(lines, quoted)
    if last < 0:
        return without_marks(marked).strip("\n")
    first = _first_new(lines, quoted, last)
    return without_marks("\n".join(lines[first : last + 1])).strip("\n").rstrip()


def _quoted(lines: list[str]) -> list[bool]:
    """Tell of each line whether it belongs to a quote or announces one."""
    found = [is_quote(line) for line in lines]
    roles = [role(line) for line in lines]
    done = 0
    for at in _candidates(lines, roles):
        if at < done or found[at]:
            continue
        length = _header(lines, roles, at)
        if not length:
            continue
        follows = _next_said(lines, at + length)
        if follows - at - length > _GAP or follows == len(lines) or not found[follows]:
            found[at:] = [True] * (len(lines) - at)
            break
        # a quote with marks of its own: it ends with them, and what is below them may be an answer
        found[at:follows] = [True] * (follows - at)
        done = follows
    return found


def _candidates(lines: list[str], roles: list[str]) -> list[int]:
    """Return the lines at which a header could begin: most lines need no further look."""
    found = set()
    for number, line in enumerate(lines):
        if not line or line.isspace():
            continue
        said = line.strip(BLANKS)
        if roles[number] or line.lstrip()[:1] in DASHES or MARK in said:
            found.add(number)
        if said[-1:] in COLONS:
            found.update(range(max(0, number - WRAPPED + 1), number + 1))
    found.discard(len(lines))
    return sorted(number for number in found if lines[number].strip())


def _header(lines: list[str], roles: list[str], at: int) -> int:
    """Return how many lines from here on announce a quote; none if they do not."""
    if MARK in lines[at]:
        follows = _next_said(lines, at + 1)
        within = _header(lines, roles, follows) if follows < len(lines) and MARK not in lines[follows] else 0
        return follows - at + within
    return divider(lines, at) or attribution(lines, at) or block_header(lines, roles, at)


def _next_said(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _last_new(lines: list[str], quoted: list[bool]) -> int:
    """Return the last line that is new; below the last quote a signature or a list's footer alone is none."""
    last = len(lines) - 1
    while last >= 0 and (quoted[last] or not lines[last].strip()):
        last -= 1
    start = last
    while start >= 0 and not quoted[start]:
        start -= 1
    below = _next_said(lines, start + 1)
    if start < 0 or below > last or not (signature(lines[below]) or list_footer(lines, below)):
        return last
    above = start
    while above >= 0 and (quoted[above] or not lines[above].strip()):
        above -= 1
    return above if above >= 0 else last


def _first_new(lines: list[str], quoted: list[bool], last: int) -> int:
    """Return where the new part begins: below a quote if that is one piece and everything new stands below it."""
    first = _next_said(lines, 0)
    if not quoted[first]:
        return first
    at = first
    while at <= last and (quoted[at] or not lines[at].strip()):
        at += 1
    return at if not any(quoted[at : last + 1]) else first
