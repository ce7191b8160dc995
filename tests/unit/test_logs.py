"""Log lines are JSON, and canaries that somebody lets slip do not come out of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from config.settings import load
from contactcentre import logs

NUMBER = "+233244987142"
SECRET = "s3cr3t-CANARY-0123456789"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}
    yield
    root.handlers[:], root.level = before, level
    for name, one in levels.items():
        logging.getLogger(name).setLevel(one)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configured(tmp_path: Path, level: str = "INFO") -> None:
    logs.configure(load(tmp_path, {"CONTACTCENTRE_LOG_LEVEL": level}), process="web")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_level_time_process_event_and_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path)
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger("somewhere").warning("raw.not_applied", raw_id=17, account="sms-front")
    (line,) = lines(capsys)
    assert list(line)[:4] == ["level", "time", "process", "event"]
    assert (line["level"], line["process"], line["event"]) == ("warning", "web", "raw.not_applied")
    assert line["time"].endswith("+00:00")
    assert (line["raw_id"], line["account"], line["request_id"]) == (17, "sms-front", "r-1")


def test_the_librarys_logging_comes_out_the_same_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path)
    logging.getLogger("some.library").warning("called %s\ntwice", NUMBER)
    logging.getLogger("some.library").log(35, "between the levels")
    first, second = lines(capsys)
    assert first == {**first, "level": "warning", "process": "web", "logger": "some.library"}
    assert first["event"] == "called +233•••••42 twice"
    assert second["level"] == "warning"


def test_levels_hold_for_both_and_talkative_libraries_are_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(tmp_path)
    structlog.get_logger().debug("no")
    logging.getLogger("some.library").debug("no")
    logging.getLogger("twilio.http_client").info("POST Request: https://… Body=hello")
    logging.getLogger("twilio.http_client").warning("yes")
    assert [line["event"] for line in lines(capsys)] == ["yes"]
    configured(tmp_path, "DEBUG")
    structlog.get_logger().debug("now")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT … [parameters: ('+233244987142',)]")
    logging.getLogger("urllib3.connectionpool").debug("https://gateway:443 POST /version1/messaging")
    assert [line["event"] for line in lines(capsys)] == ["now"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (NUMBER, "+233•••••42"),
        ("0244 987 142", "0244•••••42"),
        ("(0244) 987-142", "(0244•••••42"),
        ("from 233244987142 to 1422", "from 2332•••••42 to 1422"),
        (f"POST /hooks/sms-front/{SECRET}/incoming 200", "POST /hooks/sms-front/•/incoming 200"),
        (f"GET /welcome/{SECRET} 200", "GET /welcome/• 200"),
        ("GET /desk?q=choked+gutter&by=name", "GET /desk?•"),
        ("https://host/%2Fa%2F?to=%2B233244987142 end", "https://host/%2Fa%2F?• end"),
        ("Authorization: Bearer abc.DEF-123", "Authorization: Bearer •"),
        ("token cc_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789", "token cc_•"),
        ("postgresql://owner:hunter2@db/contact", "postgresql://•@db/contact"),
    ],
)
def test_what_is_masked(given: str, shown: str) -> None:
    assert logs.masked(given) == shown


@pytest.mark.parametrize(
    "text",
    [
        "case 48217736 opened",
        "2026-11-24 15:20:00 and 2026-11-24T15:20:00.123456+00:00",
        "127.0.0.1:45213",
        "ATXid_f3a8c1d2e5b64a0f9d7c1234567890ab",
        "job 30809601-4087-4d29-8556-76835e47a3e7",
        "really? yes",
        "event.name",
        "1422",
    ],
)
def test_what_stays(text: str) -> None:
    assert logs.masked(text) == text


def test_codes_are_masked_where_the_key_says_code_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path)
    structlog.get_logger().info("x", code="4821", access_code=4821, status_code=200, account="1422", part="4821")
    (line,) = lines(capsys)
    assert (line["code"], line["access_code"]) == ("••••", "••••")
    assert (line["status_code"], line["account"], line["part"]) == ("200", "1422", "4821")


def test_values_are_masked_however_deep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configured(tmp_path)
    values = {"to": [NUMBER, {"hook": f"/hooks/a/{SECRET}/b"}], NUMBER: (1, None, True, 2.5)}
    structlog.get_logger().info("x", values=values, path=Path(f"/hooks/a/{SECRET}/b"))
    out = capsys.readouterr().out
    assert NUMBER not in out
    assert SECRET not in out
    assert json.loads(out)["values"]["+233•••••42"] == [1, None, True, 2.5]


def test_an_exception_shows_its_type_and_lines_but_none_of_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(tmp_path)

    def fails() -> None:
        try:
            raise KeyError("the citizen wrote CANARY")
        except KeyError as error:
            raise ValueError("the gutter at CANARY is choked") from error

    for report in (structlog.get_logger().exception, logging.getLogger("library").exception):
        try:
            fails()
        except ValueError:
            report("failed")
    out = capsys.readouterr().out
    assert "CANARY" not in out
    for line in map(json.loads, out.splitlines()):
        assert (line["event"], line["error"], line["cause"]) == ("failed", "ValueError", "KeyError")
        assert any("test_logs.py" in frame and frame.endswith("fails") for frame in line["trace"])


def test_a_command_keeps_its_answer_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(load(tmp_path, {}), process="command", to_stderr=True)
    structlog.get_logger().warning("aside")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["event"] == "aside"
