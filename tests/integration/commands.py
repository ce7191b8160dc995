"""Runs commands in the test's own process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from config.settings import Settings
from contactcentre.cli.__main__ import main


class Commands:
    """Runs one command after the other; ``outcome`` is exit code, answer and errors."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run a command."""
        self._capsys.readouterr()
        code = main(list(words))
        said = self._capsys.readouterr()
        return code, said.out, said.err


@contextmanager
def commands(capsys: pytest.CaptureFixture[str]) -> Iterator[Commands]:
    """Give the runner, and put logging back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield Commands(capsys)
    root.handlers[:], root.level = before, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables that point a command at a test installation."""
    return {
        "CONTACTCENTRE_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "CONTACTCENTRE_CONFIG": str(settings.config_dir),
        "CONTACTCENTRE_BASE_URL": "http://127.0.0.1:8123",
        "CONTACTCENTRE_POOL_SIZE": "2",
    }


def failed(outcome: tuple[int, str, str]) -> str:
    """Return the one line of a failure; log lines aside."""
    code, _, err = outcome
    assert code == 1, outcome
    lines = [line for line in err.splitlines() if line.startswith("contactcentre: ")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]
