"""In production nothing starts on a weak installation: neither the release step nor any process of the product."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contactcentre.engines import plan
from contactcentre.engines.plan import Child
from tests.integration.commands import environment
from tests.integration.test_supervisor import free_port

if TYPE_CHECKING:
    from contactcentre.container import Container

ROOT = Path(__file__).parents[2]
RELEASE = ("-m", "contactcentre.cli", "release")
WEB = ("-c", "import contactcentre.wsgi")
#: a process that has not refused by then is serving
LIMIT = 60.0


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said on standard error."""

    code: int
    errors: str


@dataclass(frozen=True)
class Installation:
    """A sound production with a configuration in the database, to be spoilt."""

    data: Path
    environ: dict[str, str]

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    def run(self, *commands: Sequence[str], **more: str) -> list[Ended]:
        """Run programs side by side until they end."""
        environ = {**os.environ, **self.environ, **more}
        running = [
            subprocess.Popen(
                [sys.executable, *words], env=environ, cwd=ROOT, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            )
            for words in commands
        ]  # fmt: skip
        ended: list[Ended] = []
        try:
            for one in running:
                _, errors = one.communicate(timeout=LIMIT)
                ended.append(Ended(one.returncode, errors))
            return ended
        finally:
            for one in running[len(ended) :]:
                os.killpg(one.pid, signal.SIGKILL)  # what it has forked as well
                one.communicate()


@pytest.fixture
def installation(container: Container, tmp_path: Path) -> Installation:
    data = tmp_path / "data"
    shutil.copytree(container.settings.secrets_dir, data / "secrets")
    made = environment(container.settings) | {
        "CONTACTCENTRE_ENV": "production",
        "CONTACTCENTRE_DATA": str(data),
        "CONTACTCENTRE_BASE_URL": "https://contact.northport.example",
        "AUDIT_ANCHOR": str(tmp_path / "elsewhere" / "anchor.jsonl"),
    }
    return Installation(data, made)


def test_a_sound_installation_is_released_and_serves(installation: Installation) -> None:
    for ended in installation.run(RELEASE, WEB):
        assert ended.code == 0, ended.errors
        assert "AUDIT_ANCHOR" not in ended.errors


def without(name: str) -> Callable[[Path], None]:
    return lambda secrets: (secrets / name).unlink()


def saying(name: str, text: str) -> Callable[[Path], None]:
    def write(secrets: Path) -> None:
        (secrets / name).write_text(text)

    return write


KEY, HOOK, GATEWAY = "CONTACTCENTRE_SECRET_KEY", "account sms-front: hook_secret", "account sms-works: api_key"
BAD: list[tuple[str, str, Callable[[Path], None] | dict[str, str]]] = [
    ("no key", KEY, without("secret-key")),
    ("a short key", KEY, saying("secret-key", "0123456789abcdef0123456789abcde")),
    ("a key of an example", KEY, saying("secret-key", "please-change-me-0123456789abcdef")),
    ("http", "CONTACTCENTRE_BASE_URL", {"CONTACTCENTRE_BASE_URL": "http://contact.northport.example"}),
    ("the simulator", "CONTACTCENTRE_SIMULATOR_URL", {"CONTACTCENTRE_SIMULATOR_URL": "http://127.0.0.1:9"}),
    ("a test clock", "CONTACTCENTRE_TEST_CLOCK", {"CONTACTCENTRE_TEST_CLOCK": "2026-11-24T08:00:00Z,0,1"}),
    ("an open queue server", "REDIS_URL", {"REDIS_URL": "redis://queue.internal:6379/0"}),
    ("a network that is none", "CONTACTCENTRE_METRICS_NETWORKS", {"CONTACTCENTRE_METRICS_NETWORKS": "everywhere"}),
    ("no hook secret", HOOK, without("sms-front-hook")),
    ("no key of the gateway", GATEWAY, without("sms-works-api-key")),
    ("a word that is neither", "CONTACTCENTRE_ENV", {"CONTACTCENTRE_ENV": "prod"}),
]


@pytest.mark.parametrize(("setting", "spoil"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_each_weak_setting_keeps_release_and_web_from_starting(
    installation: Installation, setting: str, spoil: Callable[[Path], None] | dict[str, str]
) -> None:
    more = spoil if isinstance(spoil, dict) else {}
    if not isinstance(spoil, dict):
        spoil(installation.secrets)
    for ended in installation.run(RELEASE, WEB, **more):
        assert ended.code == 1, ended.errors
        assert setting in ended.errors
        assert not any(text in ended.errors for text in quotable(installation.secrets))


def quotable(secrets: Path) -> list[str]:
    """Return what the secret files hold."""
    return [text for path in secrets.iterdir() if (text := path.read_text().strip())]


@pytest.mark.parametrize("child", plan.CHILDREN, ids=lambda child: child.name)
def test_no_process_of_the_product_starts(installation: Installation, child: Child) -> None:
    words = ["-m", *child.filled("127.0.0.1", str(free_port()))]
    (ended,) = installation.run(words, CONTACTCENTRE_BASE_URL="http://x.example", CONTACTCENTRE_METRICS_NETWORKS="all")
    assert ended.code not in (0, -9), ended.errors
    if child.demo_only:
        assert "CONTACTCENTRE_ENV" in ended.errors
        return
    for name in ("CONTACTCENTRE_BASE_URL", "CONTACTCENTRE_METRICS_NETWORKS"):
        assert f"refused: {name}: " in ended.errors
    assert "not fit for production: 2 faults" in ended.errors
    assert "Traceback" not in ended.errors


def test_a_database_that_is_away_keeps_no_process_from_starting(installation: Installation) -> None:
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    (installation.secrets / "sms-front-hook").unlink()
    (ended,) = installation.run(WEB, DATABASE_URL=nowhere)
    assert ended.code == 0, ended.errors


@pytest.mark.parametrize("where", ["", "inside"])
def test_an_anchor_beside_the_database_is_a_warning(installation: Installation, where: str) -> None:
    path = str(installation.data / "anchor.jsonl") if where else ""
    released, web = installation.run(RELEASE, WEB, AUDIT_ANCHOR=path)
    assert (released.code, web.code) == (0, 0)
    assert released.errors.startswith("warning: AUDIT_ANCHOR: stands in the data folder")
