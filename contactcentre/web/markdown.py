"""Articles as HTML: the plain part of Markdown, no HTML of the writer's own, cleaned once more before it is shown."""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "h2", "h3", "h4", "blockquote", "code", "pre", "a", "hr"}
_SCHEMES = {"http", "https", "mailto", "tel"}


def rendered(text: str) -> Markup:
    """Return Markdown as HTML that is safe to show. Images are left out: they would be fetched from elsewhere."""
    html = nh3.clean(
        _parser().render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(html)  # noqa: S704  it has just been cleaned


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")
