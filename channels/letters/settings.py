"""What an account block of letters may say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from channels.settings import AccountSettings, Secret

#: seconds for which a file of the simulated scanner, which is never half written, must stand still
_SIMULATED_STABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings(AccountSettings):
    """Keys of an account block; ``address`` is the organisation's own postal address.

    ``folder`` is where scanners put files, an absolute path; without it scans come by the callback ``upload``, at the
    desk or inside of mails. A file is taken once it has stood still for ``stable_seconds``. A file without cover
    sheets is one letter if it has at most ``pages_of_one`` pages that are not blank; what has more is held for a
    person. ``letterhead`` are the lines above our own letters. ``token_secret`` signs cover sheets and reply codes,
    else the hook's secret; once it changes, sheets that were printed before are held for a person.
    """

    folder: str | None = None
    stable_seconds: int = 10
    pages_of_one: int = 1
    letterhead: str | None = None
    token_secret: Secret | None = None

    def faults(self) -> list[str]:
        """Return what is wrong with the values, each as ``key: what is wrong, what is allowed``."""
        bounds = {"stable_seconds": (1, 600), "pages_of_one": (0, 60)}
        found = [
            f"{key}: must be a whole number from {least} to {most}, not {getattr(self, key)}"
            for key, (least, most) in bounds.items()
            if not least <= getattr(self, key) <= most
        ]
        if self.folder is not None and not Path(self.folder).is_absolute():
            found.append(f"folder: must be an absolute path such as /srv/scans, not {self.folder!r}")
        return found

    def simulated(self, url: str, *, mail: str, scans: str) -> PaperSettings:
        """Return the settings with which nothing leaves the machine: the scanner is the simulator's."""
        return replace(self, base_url=url, folder=str(Path(scans) / self.id), stable_seconds=_SIMULATED_STABLE)
