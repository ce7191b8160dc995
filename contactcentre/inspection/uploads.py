"""What agents may add to a case: nothing that runs when it is opened, whatever it is called. Pure."""

from __future__ import annotations

import re

from cases.attachments import safe_name
from cases.errors import Invalid
from contactcentre.inspection.kinds import UNKNOWN, kind_of

_KEPT = (
    "Only pictures, PDF, plain text, office files, zip archives, sound, video and mails are kept. "
    "Choose another file, or say in the note what it holds."
)
_RUNS = "The file could run on a colleague's computer or in their browser, so it is not kept; send a PDF or a picture."
#: what desktops run, or open in a browser, by the end of a name
_ENDS = re.compile(
    r"\.(apk|app|bat|chm|cmd|com|cpl|dll|exe|hta|html?|iso|jar|jse?|lnk|mhtml|ms[ip]|ps1|reg|scr|sh|shtml|svgz?|swf"
    r"|url|vb|vb[es]|ws[fh]|xht|xhtml|xml)$",
    re.IGNORECASE,
)
#: names within an archive that make it a program
_PROGRAM = (b"META-INF/MANIFEST.MF", b"AndroidManifest.xml", b"classes.dex")


def kind_of_upload(head: bytes, name: str, *, field: str = "file") -> str:
    """Return what an agent's file is; raises ``Invalid`` for one that is empty or of a kind that is not kept."""
    if not head:
        raise Invalid("The file is empty.", field=field)
    if _ENDS.search(safe_name(name)) or head.startswith(b"PK") and any(one in head for one in _PROGRAM):
        raise Invalid(_RUNS, field=field)
    kind = kind_of(head)
    if kind == UNKNOWN:
        raise Invalid(_KEPT, field=field)
    return kind
