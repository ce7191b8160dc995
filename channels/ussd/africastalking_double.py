"""Africa's Talking's USSD as we see it from outside: a pure double, for the simulator and the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from channels.double import Asked, Callback, Shown
from channels.ussd.double import Talks, broken, shown

FORM = "application/x-www-form-urlencoded"
NETWORK = "99999"


class AfricasTalkingUssdDouble:
    """One service code at the gateway."""

    gateway = "africastalking"

    def __init__(self, account: str) -> None:
        self._account, self._talks = account, Talks("ATUid_")

    def dial(self, phone: str, code: str) -> Asked:
        """Begin a session: the first text is empty."""
        return self._asked(self._talks.begin(phone, code))

    def key(self, session: str, said: str) -> Asked:
        """Add to what was keyed in; the text never becomes shorter."""
        self._talks.going_on(session).keyed.append(said)
        return self._asked(session)

    def read(self, session: str, status: int, body: bytes) -> Shown:
        """Read an answer: its very first byte is that of CON or END, or the session ends with an error."""
        talk = self._talks.going_on(session)
        text = body.decode("utf-8", "replace")
        if status != 200 or text[:4] not in ("CON ", "END "):
            return broken(talk, f"answered {status} with {text[:20]!r}; it must be 200 with CON or END first of all")
        return shown(talk, text[4:], ends=text.startswith("END"))

    def hang_up(self, session: str, *, now: datetime) -> Callback | None:
        """Tell how a session ended, once."""
        talk = self._talks.find(session)
        if talk is None:
            return None
        state, talk.over = "Success" if talk.over else "Incomplete", True
        form = {
            "date": f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
            "sessionId": session,
            "serviceCode": talk.code,
            "networkCode": NETWORK,
            "phoneNumber": talk.phone,
            "status": state,
            "cost": "0.0000",
            "durationInMillis": "1000",
            "hopsCount": str(len(talk.keyed) + 1),
            "input": "*".join(talk.keyed),
            "lastAppResponse": talk.screen,
        }
        return Callback(0.2, "ended", form, session, state)

    def _asked(self, session: str) -> Asked:
        talk = self._talks.going_on(session)
        form = {
            "sessionId": session,
            "serviceCode": talk.code,
            "phoneNumber": talk.phone,
            "networkCode": NETWORK,
            "text": "*".join(talk.keyed),
        }
        return Asked(session, urlencode(form).encode(), FORM)
