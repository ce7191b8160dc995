"""Field work: jobs done offline, their photos"""

from __future__ import annotations

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
