"""What Africa's Talking must be told before people can call, as the pages of its dashboard are called."""

from __future__ import annotations

from channels.needs import UNSIGNED, Needs, Step

NEEDS = Needs(
    name="Africa's Talking",
    steps=(
        Step(
            "Open a team and an app at the gateway. The app's username goes into the account block. Its sandbox "
            "carries no real calls.",
            keys=("username",),
        ),
        Step(
            "In the app, under Settings, API Key, make a key. It is shown once: put it where the account block points.",
            keys=("api_key",),
        ),
        Step("Under Voice, Phone Numbers, ask for a number. It is the account's address.", keys=("address",)),
        Step("Under Voice, Phone Numbers, your number, Callback URL, enter this address.", event="call"),
        Step(
            "At the same place, Events URL, enter this address: by it the gateway tells how calls stand. Calls are "
            "answered without it.",
            event="status",
        ),
        Step(
            "Nothing is entered for recordings: the gateway tells of one where it asks what to say next. Where its "
            "support offers a callback of its own for them, enter this address.",
            event="recording",
        ),
        Step(
            "We keep our own queue, and nothing is entered for one at the gateway. Whoever uses its queue beside ours "
            "enters this address there.",
            event="dequeue",
        ),
        Step("Say who writes to people who called: an SMS account.", keys=("answers_by",)),
        Step(
            "Try a transfer between two of your people. Where the gateway hands over the wrong side, set transfers to "
            "caller.",
            keys=("transfers",),
        ),
        Step("Put money on the account, and let the gateway warn you before it is used up."),
        Step("Call the number from every operator's network, from one that withholds its number too."),
    ),
    trust=UNSIGNED,
    limits=(
        "It tells of keys alone. Who presses nothing is sent on by an element of ours behind the question.",
        "It reads English out; for other languages there must be recordings.",
        "How long an agent's telephone rings is the gateway's own; there is no setting for it.",
        "It does not tell when a telephone that was rung answers, but at the end how long they spoke.",
        "A call that is moved rings one telephone, and does not come back to our menu.",
    ),
)
