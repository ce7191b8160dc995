"""Forms as a page holds them: where each goes, its hidden values, and what may be chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_INPUT = re.compile(r"<input\b[^>]*>")
_SELECT = r'<select\b[^>]*\bname="{}"[^>]*>(.*?)</select>'
_OPTION = re.compile(r'<option value="([^"]*)"')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Form:
    """One form. ``hidden`` holds what it sends unasked, its key among it."""

    action: str
    hidden: dict[str, str]
    body: str

    def options(self, name: str) -> list[str]:
        """Return what a list offers, without its empty line."""
        found = re.search(_SELECT.format(re.escape(name)), self.body, re.DOTALL)
        return [unescape(one) for one in _OPTION.findall(found.group(1)) if one] if found else []

    def boxes(self, name: str) -> list[str]:
        """Return the values of the boxes that may be ticked."""
        inputs = [dict(_ATTRIBUTE.findall(one)) for one in _INPUT.findall(self.body)]
        return [unescape(one["value"]) for one in inputs if one.get("type") == "checkbox" and one.get("name") == name]


def find(page: str, action: str) -> Form | None:
    """Return the first form that posts to an address of which ``action``, a pattern, matches the end of the path."""
    for found in _FORM.finditer(page):
        attributes = dict(_ATTRIBUTE.findall(found.group(1)))
        where = unescape(attributes.get("action", ""))
        if attributes.get("method") == "post" and re.search(rf"{action}$", where.partition("?")[0]):
            inputs = _INPUT.findall(found.group(2))
            if "id" in attributes:  # an input may stand elsewhere on the page and name its form
                inputs += [one for one in _INPUT.findall(page) if f'form="{attributes["id"]}"' in one]
            values = [dict(_ATTRIBUTE.findall(one)) for one in inputs]
            hidden = {one["name"]: unescape(one.get("value", "")) for one in values if one.get("type") == "hidden"}
            return Form(where, hidden, found.group(2))
    return None
