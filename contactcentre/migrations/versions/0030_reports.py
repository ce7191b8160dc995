"""Reports: every entry of the figures with its case and area, subscriptions"""

from __future__ import annotations

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
