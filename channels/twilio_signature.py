"""What Twilio signs: whether a request was signed with a token of ours for the address that it came to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, urlsplit

from channels.errors import BadSignature
from channels.webhook import WebhookRequest

SIGNATURE = "x-twilio-signature"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def verify(request: WebhookRequest, tokens: Iterable[str]) -> None:
    """Refuse what was signed with none of the tokens for our public address; raises :class:`BadSignature`."""
    signature = request.headers.get(SIGNATURE, "")
    if not signature:
        raise BadSignature("it bears no signature")
    url = request.public_url
    is_form = not request.body or request.headers.get("content-type", "").lower().startswith(FORMS)
    for token in tokens:
        if token and is_form and is_signed(token, url, request.fields, signature):
            return
        if token and not is_form and is_signed_body(token, url, request.body, signature):
            return
    raise BadSignature("it was signed for another address, with another token, or with other words")


def is_signed(token: str, url: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
    """Tell whether a form was signed with this token for this address; a name may stand in the form repeatedly."""
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

    form = _Form()
    for name, value in fields:
        form.setdefault(name, []).append(value)
    return bool(RequestValidator(token).validate(url, form, signature))


def is_signed_body(token: str, url: str, body: bytes, signature: str) -> bool:
    """Tell whether a body that is no form was signed: its hash must stand in the address, which is signed."""
    told = parse_qs(urlsplit(url).query).get("bodySHA256", [])
    return told == [hashlib.sha256(body).hexdigest()] and is_signed(token, url, (), signature)


class _Form(dict[str, list[str]]):
    """A form as the SDK's validator wants it."""

    def getlist(self, name: str) -> list[str]:
        return self[name]
