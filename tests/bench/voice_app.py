"""The product's web process with one more account: the tests' line, whose gateway speaks plain JSON."""

from __future__ import annotations

from contactcentre import logs
from contactcentre.app import create_app
from tests.bench.voice_line import Lined

container = Lined.for_web()
logs.configure(container.settings, process="web")
app = create_app(container)
