"""What Africa's Talking must be told before it carries SMS, as the pages of its dashboard are called."""

from __future__ import annotations

from channels.needs import UNSIGNED, Needs, Step
from channels.sms.segments import MOST_PARTS

NEEDS = Needs(
    name="Africa's Talking",
    steps=(
        Step(
            "Open a team and an app at the gateway. The app's username goes into the account block; with the username "
            "sandbox nothing reaches a real telephone.",
            keys=("username",),
        ),
        Step(
            "In the app, under Settings, API Key, make a key. It is shown once: put it where the account block points.",
            keys=("api_key",),
        ),
        Step(
            "Have the short code, the number or the sender name registered with the gateway. It is the account's "
            "address; a name under which answers leave goes into sender.",
            keys=("address", "sender"),
        ),
        Step("Under SMS, SMS Callback URLs, Incoming Messages, enter this address.", event="incoming"),
        Step("Under SMS, SMS Callback URLs, Delivery Reports, enter this address.", event="delivery"),
        Step("Under SMS, SMS Callback URLs, Bulk SMS Opt Out, enter this address.", event="optout"),
        Step("Put money on the account, and let the gateway warn you before it is used up."),
        Step("Send a test below, then text the number from a telephone of your own."),
    ),
    trust=UNSIGNED,
    limits=(
        "A citizen's message is brought again for up to 12 hours until we have taken it.",
        "A sender name has at most 11 letters and digits, and nobody can answer one.",
        f"We send {MOST_PARTS} parts at most; a part holds 160 characters, or 70 with letters outside GSM 7 bit.",
        "The gateway adds words on how to stop to the first text that a number gets.",
    ),
)
