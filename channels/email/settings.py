"""What an account block of a mailbox may say."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from channels.settings import AccountSettings, Secret

#: by which name the simulator's mail server signs its findings
SIMULATED = "mx.simulator.invalid"
SECURITY = {"imap_security": ("tls", "starttls", "none"), "smtp_security": ("starttls", "tls", "none")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings(AccountSettings):
    """Keys of an account block; ``address`` is the mailbox's own.

    Without ``imap_host`` mail comes by the callback ``inbound`` alone. ``imap_security`` is ``tls``, ``starttls`` or
    ``none``, ``smtp_security`` the same; ``none`` is for servers on this machine. With ``token_url`` the
    log-in is by OAuth 2: by ``refresh_token`` where there is one, else as the client itself. What is larger than
    ``largest_megabytes`` is not fetched whole, and moved to ``large_folder``. ``trusted_server`` is the name by which
    our own mail server signs its findings (authserv-id, RFC 8601). Without ``plus_addresses`` answers are found by
    their headers alone. ``token_secret`` signs those addresses, else the hook's secret; once it changes, answers to
    earlier mails are held for a person. ``per_minute``: so many mails leave at most. ``scanner`` is the address of a
    device that mails its scans here, or several with commas between: the files are letters of the account ``scans_to``.
    """

    user: str
    password: Secret | None = None
    imap_host: str | None = None
    imap_port: int = 993
    imap_security: str = "tls"
    folder: str = "INBOX"
    done_folder: str = "Processed"
    large_folder: str = "Too large"
    smtp_host: str
    smtp_port: int = 587
    smtp_security: str = "starttls"
    token_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: str | None = None
    largest_megabytes: int = 25
    trusted_server: str | None = None
    plus_addresses: bool = True
    token_secret: Secret | None = None
    per_minute: int = 120
    scanner: str | None = None
    scans_to: str | None = None

    @property
    def scanners(self) -> frozenset[str]:
        """The addresses of devices that mail their scans."""
        return frozenset(one.strip().lower() for one in (self.scanner or "").split(",") if one.strip())

    @property
    def domain(self) -> str:
        """The domain of the mailbox, which our Message-IDs bear."""
        return self.address.rpartition("@")[2].lower()

    def faults(self) -> list[str]:
        """Return what is wrong with the values, each as ``key: what is wrong, what is allowed``."""
        return [*self._servers(), *self._numbers(), *self._log_in(), *self._names()]

    def simulated(self, url: str, *, mail: str, scans: str) -> MailboxSettings:
        """Return the settings with which nothing leaves the machine: mail goes to the simulator's server, whose own
        callback brings what citizens write.
        """
        host, _, port = mail.rpartition(":")
        # Without a mail server nothing listens there, and mail waits.
        return replace(
            self,
            base_url=url,
            imap_host=None,
            smtp_host=host or "127.0.0.1",
            smtp_port=int(port or 9),
            smtp_security="none",
            token_url=None,
            password=None,
            trusted_server=SIMULATED,
        )

    def _servers(self) -> list[str]:
        found = []
        for key, allowed in SECURITY.items():
            value, host = getattr(self, key), getattr(self, key.replace("security", "host"))
            if value not in allowed:
                found.append(f"{key}: must be one of {', '.join(allowed)}, not {value!r}")
            elif value == "none" and host and not _is_here(host):
                found.append(
                    f"{key}: none sends the password in the open, and is for a server on this machine alone; {host} "
                    f"needs tls or starttls"
                )
        return found

    def _numbers(self) -> list[str]:
        bounds = {
            "imap_port": (1, 65535),
            "smtp_port": (1, 65535),
            "largest_megabytes": (1, 60),
            "per_minute": (1, 6000),
        }
        return [
            f"{key}: must be a whole number from {least} to {most}, not {getattr(self, key)}"
            for key, (least, most) in bounds.items()
            if not least <= getattr(self, key) <= most
        ]

    def _log_in(self) -> list[str]:
        if self.token_url is None:
            only = [key for key in ("client_id", "client_secret", "refresh_token", "scope") if getattr(self, key)]
            return [f"{key}: means nothing without token_url; add token_url, or take it out" for key in only]
        found = []
        if urlsplit(self.token_url).scheme != "https":
            found.append(f"token_url: must be an https address, not {self.token_url!r}")
        if not self.client_id:
            found.append("client_id: is missing; with token_url the log-in is by OAuth 2, which needs it")
        if self.refresh_token is None and self.client_secret is None:
            found.append("client_secret: is missing; with token_url either it or refresh_token must be there")
        if self.password is not None:
            found.append("password: is not used with token_url; take one of the two out")
        return found

    def _names(self) -> list[str]:
        local, _, domain = self.address.rpartition("@")
        found = []
        if not local or "." not in domain or "+" in local or any(one.isspace() for one in self.address):
            found.append(
                f"address: must be a mail address without a plus sign, such as desk@example.org, not {self.address!r}"
            )
        names = [self.folder, self.done_folder, self.large_folder]
        if len(set(names)) < len(names):
            found.append("done_folder: folder, done_folder and large_folder must be three different folders")
        if (self.scanner is None) != (self.scans_to is None):
            found.append("scanner: scanner and scans_to say together whose scans go where; write both or neither")
        if any("@" not in one for one in self.scanners):
            found.append(f"scanner: must be mail addresses with commas between, not {self.scanner!r}")
        return found


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine, by its address and not by how its name begins."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
