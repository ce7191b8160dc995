"""The real supervisor with a table of stand-ins."""

from __future__ import annotations

import sys

from contactcentre.engines.plan import Child
from contactcentre.engines.supervisor import main

HERE = "tests.integration.standins"

CHILDREN = (
    Child(
        "web",
        "granian",
        ("--interface", "wsgi", f"{HERE}.web:app", "--no-ws", "--host", "{host}", "--port", "{port}"),
        health="/health/live",
    ),
    Child("worker", f"{HERE}.worker", patience=1.0),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], children=CHILDREN, release=(f"{HERE}.release",)))
