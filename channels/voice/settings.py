"""What every voice account says, whatever its gateway."""

from __future__ import annotations

from dataclasses import dataclass

from channels.numbers import e164
from channels.settings import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSettings(AccountSettings):
    """Keys of an account block. ``address`` is the number that people call; ``menu`` names a file of ``menus/``.

    ``answers_by`` is the SMS account that sends references, codes and what officers write.
    """

    answers_by: str
    menu: str = "main"
    region: str | None = None

    @property
    def line(self) -> str:
        """The number in E.164, where it can be read as one."""
        return e164(self.address, region=self.region) or self.address
