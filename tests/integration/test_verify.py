"""``verify``: whoever rewrites history is told so in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from cases import seals
from cases.models import Event, EventDetail
from cases.references import written
from config.settings import Settings
from contactcentre import anchor
from contactcentre.cli import verify as verify_command
from contactcentre.container import Container
from tests.integration.commands import Commands, failed
from tests.integration.sealed import anchored, passes, seal_three, told, verifying
from tests.integration.tampering import (
    Tamper,
    change,
    change_a_detail,
    change_a_detail_and_its_digest,
    claim_another_content,
    cut_the_tail,
    delete_in_the_middle,
    flip_a_byte,
    history_of,
    move_a_seal,
    remove_a_case_with_its_history,
    remove_seal,
    rewrite_everything,
    rewrite_one_history,
    slip_one_in,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The anchor file of one test."""
    return tmp_path / "anchored" / "anchor.jsonl"


@pytest.fixture
def site(container: Container, path: Path) -> Container:
    return anchored(container, path)


@pytest.fixture
def run(
    settings: Settings, site: Container, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    with verifying(settings, path, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def three_seals(site: Container) -> Container:
    return seal_three(site)


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (flip_a_byte, [r"^CASE event 5 was changed$"]),
        (delete_in_the_middle, [r"^CASE event 2 is missing$", r"^seal 2 of .* UTC: 1 of its 5 events were deleted$"]),
        (cut_the_tail, [r"^seal 2 of .*: 2 of its 5 events were deleted$"]),
        (rewrite_one_history, [r"^seal 2 of .*: its 5 events are not those that were sealed$"]),
        (rewrite_everything, [r"^seals 2 to 3 are not what the anchor file says$"]),
        (change_a_detail, [r"^CASE the detail of event 5 was changed$"]),
        (change_a_detail_and_its_digest, [r"^CASE event 5 was changed$"]),
        (
            slip_one_in,
            [
                r"was changed",
                r"^case number 9999 is not there, but its events are: 1$",
                r"^seal 3 .*: its 5 events have become 6$",
            ],
        ),
        (remove_a_case_with_its_history, [r"^seal 2 of .*: 5 of its 5 events were deleted$"]),
        (remove_seal(2), [r"^seal 3 of .*: seal 2 is not there$", r"^seal 2 is in the anchor file and not in the d"]),
        (remove_seal(3), [r"^seal 3 is in the anchor file and not in the database$"]),
        (move_a_seal, [r"^seal 2 of .*: was changed: its hash is not that of what it says$"]),
        (
            claim_another_content,
            [r"^seal 3 of .*: does not follow seal 2$", r"^seal 2 is not what the anchor"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_was_rewritten_is_named(
    three_seals: Container, run: Commands, tamper: Tamper, expected: list[str]
) -> None:
    assert passes(run)["seals"] == 3
    with three_seals.db.reader() as session:
        reference = written(history_of(session, 2)[0].reference)
    change(three_seals, tamper)
    found = [words.replace(reference, "CASE") for words in told(run)]
    assert len(found) == len(expected), found
    for words, pattern in zip(found, expected, strict=True):
        assert re.search(pattern, words), found


def test_people_read_the_same(three_seals: Container, run: Commands) -> None:
    code, out, _ = run("verify")
    assert (code, out) == (
        0,
        "3 cases, 15 events, 0 erased details; 3 seals, 0 events not sealed yet; 0 faults\n",
    )
    change(three_seals, flip_a_byte)
    outcome = run("verify")
    assert "1 faults" in failed(outcome)
    assert ": event 5 was changed\n" in outcome[1]


def test_an_erased_detail_is_counted_and_no_fault(three_seals: Container, run: Commands) -> None:
    change(three_seals, lambda session: session.execute(delete(EventDetail)))
    found = passes(run)
    assert (found["events"], found["erased"], found["fault_count"]) == (15, 3, 0)


def test_checking_in_small_batches_finds_the_same(
    three_seals: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((verify_command, "CASES"), (verify_command, "SEALS"), (anchor, "BATCH"), (seals, "HELD")):
        monkeypatch.setattr(module, name, 1)
    found = passes(run)
    assert [found[name] for name in ("cases", "events", "seals", "unsealed")] == [3, 15, 3, 0]
    change(three_seals, rewrite_everything)
    assert told(run) == ["seals 2 to 3 are not what the anchor file says"]


def test_of_many_faults_all_are_counted_and_some_kept(
    three_seals: Container, run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_command, "MOST_FAULTS", 2)
    change(three_seals, lambda session: session.execute(update(Event).values(actor="agent:7")))
    found = json.loads(run("verify", "--json")[1])
    assert (found["fault_count"], len(found["faults"])) == (15, 2)
