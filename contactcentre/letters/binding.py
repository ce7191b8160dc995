"""Letters bound together as one PDF for the printer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from threading import Lock

#: PDFium may be used by one thread at a time
_ONE = Lock()


def bound(letters: Sequence[bytes], *, both_sides: bool) -> bytes:
    """Return one PDF of all pages in their order. With ``both_sides`` each letter ends on an even page, so that the
    next one begins on a new sheet of a printer that prints both sides.
    """
    from pypdfium2 import PdfDocument

    made = io.BytesIO()
    with _ONE:
        together = PdfDocument.new()
        try:
            for one in letters:
                letter = PdfDocument(one)
                together.import_pages(letter)
                letter.close()
                if both_sides and len(together) % 2:
                    width, height = together[len(together) - 1].get_size()
                    together.new_page(width, height)
            together.save(made)
        finally:
            together.close()
    return made.getvalue()
