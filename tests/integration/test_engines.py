"""The embedded PostgreSQL and Valkey: first start, second start, and every kind of crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from contactcentre.engines import postgres_binaries, postgres_user
from contactcentre.engines.errors import EngineError
from contactcentre.engines.postgres import Postgres
from contactcentre.engines.valkey import Valkey
from tests.integration import processes

ROOT = Path(__file__).parents[2]
#: seconds for which a backend is busy
SLEEP = 60


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "pg")
    server.start()
    yield server
    server.stop()


def connect(server: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True)


def value(server: Postgres, query: str) -> object:
    with connect(server) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def postmaster(server: Postgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split("\n")[0])


def kill(pid: int, number: int) -> None:
    os.kill(pid, number)
    assert processes.eventually(lambda: not Path(f"/proc/{pid}").exists() or _zombie(pid), seconds=5)


def _zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_a_new_server_is_private_durable_and_keeps_its_data(postgres: Postgres) -> None:
    with connect(postgres) as connection:
        connection.execute("create extension pg_trgm")
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('Ɛyɛ')")
    wanted = {"fsync": "on", "synchronous_commit": "on", "jit": "off", "max_connections": "100", "TimeZone": "UTC"}
    assert {name: value(postgres, f"show {name}") for name in wanted} == wanted
    assert value(postgres, "show listen_addresses") == ""
    assert postgres.socket_folder().stat().st_mode & 0o777 == 0o700
    assert value(postgres, "select 'B' < 'a'") is True  # the order of code points, on every host
    postgres.stop()
    assert processes.of(postgres.data) == []
    postgres.start()
    assert value(postgres, "select word from kept") == "Ɛyɛ"


def test_errors_are_not_logged_with_the_words_they_quote(postgres: Postgres) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        value(postgres, "select 'private words'::int")
    assert "private words" not in postgres.log.read_text()


def test_one_folder_serves_one_server(postgres: Postgres) -> None:
    with pytest.raises(EngineError, match="in use by another process"):
        Postgres(postgres.data).start()
    assert value(postgres, "select 1") == 1


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    server = Postgres(tmp_path / ("x" * 60) / ("y" * 60), durable=False)
    server.start()
    try:
        assert value(server, "show fsync") == "off"
        assert len(str(server.socket_folder())) < 60
        assert server.socket_folder().stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


def test_start_after_a_kill_with_a_busy_backend(postgres: Postgres) -> None:
    with connect(postgres) as connection:
        connection.execute("create table kept as select 42 as number")
    busy = threading.Thread(target=_sleep_in, args=(postgres,))
    busy.start()
    query = "select count(*) from pg_stat_activity where query like 'select pg_sleep%'"
    assert processes.eventually(lambda: value(postgres, query) == 1, seconds=5)
    kill(postmaster(postgres), signal.SIGKILL)
    postgres.stop()
    began = time.monotonic()
    postgres.start()
    assert time.monotonic() - began < SLEEP / 2, "it has waited for the backend that was busy"
    assert value(postgres, "select number from kept") == 42
    busy.join(5)
    assert not busy.is_alive()


def _sleep_in(server: Postgres) -> None:
    try:
        value(server, f"select pg_sleep({SLEEP})")
    except psycopg.OperationalError:
        return


def test_a_stale_note_that_names_another_program_does_not_stop_a_start(postgres: Postgres) -> None:
    note = postgres.cluster / "postmaster.pid"
    text = note.read_text()
    kill(postmaster(postgres), signal.SIGKILL)
    postgres.stop()
    note.write_text("\n".join([str(os.getppid()), *text.split("\n")[1:]]))
    postgres.start()
    assert value(postgres, "select 1") == 1


def test_an_unfinished_first_start_is_done_again(tmp_path: Path) -> None:
    left = tmp_path / "pg" / "cluster.new"
    left.mkdir(parents=True)
    (left / "PG_VERSION").write_text("18\n")
    server = Postgres(tmp_path / "pg", durable=False)
    server.start()
    try:
        assert value(server, "select current_database()") == "contactcentre"
        assert not left.exists()
    finally:
        server.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", durable=False, shared_buffers="much")
    with pytest.raises(EngineError, match=r"postgres does not start: .*shared_buffers"):
        server.start()
    Postgres(tmp_path / "pg", durable=False).prepare()  # the folder was given free


def installed() -> list[postgres_binaries.Binaries]:
    found = [postgres_binaries.inspect(folder) for folder in postgres_binaries.DEBIAN.glob("*/bin")]
    return [one for one in found if one and one.version >= postgres_binaries.OLDEST]


@pytest.mark.skipif(not installed(), reason="no installed PostgreSQL; apt-get install postgresql")
def test_an_installed_server_of_another_version_serves_its_own_data(tmp_path: Path) -> None:
    chosen = installed()[0]
    server = Postgres(tmp_path / "pg", durable=False, binaries=chosen)
    server.start()
    assert value(server, "select current_setting('server_version_num')::int / 10000") == chosen.version
    server.stop()
    again = Postgres(tmp_path / "pg", durable=False)
    again.start()
    try:
        assert again.binaries.version == chosen.version
    finally:
        again.stop()


@pytest.mark.skipif(
    os.geteuid() != 0 or not postgres_user.user_namespaces_work(), reason="needs root and user namespaces to set up"
)
def test_root_without_user_namespaces_steps_down_to_another_user(tmp_path: Path) -> None:
    script = """
        import sys
        from pathlib import Path
        import psycopg
        from contactcentre.engines import postgres_user
        from contactcentre.engines.postgres import Postgres
        assert not postgres_user.user_namespaces_work()
        server = Postgres(Path(sys.argv[1]), durable=False)
        for _ in range(2):
            server.start()
            pid = (server.cluster / "postmaster.pid").read_text().split()[0]
            with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
                print(connection.execute("select current_database()").fetchone()[0], Path(f"/proc/{pid}").stat().st_uid)
            server.stop()
    """
    runner = [sys.executable, "-m", "tests.integration.without_user_namespaces", sys.executable, "-c"]
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    done = subprocess.run(
        [*runner, textwrap.dedent(script), str(private / "pg")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == ["contactcentre", "contactcentre"]
    assert all(int(line[1]) != 0 for line in lines)


def test_valkey_keeps_what_it_was_told_through_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "vk")
    server.start()
    with Redis.from_url(server.url) as redis:
        redis.set("job", "1")
        assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert redis.config_get("port")["port"] == "0"
        pid = int(redis.info("server")["process_id"])
        assert processes.eventually(lambda: redis.info("persistence")["aof_pending_bio_fsync"] == 0, seconds=3)
    time.sleep(1.1)  # appendfsync everysec
    kill(pid, signal.SIGKILL)
    server.stop()
    server.start()
    with Redis.from_url(server.url) as redis:
        assert redis.get("job") == b"1"
    server.stop()
    assert processes.of(tmp_path) == []


def test_engines_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from contactcentre.engines.postgres import Postgres
        from contactcentre.engines.valkey import Valkey
        engines = [Postgres(Path(sys.argv[1]) / "pg", durable=False), Valkey(Path(sys.argv[1]) / "vk")]
        for engine in engines:
            engine.start()
        print("started", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        assert len(processes.of(tmp_path)) >= 3
        parent.kill()
    assert processes.eventually(lambda: not processes.of(tmp_path), seconds=5)
