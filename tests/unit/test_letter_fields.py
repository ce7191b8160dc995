"""What a letter says of itself: sender, address, date, subject, and the case that it names."""

from __future__ import annotations

import pytest

from channels.letters import dates, fields, named, receipts
from channels.letters.lines import Line, of_page, of_text

LETTER = """\
P.O. Box TD 123
Takoradi
Tel: 024 555 0101
24th November, 2026

The Metropolitan Chief Executive
The Assembly
P.O. Box 74
Sekondi

Dear Sir,

RE: BROKEN STREET LIGHT AT EFFIA
JUNCTION AND THE OPEN DRAIN
I write again about my report of 12/10/2026, your reference 4821-7739. The
lamp has been dark since.

Yours faithfully,
...............
(AMA SERWAA MENSAH)
Secretary
"""
CHURCH = """\
MOUNT OLIVE CHURCH OF EFFIAKUMA
Effiakuma No. 9, near the lorry station
P. O. Box 55, Takoradi
www.example.org
Our Ref: MOC/17/26
3/11/26

The Head of Works

Dear Madam,
REQUEST FOR A REFUSE CONTAINER
We need one.

Yours sincerely,

Rev. Kojo Bentsil
"""
NOTE = """\
Name: Efua Invented
The gutter stinks.
"""


def told(text: str) -> dict[str, str]:
    return {name: one.value for name, one in fields.find(of_text(text)).items()}


def test_a_private_letter_tells_who_when_about_what() -> None:
    assert told(LETTER) == {
        "sender_name": "AMA SERWAA MENSAH",
        "signed_by": "AMA SERWAA MENSAH",
        "postal": "P.O. Box TD 123\nTakoradi",
        "dated": "2026-11-24",
        "subject": "BROKEN STREET LIGHT AT EFFIA JUNCTION AND THE OPEN DRAIN",
        "reference": "4821-7739",
    }


def test_a_letter_on_paper_with_a_head_tells_whose_it_is() -> None:
    assert told(CHURCH) == {
        "sender_name": "Rev. Kojo Bentsil",
        "organisation": "MOUNT OLIVE CHURCH OF EFFIAKUMA",
        "signed_by": "Rev. Kojo Bentsil",
        "postal": "Effiakuma No. 9, near the lorry station\nP. O. Box 55, Takoradi",
        "dated": "2026-11-03",
        "subject": "REQUEST FOR A REFUSE CONTAINER",
    }


def test_a_note_tells_little_and_nothing_is_made_up() -> None:
    assert told(NOTE) == {"sender_name": "Efua Invented"}


@pytest.mark.parametrize(
    "text", ["", "\n\n", "xx", "Dear Sir,", "Yours faithfully,", "Dear Sir,\nYours faithfully,\n(("]
)
def test_what_says_nothing_has_no_fields(text: str) -> None:
    assert told(text) == {}


def test_the_addressee_is_never_the_sender() -> None:
    assert "postal" not in told("Takoradi\n24/11/2026\nThe Chief Executive\nP.O. Box 74\nSekondi\nDear Sir,\nWater.")


def test_a_value_is_as_sure_as_the_worst_of_its_lines() -> None:
    words = [["P.O.", 0, 0, 9, 9, 90, 0], ["Box", 10, 0, 9, 9, 80, 0], ["Takoradi", 0, 12, 40, 9, 40, 1]]
    page = {"words": words, "width": 100, "height": 100, "text": "else"}
    greeting = [["Dear", 0, 50, 9, 9, 90, 2], ["Sir,", 12, 50, 9, 9, 90, 2]]
    found = fields.of_letter([{**page, "words": [*words, *greeting]}])
    assert found == {"postal": {"value": "P.O. Box\nTakoradi", "confidence": 40}}
    assert of_page(page)[1] == Line("Takoradi", 40.0, 0.0, 0.4, 0.12, 0.21)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("24th November 2026", "2026-11-24"),
        ("24'\" Nov., 2026", "2026-11-24"),
        ("Takoradi, the 3rd day of May, 2026", "2026-05-03"),
        ("November 24, 2026", "2026-11-24"),
        ("Date: 05-AUG-2017", "2017-08-05"),
        ("24/11/2026", "2026-11-24"),
        ("24.11.26", "2026-11-24"),
        ("03/02/2018", "2018-02-03"),
        ("11/24/2026", "2026-11-24"),
        ("2026-11-24", "2026-11-24"),
        ("1 Sept '98", "1998-09-01"),
        ("31/02/2026", None),
        ("24 Nov 18:23", None),
        ("10.12.20.26", None),
        ("0245550101", None),
        ("1/1/1890", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, date: str | None) -> None:
    found = dates.find(text)
    assert (found.isoformat() if found else None) == date


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("your reference 4821-7739", "4821-7739"),
        ("Ref: 48217739", "4821-7739"),
        ("Ref: 482I-7739", "4821-7739"),
        ("Ref: 4821-7736", None),
        ("Tel 4821 7739 10", None),
        ("SOLO-BOSS", None),
    ],
)
def test_a_reference_is_found_by_its_check_digit(text: str, reference: str | None) -> None:
    found = named.reference(of_text(text))
    assert (found[0] if found else None) == reference


def test_a_line_that_calls_it_so_comes_before_one_that_does_not() -> None:
    lines = of_text("Account 1000-0008\nnumber 1000-0008\ncase 4821-7739")
    assert named.reference(lines) == ("4821-7739", 0.0)


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("SUBTOTAL 10.00\nTOTAL 12.50\nCASH 20.00", "12.50"),
        ("TOTAL QTY 3\nTOTAL SALES INCL GST 1,012.50\nTOTAL 1,012.48", "1012.50"),
        ("Total\nGH₵ 7.00\nChange 3.00", "7.00"),
        ("Grand total: RM 9.10\nTotal GST 0.50", "9.10"),
        ("Rice 5.00", None),
    ],
)
def test_the_total_of_a_receipt_is_what_was_to_be_paid(text: str, total: str | None) -> None:
    found = receipts.total(of_text(text))
    assert (found[0] if found else None) == total


def test_a_receipt_tells_whose_it_is_and_from_where() -> None:
    lines = of_text(
        "INVENTED HARDWARE LTD (1234567-T)\n(123456-X)\nNo. 7, Market Road,\nTakoradi\nTel: 031 2\n03/02/2026"
    )
    assert receipts.company(lines) == ("INVENTED HARDWARE LTD", 0.0)
    assert receipts.address(lines) == ("No. 7, Market Road, Takoradi", 0.0)
    assert receipts.dated(lines) == ("2026-02-03", 0.0)


def test_hostile_lines_cost_little() -> None:
    for text in (
        "A " * 20_000,
        "1" * 50_000,
        "A.'" * 20_000,
        "(" * 20_000 + "1" * 20_000,
        "\n".join(["Re: x"] * 50_000),
    ):
        assert len(of_text(text)) <= 1000
        told(f"{text}\nDear Sir,\n{text}\nYours faithfully\n{text}")
        receipts.company(of_text(text))
        receipts.total(of_text(text))
