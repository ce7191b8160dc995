"""In production no process of the product starts on a weak setting or secret; the release step alone would not do:
it runs elsewhere, and before a secret is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from channels.settings import AccountSettings
from config import checks, loader
from contactcentre import configurations
from contactcentre.container import Container
from contactcentre.db import Unavailable

log = structlog.get_logger(__name__)


def refuse_weak(container: Container) -> None:
    """Name every fault on standard error and end this process (``SystemExit``) where production has any."""
    if not container.settings.production:
        return
    found = checks.faults(container.settings, _accounts(container))
    if found:
        told = [*(f"refused: {fault}" for fault in found), f"not fit for production: {len(found)} faults, named above"]
        raise SystemExit("\n".join(told))


def _accounts(container: Container) -> Sequence[AccountSettings]:
    """Return the active configuration's account blocks.

    A database that is away keeps no process from starting: its secrets were looked at by the release step, and a hook
    whose secret cannot be read takes nothing.
    """
    try:
        with container.db.reader() as session:
            active = configurations.active(session)
    except (Unavailable, SQLAlchemyError) as error:
        log.warning("production.accounts_not_checked", error=type(error).__name__)
        return ()
    if active is None:
        return ()
    made = loader.build(active.raw, read_secret=container.read_secret, references=None, version=active.number)
    return made.accounts
