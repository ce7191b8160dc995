"""Every pair of colours that carries text or bounds a control is read by people with weak sight: WCAG 2.2 AA."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "contactcentre" / "static" / "css" / "tokens.css"
TEXT, PART = 4.5, 3.0
#: what stands on what, and how much they must differ
PAIRS: list[tuple[str, str, float]] = [
    ("ink", "page", TEXT),
    ("ink", "surface", TEXT),
    ("ink-2", "surface", TEXT),
    ("ink-2", "page", TEXT),
    ("ink-2", "selected", TEXT),
    ("ink-2", "mine-tint", TEXT),
    ("ink-2", "note-tint", TEXT),
    ("ink-3", "surface", TEXT),
    ("ink-3", "page", TEXT),
    ("ink-3", "selected", TEXT),
    ("ink-3", "note-tint", TEXT),
    ("harbour-ink", "surface", TEXT),
    ("harbour-ink", "harbour-tint", TEXT),
    ("harbour-ink", "page", TEXT),
    ("on-harbour", "harbour", TEXT),
    ("on-deep", "harbour-deep", TEXT),
    ("on-deep-2", "harbour-deep", TEXT),
    ("late-ink", "late-tint", TEXT),
    ("late-ink", "surface", TEXT),
    ("late-ink", "mine-tint", TEXT),
    ("soon-ink", "soon-tint", TEXT),
    ("soon-ink", "surface", TEXT),
    ("met-ink", "met-tint", TEXT),
    ("met-ink", "mine-tint", TEXT),
    ("paused-ink", "paused-tint", TEXT),
    ("calm-ink", "calm-tint", TEXT),
    ("ink", "note-tint", TEXT),
    ("ink", "mine-tint", TEXT),
    ("line-control", "surface", PART),
    ("focus", "surface", PART),
    ("focus", "page", PART),
    ("brass", "harbour-deep", PART),
    *((f"ch-{channel}", "surface", PART) for channel in ("sms", "voice", "email", "portal")),
    ("ink-3", "sunken", TEXT),
    ("late-ink", "late-tint", TEXT),
]


def themes(text: str) -> dict[str, dict[str, str]]:
    """Return the colours of both themes; the dark one overrides the light one."""
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    light, _, dark = bare.partition("@media screen and (prefers-color-scheme: dark)")
    assert dark, "tokens.css has no dark theme"
    own = _colours(light)
    return {"light": own, "dark": {**own, **_colours(dark)}}


def _colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--cc-([\w-]+):\s*(#[0-9a-fA-F]{6});", text))


def contrast(one: str, other: str) -> float:
    """Return the ratio of two colours by WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def too_weak(text: str) -> list[str]:
    """Return the pairs that differ too little, with their ratio."""
    return [
        f"{theme}: {one} on {other} is {contrast(colours[one], colours[other]):.1f}, at least {least}"
        for theme, colours in themes(text).items()
        for one, other, least in PAIRS
        if contrast(colours[one], colours[other]) < least
    ]


def test_every_pair_can_be_read() -> None:
    assert too_weak(TOKENS.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0c5166", "#0c5166", 1.0)]
)
def test_the_ratio_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


def test_a_weak_pair_is_noticed() -> None:
    text = TOKENS.read_text(encoding="utf-8")
    faded = re.sub(r"(--cc-ink-3:\s*)#566a72", r"\1#a9b4b8", text)
    assert faded != text
    assert any(fault.startswith("light: ink-3 on surface is 2.") for fault in too_weak(faded))
