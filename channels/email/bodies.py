"""Which parts of a mail are its text, which its HTML, which are files (the algorithm of RFC 8621, 4.1.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.email.mime import Entity

_SHOWN = ("image/", "audio/", "video/")


@dataclass(slots=True)
class Bodies:
    """``text`` and ``html`` hold text parts only; a picture that stands in the text is among the ``files``."""

    text: list[Entity] = field(default_factory=list)
    html: list[Entity] = field(default_factory=list)
    files: list[Entity] = field(default_factory=list)


def bodies(root: Entity) -> Bodies:
    """Sort the leaves of a tree."""
    found = Bodies()
    _sort((root,), "mixed", found, text=found.text, html=found.html, alternative=False)
    return found


def file_name(entity: Entity) -> str | None:
    """Return what a part says that its file is called, as it stands."""
    for field_name, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        said = entity.headers.parameters(field_name)[1].get(parameter, "")
        if said.strip():
            return said
    return None


def _sort(
    parts: tuple[Entity, ...],
    kind: str,
    found: Bodies,
    *,
    text: list[Entity] | None,
    html: list[Entity] | None,
    alternative: bool,
) -> None:
    texts, htmls = len(text or ()), len(html or ())
    for number, part in enumerate(parts):
        if part.children:
            inner = part.media_type.removeprefix("multipart/")
            _sort(part.children, inner, found, text=text, html=html, alternative=alternative or inner == "alternative")
        elif not _in_text(part, number, kind) or part.media_type.startswith(_SHOWN):
            found.files.append(part)
        elif kind == "alternative":
            chosen = text if part.media_type == "text/plain" else html
            (found.files if chosen is None else chosen).append(part)
        else:
            if alternative:  # the other form has this place already
                text, html = (text, None) if part.media_type == "text/plain" else (None, html)
            for chosen in (text, html):
                if chosen is not None:
                    chosen.append(part)
    if kind == "alternative" and text is not None and html is not None:
        if len(text) == texts and len(html) > htmls:
            text.extend(html[htmls:])
        elif len(html) == htmls and len(text) > texts:
            html.extend(text[texts:])


def _in_text(part: Entity, number: int, kind: str) -> bool:
    shown = part.media_type.startswith(_SHOWN)
    if not (shown or part.media_type in ("text/plain", "text/html")):
        return False
    if part.headers.parameters("content-disposition")[0] == "attachment":
        return False
    return number == 0 or (kind != "related" and (shown or file_name(part) is None))
