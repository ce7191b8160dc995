"""The supervisor's plan and addresses, and the choices of the engines that need no running server."""

from __future__ import annotations

import shlex
import socket
import sys
import time
from pathlib import Path

import pytest

from config import settings
from contactcentre.container import Container
from contactcentre.engines import addresses, plan, ports, postgres_binaries, valkey
from contactcentre.engines.errors import EngineError
from contactcentre.engines.instance import Instance, make_secret_key
from contactcentre.engines.kept import Kept, program
from contactcentre.engines.options import parse
from contactcentre.engines.plan import Child
from contactcentre.engines.server import private_folder

ROOT = Path(__file__).parents[2]


def test_procfile_names_the_processes_that_serve_starts() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    found = {name: shlex.split(command) for name, command in (line.split(":", 1) for line in lines)}
    expected = {"release": ["python", "-m", *plan.RELEASE]}
    for child in plan.CHILDREN:
        if not child.demo_only:
            default = next(one.default for one in settings.VARIABLES if one.name == "CONTACTCENTRE_WEB_THREADS")
            threads = f"${{CONTACTCENTRE_WEB_THREADS:-{default}}}"
            words = [word.format(host="0.0.0.0", port="$PORT", threads=threads) for word in child.arguments]
            started = [child.module] if child.serves else ["python", "-m", child.module]
            expected[child.name] = [*started, *words]
    assert found == expected


def test_child_is_told_its_address() -> None:
    child = Child("web", "granian", ("--host", "{host}", "--port", "{port}", "--threads", "{threads}"))
    assert child.serves
    told = child.filled("10.0.0.1", 81, threads=7)
    assert told == ["granian", "--host", "10.0.0.1", "--port", "81", "--threads", "7"]
    assert not Child("worker", "workers.boot").serves


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        ([], {}, "development"),
        (["--host", "localhost"], {}, "development"),
        (["--host", "0.0.0.0"], {}, "production"),
        (["--host", "127.example.org"], {}, "production"),
        (["--host", "0.0.0.0", "--demo-on-network"], {}, "development"),
        (["--demo-on-network"], {"CONTACTCENTRE_ENV": "production"}, "production"),
    ],
)
def test_any_address_beyond_loopback_means_production_checks(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], expected: str
) -> None:
    options = parse([*arguments, "--data", str(tmp_path)])
    found = addresses.variables(options, {}, settings=settings.load(tmp_path, environ), given=environ)
    assert found["CONTACTCENTRE_ENV"] == expected


def test_variables_name_the_addresses_of_this_run(tmp_path: Path) -> None:
    options = parse(["--port", "8123", "--data", str(tmp_path), "--live-port", "8124"])
    chosen = addresses.choose_ports(plan.CHILDREN, options)
    assert (chosen["web"], chosen["live"]) == (8123, 8124)
    assert "worker" not in chosen
    found = addresses.variables(options, chosen, settings=settings.load(tmp_path, {}), given={})
    assert found["CONTACTCENTRE_BASE_URL"] == "http://127.0.0.1:8123"
    assert found["CONTACTCENTRE_LIVE_URL"] == "http://127.0.0.1:8124"
    assert found["CONTACTCENTRE_SIMULATOR_URL"] == f"http://127.0.0.1:{chosen['simulator']}"
    assert "DATABASE_URL" not in found


def test_given_addresses_and_engines_stay(tmp_path: Path) -> None:
    given = {"CONTACTCENTRE_BASE_URL": "https://city.example", "DATABASE_URL": "postgresql+psycopg://db/x"}
    found = addresses.variables(
        parse(["--data", str(tmp_path)]), {"live": 9}, settings=settings.load(tmp_path, given), given=given
    )
    assert found["CONTACTCENTRE_BASE_URL"] == "https://city.example"
    assert found["DATABASE_URL"] == "postgresql+psycopg://db/x"
    assert "REDIS_URL" not in found


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "web"], ["--config", "/no/such/folder"], ["--hots"]])
def test_wrong_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(arguments)
    assert refused.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_ports() -> None:
    assert ports.url("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert ports.url("::", 8000) == "http://[::1]:8000"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ports.fault("127.0.0.1", port) == "Address already in use"
        assert ports.answers("127.0.0.1", port, None)
    assert ports.fault("127.0.0.1", port) is None
    assert not ports.answers("127.0.0.1", port, None)


def test_data_of_an_absent_version_is_an_error_with_the_remedy() -> None:
    with pytest.raises(EngineError, match=r"PostgreSQL 9.*postgresql-9.*DATABASE_URL"):
        postgres_binaries.find(9)


def test_a_program_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    broken = tmp_path / "valkey-server"
    broken.write_text("not a program")
    assert valkey.version(str(broken)) == (0, 0)
    assert valkey.version(valkey.find()) >= valkey.OLDEST


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    assert private_folder(tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert private_folder(tmp_path / "a") == tmp_path / "a"
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name in ("open", "link"):
        with pytest.raises(EngineError, match="not a private folder"):
            private_folder(tmp_path / name)


def test_instance_locks_its_folder_and_forgets_an_old_note(tmp_path: Path) -> None:
    (tmp_path / settings.INSTANCE_FILE).write_text('{"DATABASE_URL": "of a killed one"}')
    instance = Instance(tmp_path)
    assert settings.read_instance(tmp_path) == {}
    instance.announce({"DATABASE_URL": "postgresql+psycopg://x"})
    assert (tmp_path / settings.INSTANCE_FILE).stat().st_mode & 0o777 == 0o600
    assert settings.load(tmp_path, {}).database_url == "postgresql+psycopg://x"
    with pytest.raises(EngineError, match=r"already served by process \d+"):
        Instance(tmp_path)
    instance.close()
    assert settings.read_instance(tmp_path) == {}
    Instance(tmp_path).close()


def test_long_logs_are_set_aside(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    writer = instance.log("web").open("ab")
    writer.write(b"x" * (10 * 1024 * 1024 + 1))
    writer.flush()
    instance.trim_logs()
    writer.write(b"later")
    writer.close()
    assert (tmp_path / "log/web.log").read_bytes() == b"later"
    assert (tmp_path / "log/web.log.1").stat().st_size == 10 * 1024 * 1024 + 1
    instance.close()


def test_secret_key_is_made_once(tmp_path: Path) -> None:
    found = settings.load(tmp_path, {})
    assert make_secret_key(found)
    key = settings.read_secret(found, found.secret_key, {})
    assert len(bytes.fromhex(key)) == 32
    assert (tmp_path / "secrets/secret-key").stat().st_mode & 0o777 == 0o600
    assert not make_secret_key(found)
    assert settings.read_secret(found, found.secret_key, {}) == key
    assert not make_secret_key(settings.load(tmp_path, {"CONTACTCENTRE_SECRET_KEY": "env:KEY"}))


def test_what_crashes_at_once_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    kept = Kept(
        name="crasher",
        command=lambda: [sys.executable, "-c", "import sys; sys.exit('the reason')"],
        log=tmp_path / "log",
        environment={},
        patience=1,
        ready=lambda _: True,
    )
    kept.start()
    report: list[str] = []
    until = time.monotonic() + 10
    while sum("ended" in line for line in report) < 3 and time.monotonic() < until:
        report += kept.look()
        time.sleep(0.01)
    ends = [line for line in report if "ended" in line]
    assert [line.rsplit(", ", 1)[1] for line in ends] == ["again in 0.5 s", "again in 1 s", "again in 2 s"]
    assert all("ended with code 1" in line for line in ends)
    assert "    the reason" in report


def test_the_web_process_gets_the_threads_of_the_settings_and_a_connection_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = next(one for one in plan.CHILDREN if one.name == "web")
    environment = {"CONTACTCENTRE_DATA": str(tmp_path), "CONTACTCENTRE_WEB_THREADS": "7"}
    kept = program(web, tmp_path / "web.log", host="127.0.0.1", port=81, environment=environment)
    words = kept.command()
    assert words[words.index("--blocking-threads") + 1] == "7"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Container.for_web().settings.pool_size == 7
    assert Container.from_environment().settings.pool_size == 5


@pytest.mark.parametrize("given", ["0", "-1", "many"])
def test_a_web_process_without_threads_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(settings.SettingsError, match="CONTACTCENTRE_WEB_THREADS"):
        settings.load(tmp_path, {"CONTACTCENTRE_WEB_THREADS": given})
