"""Bytes to text: the declared charset strictly, then UTF-8 strictly, then Windows-1252, then Latin-1. Never raises."""

from __future__ import annotations

import codecs
import re

#: names that mail carries and Python does not know, and charsets whose declared name means a wider one in practice
#: (the labels of the WHATWG Encoding Standard)
_MEANT = {
    "ascii": "us-ascii", "ansi": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso8859-1": "cp1252", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "x-cp1252": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "shift_jis": "cp932",
    "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949",
    "euc-kr": "cp949", "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8",
    "x-utf-8": "utf-8", "utf-8n": "utf-8", "x-mac-roman": "mac-roman", "macintosh": "mac-roman",
    "iso-2022-jp": "iso2022_jp_ext", "x-euc-jp": "euc-jp", "windows-874": "cp874", "x-mac-cyrillic": "mac-cyrillic",
    "windows-31j": "cp932", "cp-850": "cp850", "big5": "big5hkscs", "8859_1": "cp1252", "iso-latin-1": "cp1252",
}  # fmt: skip
#: codecs that are no charsets of mail; some are slow on purpose-made input
_NONE = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HIGH = bytes(range(128, 256))
_SAMPLE = 4096
#: below this share of high bytes a text is in Latin letters, and guessers only do harm
_OTHER_SCRIPT = 0.4


def decode(raw: bytes, declared: str | None, *, guess: bool = False) -> str:
    """Return the text of these bytes; what PostgreSQL cannot keep (NUL, half surrogates) becomes U+FFFD. ``guess`` asks
    a guesser where nothing is declared and the letters are no Latin ones; that is slow, so it is for few texts.
    """
    return storable(_decode(raw, _known(declared), guess=guess))


def storable(text: str) -> str:
    """Replace what no UTF-8 column can hold."""
    return _UNSTORABLE.sub("\ufffd", text)


def known(declared: str | None) -> bool:
    """Tell whether a charset's name leads to one."""
    return _known(declared) is not None


def _decode(raw: bytes, declared: str | None, *, guess: bool) -> str:
    ladder = [name for name in (declared, "utf-8") if name]
    if guess and declared is None and _other_script(raw) and (guessed := _guess(raw)):
        ladder.append(guessed)
    for name in (*ladder, "cp1252"):
        try:
            return raw.decode(name)
        except (UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _known(declared: str | None) -> str | None:
    name = (declared or "").strip().strip("\"'").casefold()[:40]
    name = _MEANT.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    # not every codec of Python's reads text; the flag has no public name
    return (
        found.name if getattr(found, "_is_text_encoding", True) and found.name.replace("-", "_") not in _NONE else None
    )


def _other_script(raw: bytes) -> bool:
    sample = raw[:_SAMPLE]
    return len(sample) - len(sample.translate(None, _HIGH)) > len(sample) * _OTHER_SCRIPT


def _guess(raw: bytes) -> str | None:
    """Ask a guesser, only where the text is in another script and says nothing of its charset."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE]).best()
    return _known(best.encoding) if best else None
