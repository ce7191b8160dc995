"""What Twilio must be told before people can call, as the pages of its console are called."""

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
            "Under Phone Numbers, Manage, Buy a number, get one that people can call at the price of an ordinary call.",
            keys=("address",),
        ),
        Step(
            "Under Phone Numbers, your number, Voice, at A call comes in, choose Webhook, HTTP POST, and enter this "
            "address, what stands behind the # included: it makes the gateway try again.",
            event="call",
        ),
        Step(
            "At the same place, Call status changes, enter this address: without it we never learn that somebody hung "
            "up. Calls of ours name it themselves.",
            event="status",
        ),
        Step("Nothing is entered for recordings: each one that we ask for names this address.", event="recording"),
        Step(
            "We keep our own queue, and nothing is entered for one at the gateway. Whoever uses its queue beside ours "
            "enters this address there.",
            event="dequeue",
        ),
        Step("Say who writes to people who called: an SMS account.", keys=("answers_by",)),
        Step(
            "Under Voice, Settings, Geo permissions, allow the countries that you call, and no other. Let "
            "recordings be given out to whoever logs in alone."
        ),
        Step("Call the number from a telephone of your own, and from one that withholds its number."),
    ),
    trust=(
        "It signs every request with the Auth Token; a request with another signature is refused. The signature covers "
        "the address, so the installation's own address must be just what the gateway calls."
    ),
    limits=(
        "The gateway waits 15 seconds for us, tries again included; then the caller hears that an application failed.",
        "Few languages are read out: for all others there must be recordings.",
        "A recording is there only some seconds after it was made; it is fetched again until it is.",
    ),
)
