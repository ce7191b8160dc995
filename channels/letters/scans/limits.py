"""How large scans may be: one place. A page that breaks a limit is told of, never half read."""

from __future__ import annotations

#: pages of one scan
PAGES = 60
#: pixels of a page's picture as we keep it (A4 at 300 dpi has 8.7 million) and its longest side (Tesseract's own limit
#: is 32,767)
PIXELS, SIDE = 12_000_000, 20_000
#: a scan of more pages keeps fewer pixels of each (A4 at 225 dpi), so that it is read in its time
MANY, PIXELS_OF_MANY = 30, 5_000_000
#: bytes that a picture may unpack to while it is read
UNPACKED = 200 * 1024 * 1024
#: processor seconds of one page, and seconds in which all pages of a scan must be done
PAGE_SECONDS, SCAN_SECONDS = 6, 17.0
#: dots per inch at which a PDF's page is drawn where nothing else is known, and between which a scan's own are kept
DPI, LEAST_DPI = 300, 150
#: characters of a page's text layer
TEXT = 100_000
