"""Counts its starts in the database."""

from __future__ import annotations

import sys

import psycopg

from config import settings

if __name__ == "__main__":
    found = settings.load()
    if (found.data / "refuse").exists():
        sys.exit("REFUSED: the file refuse is there; remove it")
    with psycopg.connect(found.migration_url.replace("+psycopg", "")) as connection:
        connection.execute("create table if not exists starts (at timestamptz default now())")
        connection.execute("grant select on starts to public")
        connection.execute("insert into starts default values")
    print("release", *sys.argv[1:])
