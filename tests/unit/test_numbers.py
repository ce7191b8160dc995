"""What stands in an SMS's sender: a phone, a short code or a name, and never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.messages import AddressKind
from channels.sms.numbers import LONGEST_NAME, e164, sender

PHONE, SHORT, NAME = AddressKind.PHONE, AddressKind.SHORT_CODE, AddressKind.SENDER_NAME


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("+233201234567", PHONE, "+233201234567"),
        ("233201234567", PHONE, "+233201234567"),
        ("00233201234567", PHONE, "+233201234567"),
        ("0201234567", PHONE, "+233201234567"),
        (" +233 20 123 4567 ", PHONE, "+233201234567"),
        ("+233-20-123-4567", PHONE, "+233201234567"),
        ("(020) 123.4567", PHONE, "+233201234567"),
        ("+233\u00a0201\u00a0234567", PHONE, "+233201234567"),
        ("+254720123123", PHONE, "+254720123123"),
        ("112", SHORT, "112"),
        ("1422", SHORT, "1422"),
        ("292929", SHORT, "292929"),
        ("2929292", NAME, "2929292"),
        ("MoMo", NAME, "MoMo"),
        ("MTN 4G", NAME, "MTN 4G"),
        ("12", NAME, "12"),
        ("+1234", NAME, "+1234"),
        ("+2332012345678901234567", NAME, "+2332012345678901234567"),
        ("+999201234567", NAME, "+999201234567"),
        ("ECG\x00\n", NAME, "ECG"),
        ("", NAME, "(unknown)"),
        ("\x00", NAME, "(unknown)"),
        ("B" * 60, NAME, "B" * LONGEST_NAME),
    ],
)
def test_a_sender_is_classified(text: str, kind: AddressKind, value: str) -> None:
    found = sender(text, region="GH")
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize("text", ["0201234567", "020 123 4567"])
def test_a_national_number_means_nothing_without_a_country(text: str) -> None:
    assert sender(text).kind is NAME


@given(st.text(max_size=60) | st.text(st.sampled_from("+0123456789 -().\u00a0٣"), max_size=25))
def test_intake_fails_open(text: str) -> None:
    found = sender(text, region="GH")
    assert found.value
    if found.kind is PHONE:
        assert found.value.startswith("+")
        assert found.value[1:].isdecimal() and found.value.isascii()
        assert sender(found.value).value == found.value, "a number that was read reads as itself again"
    if found.kind is NAME:
        assert found.value.isprintable()


@given(st.integers(200_000_000, 599_999_999))
def test_every_way_of_writing_a_number_is_one_address(national: int) -> None:
    ways = (f"+233{national}", f"233{national}", f"00233{national}", f"0{national}")
    assert len({e164(way, region="GH") for way in ways}) == 1
