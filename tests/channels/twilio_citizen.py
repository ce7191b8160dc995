"""A citizen whom the double of the gateway serves, and a message to them."""

from __future__ import annotations

from cases.messages import Address, AddressKind, OutboundMessage
from tests.channels.twilio_account import ACCOUNT

CITIZEN = "+233200000101"
MESSAGE = OutboundMessage(ACCOUNT, Address(AddressKind.PHONE, CITIZEN), "Hello", "o-1")
