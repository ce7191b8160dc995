"""The product's own look into a file, with how much memory its process took."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from contactcentre.inspection.apart import look as product_look

LOOK = "tests.unit.measured_looking:look"


def look(source: Path, into: Path) -> dict[str, Any]:
    found = product_look(source, into)
    return {**found, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
