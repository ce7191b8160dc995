"""What a file is, by its bytes; what agents may add."""

from __future__ import annotations

import io
import wave
import zipfile

import pytest
from PIL import Image

from cases.errors import Invalid
from contactcentre.inspection.kinds import SNIFFED, kind_of
from contactcentre.inspection.uploads import kind_of_upload

OFFICE = "application/vnd.openxmlformats-officedocument."
MAIL = b"From: Ama <ama@example.com>\r\nTo: desk@example.com\r\nSubject: Gutter\r\n\r\nIt is choked"


def picture(form: str, size: tuple[int, int] = (8, 8)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, form)
    return written.getvalue()


def packed(*names: str, content: bytes = b"x", how: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how) as archive:
        for name in names:
            archive.writestr(name, content)
    return written.getvalue()


def sound() -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 8)
    return written.getvalue()


def opendocument(kind: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<x/>")
    return written.getvalue()


def box(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00mif1"


KINDS = [
    (picture("PNG"), "image/png"),
    (picture("JPEG"), "image/jpeg"),
    (picture("GIF"), "image/gif"),
    (picture("TIFF"), "image/tiff"),
    (picture("WEBP"), "image/webp"),
    (box(b"heic"), "image/heic"),
    (box(b"mif1"), "image/heic"),
    (box(b"M4A "), "audio/mp4"),
    (box(b"3gp5"), "video/3gpp"),
    (box(b"isom"), "video/mp4"),
    (box(b"mp42"), "video/mp4"),
    (box(b"crx "), "application/octet-stream"),
    (b"%PDF-1.7\n", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8), "application/x-ole-storage"),
    (packed("[Content_Types].xml", "_rels/.rels", "word/document.xml"), f"{OFFICE}wordprocessingml.document"),
    (packed("_rels/.rels", "docProps/app.xml", "xl/workbook.xml"), f"{OFFICE}spreadsheetml.sheet"),
    (packed("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}presentationml.presentation"),
    (opendocument("text"), "application/vnd.oasis.opendocument.text"),
    (opendocument("spreadsheet"), "application/vnd.oasis.opendocument.spreadsheet"),
    (opendocument("evil"), "application/zip"),
    (packed("a.txt", "word/document.xml"), "application/zip"),
    (packed("photo.jpg"), "application/zip"),
    (packed(), "application/zip"),
    (b"ID3\x04" + bytes(20), "audio/mpeg"),
    (b"\xff\xfb\x90\x64" + bytes(20), "audio/mpeg"),
    (b"OggS\x00" + bytes(20), "audio/ogg"),
    (sound(), "audio/wav"),
    (b"RIFF\x00\x00\x00\x00AVI ", "application/octet-stream"),
    (MAIL, "message/rfc822"),
    (MAIL.replace(b"\r\n", b"\n"), "message/rfc822"),
    (MAIL + b" \xe9", "message/rfc822"),
    ("Ɛyɛ: the gutter is choked".encode(), "text/plain"),
    (b"\xef\xbb\xbfname,ward\n", "text/plain"),
    (b"Subject: only one line of a mail\n\nWords", "text/plain"),
    (b"Dear all,\nfrom: here\nto: there\n", "text/plain"),
    (b"<svg onload='alert(1)'/>", "application/octet-stream"),
    (b"\xef\xbb\xbf \n<!doctype html>", "application/octet-stream"),
    (b"%!PS-Adobe", "application/octet-stream"),
    (b"#!/bin/sh\nrm -r .", "application/octet-stream"),
    (b"MZ\x90\x00", "application/octet-stream"),
    (b"\x7fELF\x02", "application/octet-stream"),
    (b"caf\xe9 au lait", "application/octet-stream"),
    (b"", "application/octet-stream"),
]


@pytest.mark.parametrize(("content", "kind"), KINDS, ids=lambda one: repr(one)[:32])
def test_a_file_is_what_its_bytes_are(content: bytes, kind: str) -> None:
    assert kind_of(content[:SNIFFED]) == kind


def test_long_words_are_words_wherever_the_look_ends() -> None:
    words = ("a" * (SNIFFED - 1) + "ɛ").encode()
    assert kind_of(words[:SNIFFED]) == "text/plain"
    assert kind_of(words[: SNIFFED - 1] + b"\xc9") == "text/plain"
    assert kind_of(b"short \xc9") == "application/octet-stream"


@pytest.mark.parametrize(("content", "kind"), [one for one in KINDS if one[1] != "application/octet-stream"])
def test_agents_may_add_what_people_really_send(content: bytes, kind: str) -> None:
    assert kind_of_upload(content[:SNIFFED], "any name") == kind


PROGRAM = packed("META-INF/MANIFEST.MF", "a.class")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.txt", "empty"),
        (b"MZ\x90\x00", "setup", "Only pictures"),
        (b"\x7fELF\x02", "run", "Only pictures"),
        (b"<html>", "page", "Only pictures"),
        (b" \n<svg/>", "drawing.png", "Only pictures"),
        (b"#!/bin/sh", "x", "Only pictures"),
        (b"@echo off", "run.BAT", "could run"),
        (b"alert(1)", "a.js", "could run"),
        (b"plain words", "page.html ", "could run"),
        (b"plain words", "page.\u200bsvg", "could run"),
        (PROGRAM, "report.zip", "could run"),
        (packed("AndroidManifest.xml", "classes.dex"), "app.zip", "could run"),
    ],
)
def test_what_runs_is_refused_and_the_field_is_named(content: bytes, name: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        kind_of_upload(content, name)
    assert refused.value.field == "file"
