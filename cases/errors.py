"""The domain's errors. Each says to a person what was wrong and what to do about it."""

from __future__ import annotations


class DomainError(Exception):
    """Something the domain refuses. ``field`` names the input at fault, where there is one."""

    field: str | None = None

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        if field is not None:
            self.field = field


class Invalid(DomainError):
    """The input cannot be used as it is; the message names the remedy."""


class NotFound(DomainError):
    """No such thing, or none that this viewer may know of: both look alike on purpose."""


class NotAllowed(DomainError):
    """The viewer may see the thing but not do this to it."""


class Stale(DomainError):
    """Somebody else changed the case since the viewer read it; nothing was written."""


class Undeliverable(DomainError):
    """There is no address or account by which this case's citizen can be answered."""


class Changed(Exception):
    """A row changed between reading and writing it without a lock. The unit of work begins again; nobody is told."""
