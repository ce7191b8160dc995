"""What every USSD account says, whatever its gateway."""

from __future__ import annotations

from dataclasses import dataclass

from channels.settings import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class UssdSettings(AccountSettings):
    """Keys of an account block. ``address`` is the code that people dial; ``menu`` names a file of ``menus/``.

    ``answers_by`` is the SMS account that sends references, codes and what officers write. ``page`` and ``page_wide``
    are the characters of one screen, of plain ASCII and of anything else, with the ``CON `` before it.
    """

    answers_by: str
    menu: str = "main"
    page: int = 120
    page_wide: int = 70
    region: str | None = None
