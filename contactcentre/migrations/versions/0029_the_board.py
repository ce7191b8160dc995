"""The board: which open cases are counted where, layouts of boards"""

from __future__ import annotations

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
