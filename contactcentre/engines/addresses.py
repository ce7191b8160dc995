"""Where everything of one run is reached: the ports of its processes, and the variables that tell them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.settings import Settings
from contactcentre.engines import ports
from contactcentre.engines.options import Options
from contactcentre.engines.plan import Child

#: stands for the simulator's mail server among the ports
MAIL = "simulator mail"
LOOPBACK = "127.0.0.1"


def host_of(child: Child, options: Options) -> str:
    """Return the address that a process listens on; the simulator never shows itself beyond this machine."""
    return LOOPBACK if child.demo_only else options.host


def choose_ports(children: Sequence[Child], options: Options) -> dict[str, int]:
    """Return the port of each process that listens; kept for the whole run, so that open pages find it again."""
    asked = {"web": options.port, "live": options.live_port}
    chosen = {
        child.name: asked.get(child.name) or ports.free(host_of(child, options)) for child in children if child.serves
    }
    return {**chosen, MAIL: ports.free(LOOPBACK)} if "simulator" in chosen else chosen


def variables(
    options: Options, chosen: Mapping[str, int], *, settings: Settings, given: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables of this run; public addresses and engines that are ``given`` stay."""
    base = given.get("CONTACTCENTRE_BASE_URL") or ports.url(options.host, options.port)
    live = ports.url(options.host, chosen["live"]) if "live" in chosen else ""
    checked = settings.production or not (ports.is_loopback(options.host) or options.demo_on_network)
    found = {
        "CONTACTCENTRE_DATA": str(options.data),
        "CONTACTCENTRE_ENV": "production" if checked else "development",
        "CONTACTCENTRE_BASE_URL": base,
        "CONTACTCENTRE_LIVE_URL": given.get("CONTACTCENTRE_LIVE_URL") or live,
        "CONTACTCENTRE_SIMULATOR_URL": ports.url(LOOPBACK, chosen["simulator"]) if "simulator" in chosen else "",
        "CONTACTCENTRE_SIMULATOR_MAIL": f"{LOOPBACK}:{chosen[MAIL]}" if MAIL in chosen else "",
        "CONTACTCENTRE_CONFIG": str(options.config or settings.config_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    return {name: value for name, value in found.items() if value}
