"""What a file is, by its first bytes and never by its name. Pure.

Sources: the formats' own definitions (ISO base media file format for HEIC, MP4, M4A and 3GP; Open Packaging Conventions
and OpenDocument for what stands first in their archives).
"""

from __future__ import annotations

import codecs
import re

#: bytes that are looked at
SNIFFED = 64 * 1024
UNKNOWN, TEXT, MAIL, ARCHIVE = "application/octet-stream", "text/plain", "message/rfc822", "application/zip"
#: of which a preview may be made
PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/tiff": "TIFF", "image/webp": "WEBP"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPENDOCUMENT = b"application/vnd.oasis.opendocument."
_WITHIN = {
    b"word/": f"{_OFFICE}wordprocessingml.document",
    b"xl/": f"{_OFFICE}spreadsheetml.sheet",
    b"ppt/": f"{_OFFICE}presentationml.presentation",
}
#: kinds that are archives, whatever else they are
ARCHIVES = frozenset(
    {
        ARCHIVE,
        *_WITHIN.values(),
        *(f"{_OPENDOCUMENT.decode()}{one}" for one in ("text", "spreadsheet", "presentation", "graphics")),
    }
)
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = (
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "image/heic"),
    ((b"M4A ", b"M4B "), "audio/mp4"),
    ((b"3gp", b"3g2"), "video/3gpp"),
    ((b"isom", b"iso2", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"), "video/mp4"),
)
_ENTRY = b"PK\x03\x04"
_EMPTY_ARCHIVE = b"PK\x05\x06"
#: what a line that begins a mail may be called; two of them make a mail
_HEADERS = re.compile(
    rb"^(?:from|to|subject|date|received|message-id|mime-version|return-path|delivered-to|dkim-signature"
    rb"|content-type|reply-to|cc|x-[a-z-]{1,40}):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,60}:[ \t]")
_MARKUP, _RUNS = (b"<", b"%!"), (b"#!", b"\x7fELF")


def kind_of(head: bytes) -> str:
    """Return the type that the first bytes prove (``SNIFFED`` of them); what proves none is called bytes."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith((_ENTRY, _EMPTY_ARCHIVE)):
        return _archive(head)
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _media(head[8:12])
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 not in (0xF0, 0):
        return "audio/mpeg"  # a frame of layer III without a tag before it
    return _words(head)


def _archive(head: bytes) -> str:
    """Look at the names that stand first: not at the directory, which lies at the end and may be of any size."""
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if first == b"mimetype" and head[38:].startswith(_OPENDOCUMENT):
        kind = head[38 : head.find(b"PK", 38)].decode("ascii", "replace")
        return kind if kind in ARCHIVES else ARCHIVE
    names = [head[one.end() + 26 :] for one in re.finditer(re.escape(_ENTRY), head)]
    if not any(name.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/")) for name in names):
        return ARCHIVE
    return next((kind for name in names for part, kind in _WITHIN.items() if name.startswith(part)), ARCHIVE)


def _media(brand: bytes) -> str:
    return next((kind for brands, kind in _BRANDS if brand.startswith(brands)), UNKNOWN)


def _words(head: bytes) -> str:
    bare = head.removeprefix(codecs.BOM_UTF8)
    if not head or b"\x00" in head or bare.lstrip().startswith(_MARKUP) or bare.startswith(_RUNS):
        return UNKNOWN
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < SNIFFED)
    except UnicodeDecodeError:
        return MAIL if _is_mail(head) else UNKNOWN
    return MAIL if _is_mail(bare) else TEXT


def _is_mail(head: bytes) -> bool:
    begins = head.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    found = {one.group().lower() for one in _HEADERS.finditer(begins)}
    return len(found) >= 2 and _FIRST_LINE.match(begins) is not None
