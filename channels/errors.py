"""What can go wrong at the edge. A send error says by itself whether to try again and what the agent reads."""

from __future__ import annotations


class Refused(Exception):
    """A callback that cannot be used: ``field`` is at fault, the message says why.

    Its raw row is quarantined, never lost.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class BadSignature(Exception):
    """A callback that the gateway did not sign, or not with our secret."""


class SendError(Exception):
    """A message that the gateway did not accept, or of which we cannot know.

    ``retryable``: the same message may be tried again. ``unknown``: it may have been accepted, so that a
    new attempt risks a second copy. ``code`` is the gateway's own. ``agent_text`` is shown on the message.
    ``retry_after`` is in seconds, where the gateway named it.
    """

    retryable = False
    unknown = False
    agent_text = "The gateway refused this message."

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        agent_text: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.retry_after = retry_after
        if agent_text is not None:
            self.agent_text = agent_text


class BadAddress(SendError):
    """The number or address cannot receive; stop using it."""

    agent_text = "This number cannot receive messages. Ask the citizen for another one."


class RecipientBlocked(SendError):
    """The recipient told the gateway or the operator to block us."""

    agent_text = "The citizen has blocked messages from this sender."


class AccountFault(SendError):
    """Our account is wrong: key, sender or balance. Trying again helps once somebody has mended it."""

    retryable = True
    agent_text = "The gateway refuses our account. An administrator has been told."


class Throttled(SendError):
    """The gateway asks us to slow down."""

    retryable = True
    agent_text = "The gateway is busy; the message will be tried again."


class GatewayDown(SendError):
    """The gateway could not be reached, or says that it failed; nothing was accepted."""

    retryable = True
    agent_text = "The gateway cannot be reached; the message will be tried again."


class OutcomeUnknown(SendError):
    """The request went out and no answer came back."""

    unknown = True
    agent_text = "The gateway did not answer; it is not known whether the message left."


class FileHeld(SendError):
    """A file of the message may not leave: not before a virus scanner has looked at it (``waits``), or never."""

    agent_text = "A file of this message was found dangerous and does not leave. Write the answer again without it."

    def __init__(self, detail: str, *, waits: bool) -> None:
        super().__init__(detail, agent_text=_WAITS if waits else None)
        self.retryable = waits


_WAITS = "A file of this message waits for the virus scanner; the message leaves once it was found clean."


class UnknownCode(SendError):
    """The gateway answered with a code that is in no table of ours; ``code`` carries it."""

    agent_text = "The gateway answered with a code that is not known here."


def unanswered(error: Exception) -> SendError:
    """Tell a request that never left from one that may have arrived, by what the HTTP client raised."""
    cause: object = getattr(error.args[0], "reason", None) if error.args else None
    names = {type(error).__name__, type(cause).__name__}
    if isinstance(cause, Exception) and cause.args:
        names.add(type(cause.args[0]).__name__)
    if names & _NEVER_LEFT:
        return GatewayDown(type(error).__name__)
    return OutcomeUnknown(type(error).__name__)


#: what `requests` and `urllib3` raise before a byte of the request is out; a connection that broke later is another
#: matter. By name, so that a process that sends nothing does not load them
_NEVER_LEFT = {
    "ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "SSLCertVerificationError",
    "InvalidURL", "InvalidSchema", "MissingSchema",
}  # fmt: skip
