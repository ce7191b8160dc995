"""Supervisors: samples of closed cases, notes to everybody, concerns of assembly members"""

from __future__ import annotations

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand only, in steps that may break off and begin again."""
