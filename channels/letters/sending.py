"""A letter leaves: it is handed to the print room, which is within the house, so nothing can be lost on the way."""

from __future__ import annotations

from cases.messages import AddressKind, OutboundMessage, Receipt
from channels.errors import BadAddress, OutcomeUnknown

NO_ADDRESS = "No postal address is known of this citizen, so no letter can be sent."


def hand_over(message: OutboundMessage) -> Receipt:
    """Return the print room's receipt, which names the message: whoever records it enters the letter in the register,
    in the same transaction. Raises :class:`channels.errors.BadAddress` where nobody lives at the address.
    """
    if message.recipient.kind is not AddressKind.POSTAL or not message.recipient.value.strip():
        raise BadAddress("no postal address", agent_text=NO_ADDRESS)
    if message.letter is None:
        raise OutcomeUnknown("a letter without its message")
    return Receipt(f"letter-{message.letter.message_id}")
