"""What a scan is by its first bytes, never by its name: PDF, TIFF, JPEG or PNG. Pure."""

from __future__ import annotations

from channels.errors import Refused

#: bytes that are looked at; programs put up to a kilobyte before the beginning of a PDF, and all readers allow it
SNIFFED = 1024
PDF, TIFF, JPEG, PNG = "PDF", "TIFF", "JPEG", "PNG"
_SIGNATURES = {b"II*\x00": TIFF, b"MM\x00*": TIFF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_AGAIN = "send it as PDF, TIFF, JPEG or PNG"


def kind_of(head: bytes) -> str:
    """Return what a scan is (``SNIFFED`` bytes of it); raises :class:`channels.errors.Refused` for all else."""
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if b"%PDF-" in head:
        return PDF
    raise Refused("scan", _why(head))


def _why(head: bytes) -> str:
    if not head:
        return "it is empty; scan the paper again"
    if head.startswith(b"%!"):
        return f"it is PostScript, a program for printers, whatever it is called; {_AGAIN}"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return f"it is a photograph in HEIC, which cannot be read here; {_AGAIN}"
    return f"it is no scan that can be read here; {_AGAIN}"
