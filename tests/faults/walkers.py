"""One process that walks: batches of random calls, each in an emptied database of its own server, a line for each."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from cases.base import Base
from config.settings import load
from contactcentre.db import Database
from contactcentre.engines.postgres import Postgres
from contactcentre.engines.valkey import Valkey
from contactcentre.migrations import upgrade
from tests.calls.walking import KEYS, walked
from tests.emptying import empty
from tests.factories import TEST_CITY, write_secrets


def main(folder: Path, size: int, batches: Iterable[int]) -> None:
    """Walk these batches of so many calls, in the menus by turns; a batch's number is its seed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    write_secrets(folder / "secrets")
    server, queue = Postgres(folder / "postgres", durable=False), Valkey(folder / "valkey", durable=False)
    server.start()
    try:
        queue.start()
        upgrade(server.url)
        environ = {"DATABASE_URL": server.url, "REDIS_URL": queue.url, "CONTACTCENTRE_CONFIG": str(TEST_CITY)}
        settings = load(folder, environ)
        db = Database(settings.database_url, pool_size=settings.pool_size)
        with (folder / "walked.jsonl").open("a", encoding="utf-8") as file:
            for seed in batches:
                line: dict[str, Any] = {"seed": seed, "menu": list(KEYS)[seed // 2 % len(KEYS)], "fault": ""}
                try:
                    tally = walked(settings, db, seed, size, menu=line["menu"])
                    did = [(step, what, number) for (step, what), number in tally.did.items()]
                    line |= {**asdict(tally), "did": did}
                except Exception as error:  # noqa: BLE001  the next batch may find another fault
                    line["fault"] = f"seed {seed}: {error!r}"
                    print(line["fault"], traceback.format_exc(), sep="\n", flush=True)
                print(json.dumps(line), file=file, flush=True)
                empty(db.engine, Base.metadata.tables)
        db.dispose()
    finally:
        queue.stop()
        server.stop()


def _numbers(words: list[str]) -> tuple[int, list[int]]:
    return int(words[0]), [int(one) for one in words[1:]]


if __name__ == "__main__":
    main(Path(sys.argv[1]), *_numbers(sys.argv[2:]))
