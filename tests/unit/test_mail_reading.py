"""Mail becomes values, whatever its bytes are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email import apart, mime
from channels.email.mail import Kind, Mailbox
from channels.email.reading import parse
from tests.mail.letters import REPORT, letter, notice
from tests.mail.mutants import mutants

MIXED = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"'
PNG = "iVBORw0KGgo="


def test_a_plain_letter() -> None:
    mail = parse(letter("Good morning,\n\nthe pipe in Adum Road is broken.\n", "In-Reply-To: <a@b> <c@d>"))
    assert mail.sender == Mailbox("Ama Mensah", "ama@example.com")
    assert (mail.subject, mail.message_id, mail.in_reply_to) == ("Broken pipe", "one@example.com", ("a@b", "c@d"))
    assert mail.date == datetime(2026, 3, 2, 10, 12, tzinfo=UTC)
    assert mail.text == "Good morning,\n\nthe pipe in Adum Road is broken.\n"
    assert (mail.kind, mail.quiet, mail.defects) == (Kind.ORDINARY, False, ())


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=utf-8", "ɔkwan".encode(), "ɔkwan"),
        (b"Content-Type: text/plain; charset=utf-8", "café".encode("cp1252"), "café"),
        (b"Content-Type: text/plain; charset=x-nowhere", "café".encode(), "café"),
        (b"X-A: b", "café".encode(), "café"),
        (b"X-A: b", b"a\x00b", "a\ufffdb"),
        (b"Content-Type: text/plain; charset=utf-7", b"+2AA-x", "\ufffdx"),
        (b"Content-Type: text/plain; charset=unicode_escape", rb"\u0041", r"\u0041"),
        (b"Content-Type: text/plain; charset=iso-2022-jp", "まみ".encode("iso-2022-jp"), "まみ"),
        (b"Content-Transfer-Encoding: base64", b"SGVs bG8=\n!!", "Hello"),
        (b"Content-Transfer-Encoding: base64", b"SGVsbG8", "Hello"),
        (b"Content-Transfer-Encoding: quoted-printable", b"a=C3=A9=\nb=ZZ", "aéb=ZZ"),
        (b"Content-Transfer-Encoding: nonsense", b"Hello", "Hello"),
        (b"Content-Type: nonsense", b"Hello", "Hello"),
    ],
)
def test_charsets_and_transfer_encodings(fields: bytes, body: bytes, text: str) -> None:
    assert parse(b"From: a@example.com\n" + fields + b"\n\n" + body).text == text


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (b"=?utf-8?q?Wo_=C9=94kwan?=", "Wo ɔkwan"),
        (b"=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "éé"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        (b"=?x-nowhere?q?caf=E9?=", "café"),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
        (b"=?iso-8859-1?Q?Fr\xf6sche?=", "Frösche"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        (b"a\x00b \xe2\x80\xaecod.exe", "a b cod.exe"),
        (b"a\n\tb", "a b"),
        (b"", ""),
    ],
)
def test_subjects(subject: bytes, text: str) -> None:
    assert parse(b"Subject: " + subject + b"\n\nx").subject.replace("\ufffd", " ") == text


@pytest.mark.parametrize(
    ("value", "mailboxes"),
    [
        ("Ama <ama@example.com>, kofi@example.com", [("Ama", "ama@example.com"), ("", "kofi@example.com")]),
        ('"Mensah, Ama" <ama@example.com>', [("Mensah, Ama", "ama@example.com")]),
        ("ama@example.com (Ama)", [("Ama", "ama@example.com")]),
        ("undisclosed-recipients:;", []),
        ("Friends: ama@example.com, kofi@example.com;", [("", "ama@example.com"), ("", "kofi@example.com")]),
        ("=?utf-8?q?K=C3=A9?= <k@example.com>", [("Ké", "k@example.com")]),
        ('"Ama <ama@example.com>', [("Ama", "ama@example.com")]),
        ("<@relay.example:ama@example.com>", [("", "ama@example.com")]),
        ("nobody", [("nobody", "")]),
        ("", []),
    ],
)
def test_mailboxes(value: str, mailboxes: list[tuple[str, str]]) -> None:
    mail = parse(f"To: {value}\n\nx".encode())
    assert [(one.name, one.address) for one in mail.to] == mailboxes


@pytest.mark.parametrize(
    "field", ["Message-ID: <[abc]@x>", "Date: 32 Foo 2026", "To: <", "References: <<<>", "From: :"]
)
def test_malformed_fields_are_read_as_they_are(field: str) -> None:
    mail = parse(f"{field}\nSubject: s\n\nx".encode())
    assert (mail.subject, mail.date, mail.text) == ("s", None, "x")


@pytest.mark.parametrize(
    "raw", [b"From x@y Mon Mar  2 2026\nSubject: s\n\nx", b"Subject: s\r\rx", b"\n\nSubject: s\n\nx"]
)
def test_lines_that_mailboxes_and_old_systems_leave(raw: bytes) -> None:
    assert (parse(raw).subject, parse(raw).text) == ("s", "x")


def test_of_a_repeated_field_the_first_counts() -> None:
    mail = parse(b"Subject: first\nSubject: second\nMessage-ID: <first@x>\nMessage-ID: <second@x>\n\nx")
    assert (mail.subject, mail.message_id) == ("first", "first@x")


def test_files_and_pictures_and_nested_mail() -> None:
    body = f"""--b
Content-Type: text/plain

See the photo.
--b
Content-Type: image/png; name*=utf-8''pipe%20%C9%94.png
Content-Transfer-Encoding: base64
Content-ID: <pic@x>

{PNG}
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="../../etc/=?utf-8?q?b=C3=A9?=.pdf"

%PDF
--b
Content-Type: message/rfc822

Subject: inner

inner text
--b--
"""
    mail = parse(letter(body, MIXED))
    assert mail.text.strip() == "See the photo."
    assert [(one.name, one.inline, one.nested) for one in mail.parts] == [
        ("pipe ɔ.png", True, False),
        ("bé.pdf", False, False),
        (None, False, True),
    ]
    assert mail.parts[0].content.startswith(b"\x89PNG")
    assert mail.parts[2].content == b"Subject: inner\n\ninner text"


def test_an_alternative_gives_its_plain_text_and_keeps_its_html() -> None:
    body = "--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich<script>x</script>\n--b--\n"
    mail = parse(letter(body, MIXED.replace("mixed", "alternative")))
    assert (mail.text, mail.html, mail.parts) == ("plain", "<p>rich<script>x</script>", ())


def test_html_alone_becomes_text() -> None:
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Good&nbsp;morning,<p>see <a href='https://x.example/'>"
        "this</a><ul><li>one<li>two</ul><blockquote>old<br>words</blockquote><img src=x alt='a pipe'><!-- no -->3 < 4"
    )
    text = parse(letter(html, "Content-Type: text/html")).text
    assert text == ("Good morning,\n\nsee this <https://x.example/>\n\n* one\n* two\n\n> old\n> words\n\n[a pipe]3 < 4")


@pytest.mark.parametrize(
    "html", ["<style>never ends Help", "<div style='display: none'>Help", "<template>Help", "<a b='Help"]
)
def test_what_never_closes_hides_nothing(html: str) -> None:
    assert "Help" in parse(letter(html, "Content-Type: text/html")).text


def test_uuencoded_files_leave_the_text_and_broken_ones_stay() -> None:
    whole = "Before\nbegin 644 a.txt\n%2&5L;&\\\n`\nend\nAfter\n"
    mail = parse(letter(whole))
    assert [(one.name, one.content) for one in mail.parts] == [("a.txt", b"Hello")]
    assert mail.text.split() == ["Before", "After"]
    prose = "Let us\nbegin 644 things\nand then some prose that is none\nend\n"
    assert parse(letter(prose)).text == prose


@pytest.mark.parametrize(
    ("body", "text", "defect"),
    [
        ("no boundary here", "no boundary here", "a multipart without its boundary"),
        ("--b\n\nonly part", "only part", "the last boundary is missing"),
        (
            "--other\nContent-Type: text/plain\n\nfound\n--other--\n",
            "found",
            "the boundary is not the one that is named",
        ),
    ],
)
def test_broken_boundaries(body: str, text: str, defect: str) -> None:
    mail = parse(letter(body, MIXED))
    assert (mail.text.strip(), defect in mail.defects) == (text, True)


def test_too_many_parts_and_too_deep_ones_are_kept_as_one() -> None:
    many = parse(letter("--b\nContent-Type: a/b\n\nx\n" * 1500, MIXED))
    assert len(many.parts) == mime.MOST_PARTS
    assert many.parts[-1].content.count(b"--b") > 490
    assert any("more than 1000 parts" in one for one in many.defects)
    level = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
    deep = parse(("From: a@example.com\n" + "".join(level.format(n) for n in range(2000))).encode())
    assert any("deeper" in one for one in deep.defects)


def test_signed_and_encrypted() -> None:
    body = "--b\nContent-Type: text/plain\n\nsigned words\n--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n"
    signed = parse(letter(body, MIXED.replace("mixed", "signed")))
    assert (signed.text, len(signed.parts)) == ("signed words", 1)
    sealed = parse(letter("x", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data"))
    assert any("encrypted" in one for one in sealed.defects)


def test_a_broken_pack_of_outlook_is_kept() -> None:
    mail = parse(letter("junk", "Content-Type: application/ms-tnef; name=winmail.dat"))
    assert ([one.name for one in mail.parts], mail.defects) == (["winmail.dat"], ("winmail.dat cannot be read",))


def test_names_are_cut_and_keep_their_ending() -> None:
    mail = parse(letter("x", f'Content-Type: a/b; name="{"n" * 400}.pdf"'))
    name = mail.parts[0].name or ""
    assert (len(name), name[-4:]) == (255, ".pdf")


def test_what_comes_out_of_the_reading_process(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(letter("<p>x</p>", "Content-Type: text/html"))
    read = apart.read(source, tmp_path)
    assert (read["html"], read["text"].strip(), read["kind"]) == (True, "x", "ordinary")
    assert (tmp_path / "00000-html").read_bytes().strip() == b"<p>x</p>"
    source.write_bytes(REPORT)
    read = apart.read(source, tmp_path)
    assert read["bounce"]["recipients"]
    assert len(list(tmp_path.glob("*-part"))) == len(read["parts"])


LETTERS = [
    REPORT,
    letter("> quoted\nnew", MIXED),
    letter("<p>x</p>", "Content-Type: text/html"),
    notice("<a@b.example>: no"),
]


def test_broken_mails_are_read() -> None:
    for raw in mutants(LETTERS, 1000):
        assert isinstance(json.dumps(apart.plain(parse(raw))), str)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(LETTERS), st.integers(0, 1000))
def test_any_bytes_are_read(some: bytes, other: bytes, at: int) -> None:
    for raw in (some, other[:at] + some + other[at:]):
        json.dumps(apart.plain(parse(raw)), ensure_ascii=False).encode()  # what cannot be stored as UTF-8 would raise


def test_of_very_long_html_the_beginning_is_read_and_all_is_kept() -> None:
    html = "<p>The gutter is choked.</p>" + "<p>x</p>" * 60_000 + "<p>the very end</p>"
    mail = parse(b"From: a@example.com\nContent-Type: text/html\n\n" + html.encode())
    assert mail.text.startswith("The gutter is choked.")
    assert "the very end" not in mail.text
    assert mail.html == html
    assert any("very long HTML" in one for one in mail.defects)


def test_of_a_very_long_text_the_beginning_is_searched_for_quotes_and_all_is_kept() -> None:
    mail = parse(b"From: a@example.com\n\n" + b"The gutter is choked.\n" * 30_000 + b"the very end\n")
    assert mail.text.rstrip().endswith("the very end")
    assert 399_000 < len(mail.new_text) <= 400_000
