"""A gateway's request and our answer to it, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cases.messages import Inbound


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One HTTP request of a gateway. Header names are lower case; ``url`` may be kept: it hides the hook's secret.

    ``public_url`` is the address as the gateway called it, secret and query included, and ``fields`` is the whole
    form, repeated names too: a signature covers both. They are empty where a stored request is read again.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes
    public_url: str = field(default="", repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the gateway hears."""

    status: int = 200
    body: str | bytes = ""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def _as_it_came(request: WebhookRequest) -> WebhookRequest:
    return request


@dataclass(frozen=True, slots=True)
class Route:
    """One callback of an account: ``event`` is the last part of its address.

    ``external_id`` names the request for de-duplication before it is parsed (None: by content);
    it must not raise. ``parse`` returns our answer and the values, or raises :class:`channels.errors.Refused`.
    ``neutral`` is our answer to what is not parsed any more (a repeat) or not yet (it could only be stored).
    ``kept`` gives the request as it is stored, without what nobody may read there; it must not raise. With ``apart``
    its body is one thing to be read apart, see :class:`channels.base.Reads`, and nothing else is called. With
    ``twins`` the same bytes under another name (``?name=``) are another thing.
    """

    event: str
    external_id: Callable[[WebhookRequest], str | None]
    parse: Callable[[WebhookRequest], tuple[WebhookReply, Sequence[Inbound]]]
    neutral: WebhookReply = WebhookReply()
    kept: Callable[[WebhookRequest], WebhookRequest] = _as_it_came
    apart: bool = False
    twins: bool = False
