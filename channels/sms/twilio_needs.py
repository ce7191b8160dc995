"""What Twilio must be told before it carries SMS, as the pages of its console are called."""

from __future__ import annotations

from channels.needs import Needs, Step

NEEDS = Needs(
    name="Twilio",
    steps=(
        Step(
            "In the console, on the first page, Account Info shows the Account SID. It goes into the account block.",
            keys=("account_sid",),
        ),
        Step(
            "The same place shows the Auth Token: put it where the account block points. While it is changed, the "
            "secondary one goes into other_auth_token, and signatures by both are taken.",
            keys=("auth_token", "other_auth_token"),
        ),
        Step(
            "Under Phone Numbers, Manage, Buy a number, get one that can receive SMS from your country; or make a "
            "Messaging Service and put its SID into messaging_service.",
            keys=("address", "sender", "messaging_service"),
        ),
        Step(
            "Under Phone Numbers, your number, Messaging, at A message comes in, choose Webhook, HTTP POST, and enter "
            "this address, what stands behind the # included: it makes the gateway try again. With a Messaging "
            "Service, under Integration, choose Send a webhook and enter it as the Request URL.",
            event="incoming",
        ),
        Step(
            "Nothing is entered for delivery reports: each message names this address, where the installation's own "
            "address begins with https.",
            event="delivery",
        ),
        Step("Under Messaging, Settings, Geo permissions, allow the countries that you write to, and no other."),
        Step("Send a test below, then text the number from a telephone of your own."),
    ),
    trust=(
        "It signs every request with the Auth Token; a request with another signature is refused. The signature covers "
        "the address, so the installation's own address must be just what the gateway calls."
    ),
    limits=(
        "A text has at most 1600 characters.",
        "The gateway waits 15 seconds for us. Without what stands behind the #, what failed is lost.",
        "Not every country's numbers can receive: ask before you buy. A sender name can never be answered.",
    ),
)
