"""The processes of the product, as data: ``bin/serve`` starts them, and the Procfile names the same ones."""

from __future__ import annotations

from dataclasses import dataclass

#: what migrates, applies the configuration and ends, before any other process starts
RELEASE = ("contactcentre.cli", "release")


@dataclass(frozen=True, slots=True)
class Child:
    """One process: a Python module and its arguments, in which {host}, {port} and {threads} are filled in."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    #: seconds that it gets between SIGTERM and SIGKILL
    patience: float = 4.0
    #: path that answers 200 once it serves; None: an accepted connection is enough
    health: str | None = None
    demo_only: bool = False

    @property
    def serves(self) -> bool:
        """Tell whether it listens on a port."""
        return "{port}" in self.arguments

    def filled(self, host: str, port: int, *, threads: int = 1) -> list[str]:
        """Return module and arguments for one address; ``threads`` are those of the web process."""
        return [self.module, *(part.format(host=host, port=port, threads=threads) for part in self.arguments)]


_ADDRESS = ("--host", "{host}", "--port", "{port}", "--no-ws", "--log-level", "warning")

CHILDREN = (
    Child(
        "web",
        "granian",
        # Threads wait for the database much longer than they work: too few of them, and a slow quarter of a second
        # there makes people queue for many. Those that nobody needs end by themselves.
        ("--interface", "wsgi", "contactcentre.wsgi:app", "--blocking-threads", "{threads}", *_ADDRESS),
        health="/health/live",
    ),
    # An open event stream ends only when it is cut, and the browser comes back by itself: little patience.
    Child("live", "granian", ("--interface", "asgi", "contactcentre.live:app", *_ADDRESS), patience=1.0),
    Child("worker", "workers.boot"),
    Child("ticker", "workers.ticker"),
    Child("listener", "workers.listener"),
    Child(
        "simulator",
        "granian",
        ("--interface", "wsgi", "contactcentre.simulator.app:app", "--blocking-threads", "4", *_ADDRESS),
        demo_only=True,
    ),
)
