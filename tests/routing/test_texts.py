"""Sixty texts through the shipped rules. The rules are never tuned to a line that goes wrong here."""

from __future__ import annotations

import tomllib
from collections import Counter

import pytest

from cases.routing.facts import Facts
from cases.routing.rules import route
from tests.routing import civic
from tests.routing.shared import ROOT, NoSharedData, city

#: of sixty: at least so many come to the right place, at most so many to a wrong one (the tray is never wrong)
RIGHT, WRONG = 48, 6


def test_the_sixty_texts(capsys: pytest.CaptureFixture[str]) -> None:
    made = city()
    texts = tomllib.loads((ROOT / "tests/routing/texts.toml").read_text(encoding="utf-8"))["texts"]
    assert len(texts) == 60
    assert {one["department"] for one in texts} <= {*made.departments, "tray"}
    judged: Counter[str] = Counter()
    lines = []
    for one in texts:
        decision = route(Facts("sms", "sms-at", one["text"]), made.rules, made.known)
        came = decision.department or "tray"
        word = "right" if came == one["department"] else "tray" if came == "tray" else "wrong"
        judged[word] += 1
        if word != "right":
            lines.append(f"{word}: {one['text']!r} for {one['department']} came to {came}, because {decision.sentence}")
    with capsys.disabled():
        print("\n" + "\n".join([*lines, ", ".join(f"{word} {judged[word]}" for word in ("right", "wrong", "tray"))]))
    assert judged["right"] >= RIGHT
    assert judged["wrong"] <= WRONG


def test_nonsense_waits_in_the_tray() -> None:
    made = city()
    texts = tomllib.loads((ROOT / "tests/routing/texts.toml").read_text(encoding="utf-8"))["texts"]
    for one in texts:
        if one["department"] == "tray":
            assert route(Facts("sms", "sms-at", one["text"]), made.rules, made.known).department is None, one["text"]


def test_reports_of_another_city_come_to_its_departments() -> None:
    try:
        tables = civic.tables()
    except NoSharedData as missing:
        pytest.skip(str(missing))
    unseen = civic.shares(tables["not looked at"])
    print("\n".join(civic.lines(tables["not looked at"])))
    assert unseen["right"] >= 0.55
    assert unseen["wrong"] <= 0.25
