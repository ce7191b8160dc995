"""The command line of ``bin/serve``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config import settings


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for. ``config`` is None for the folder from the environment, or the one that is shipped."""

    host: str
    port: int
    data: Path
    config: Path | None
    demo: bool
    demo_on_network: bool
    live_port: int | None


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; a wrong one ends the process with a usage line, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="bin/serve",
        description="Start the whole contact centre with its own engines, until Ctrl-C.",
        epilog=_EPILOG,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=_port, default=8000, help="port of the pages (default: 8000)")
    parser.add_argument("--data", type=Path, help="folder of everything that is stored (default: var)")
    parser.add_argument("--config", type=Path, help="folder of the city's configuration (default: config)")
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="load the demo city and start the simulator of phones and gateways",
    )
    parser.add_argument(
        "--demo-on-network", action="store_true", help="show the demo beyond this machine, without checks"
    )
    parser.add_argument("--live-port", type=_port, help="port of the live updates (default: any free one)")
    found = parser.parse_args(arguments)
    if found.config is not None and not found.config.is_dir():
        parser.error(f"argument --config: {found.config} is not a folder")
    return Options(
        host=found.host,
        port=found.port,
        data=found.data.absolute() if found.data else settings.load().data,
        config=found.config.absolute() if found.config else None,
        demo=found.demo,
        demo_on_network=found.demo_on_network,
        live_port=found.live_port,
    )


_EPILOG = "DATABASE_URL and REDIS_URL, where they are set, replace the embedded PostgreSQL and Valkey."


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 1 to 65535")
    return int(text)
