"""Africa's Talking's words in ours: codes of one recipient, refusals of a whole request, statuses of reports."""

from __future__ import annotations

from cases.messages import DeliveryStatus
from channels.errors import AccountFault, BadAddress, GatewayDown, RecipientBlocked, SendError

ACCEPTED = {100, 101, 102}
_TOP_UP = "Our account at the gateway has no credit left. An administrator has been told."
_SENDER = "The gateway does not know our sender name. An administrator has been told."
#: statusCode of one recipient in the answer to a send → what it is, and what the agent reads
SEND_CODES: dict[int, tuple[type[SendError], str | None]] = {
    401: (SendError, "The gateway held this message back as risky."),
    402: (AccountFault, _SENDER),
    403: (BadAddress, None),
    404: (BadAddress, "This kind of number cannot receive SMS."),
    405: (AccountFault, _TOP_UP),
    406: (RecipientBlocked, None),
    407: (GatewayDown, "The gateway finds no way to this number now; the message will be tried again."),
    409: (RecipientBlocked, "This number is on a do-not-disturb list."),
    500: (GatewayDown, None),
    501: (GatewayDown, None),
    502: (SendError, "The gateway rejected this message."),
}
#: words in place of the recipients, where the whole request was refused
SEND_WORDS: dict[str, tuple[type[SendError], str | None]] = {
    "InvalidSenderId": (AccountFault, _SENDER),
    "InsufficientBalance": (AccountFault, _TOP_UP),
    "InvalidPhoneNumber": (BadAddress, None),
}
#: status of a delivery report; AbsentSubscriber is not final, since the operator goes on trying until it expires
REPORTS: dict[str, tuple[DeliveryStatus, str | None]] = {
    "Sent": (DeliveryStatus.SENT, None),
    "Submitted": (DeliveryStatus.SENT, None),
    "Buffered": (DeliveryStatus.SENT, None),
    "AbsentSubscriber": (DeliveryStatus.SENT, "The phone is switched off or out of reach; the operator tries again."),
    "Success": (DeliveryStatus.DELIVERED, None),
    "Rejected": (DeliveryStatus.FAILED, "The operator rejected the message."),
    "Failed": (DeliveryStatus.FAILED, "The operator could not deliver the message."),
    "Expired": (DeliveryStatus.EXPIRED, "The phone was not reached in time and the operator gave up."),
}
FAILURES = {
    "InsufficientCredit": "The account had no credit.",
    "InvalidLinkId": "The operator refused the link of a premium message.",
    "UserIsInactive": "The number is not active.",
    "UserInBlackList": "The citizen's number is blocked for this sender.",
    "UserAccountSuspended": "The citizen's number is suspended.",
    "NotNetworkSubcriber": "The number does not belong to the network.",
    "NotNetworkSubscriber": "The number does not belong to the network.",
    "UserNotSubscribedToProduct": "The number is not subscribed to this service.",
    "UserDoesNotExist": "The operator says that this number does not exist.",
    "DeliveryFailure": "The operator could not deliver the message.",
    "DoNotDisturbRejection": "The number is on a do-not-disturb list.",
}
