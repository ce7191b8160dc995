"""Mail that other programs' authors collected is read as they say; where it is not on this machine, it is skipped."""

from __future__ import annotations

import json

import pytest

from channels.email import apart
from channels.email.mail import Mail
from tests.mail import parse_scores, scores, shared
from tests.mail.mutants import mutants
from tests.mail.shared import Entry
from tests.routing.shared import NoSharedData


@pytest.fixture(scope="module")
def read() -> list[tuple[Entry, Mail]]:
    try:
        return list(shared.mails())
    except NoSharedData as missing:
        pytest.skip(str(missing))


def share(hits: scores.Hits) -> float:
    assert hits
    return sum(hit for _, hit in hits) / len(hits)


def test_every_mail_is_read_and_comes_out_of_the_reading_process(read: list[tuple[Entry, Mail]]) -> None:
    assert len(read) > 500
    for _, mail in read:
        said = json.loads(json.dumps(apart.plain(mail)))
        assert (said["text"], len(said["parts"])) == (mail.text, len(mail.parts))


def test_classes(read: list[tuple[Entry, Mail]]) -> None:
    table = scores.confusion(read)
    bounces = sum(count for (truth, _), count in table.items() if truth == "bounce")
    ordinary = sum(count for (truth, _), count in table.items() if truth == "other")
    kept = table["other", "ordinary"] + table["other", "list"]
    assert table["bounce", "bounce"] / bounces > 0.97
    assert (ordinary - kept) / ordinary < 0.02
    assert len(scores.answered(read)) <= 3


def test_notices_of_failure(read: list[tuple[Entry, Mail]]) -> None:
    assert share(scores.recipients(read)) > 0.9
    assert share(scores.anybody(read)) > 0.94
    assert share(scores.hardness(read)) > 0.85
    assert share(scores.reasons(read)) > 0.8
    assert share(scores.codes(read)) > 0.94


@pytest.mark.parametrize(
    ("name", "least"),
    [("subject", 0.9), ("sender", 0.9), ("recipients", 0.9), ("ids", 0.9), ("body", 0.8), ("files", 0.9)],
)
def test_fields(read: list[tuple[Entry, Mail]], name: str, least: float) -> None:
    assert share(parse_scores.fields(read)[name]) >= least


def test_leaves(read: list[tuple[Entry, Mail]]) -> None:
    assert share(parse_scores.leaves()) > 0.8


def test_new_parts(read: list[tuple[Entry, Mail]]) -> None:
    found = parse_scores.replies()
    assert found["must"]["lost"] == 0
    assert found["asserted"]["another"] + found["reference"]["another"] <= 9
    assert all(hit for _, hit in parse_scores.standard_replies(read))


def test_broken_ones_are_read(read: list[tuple[Entry, Mail]]) -> None:
    letters = [raw for entry, _ in read if len(raw := shared.raw(entry)) < 10_000]
    for raw in mutants(letters, 1000, seed=2):
        assert apart.plain(shared.parse(raw))
