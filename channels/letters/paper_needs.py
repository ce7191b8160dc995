"""What a registry sets up before its scanners and its print room work with us."""

from __future__ import annotations

from channels.needs import Needs, Step

NEEDS = Needs(
    name="scanners and a print room",
    steps=(
        Step(
            "Write the postal address as it stands on envelopes, and the lines of the letterhead.",
            keys=("address", "letterhead"),
        ),
        Step(
            "Let the scanner put its files into a folder of this server (SMB or FTP), for this account alone. The "
            "listener must be able to write there: it moves what it has taken into done. Let it scan 300 dots per "
            "inch in grey or black and white, both sides, as PDF, TIFF, JPEG or PNG.",
            keys=("folder",),
        ),
        Step(
            "A file is taken once it has stood still for stable_seconds. Set more where the scanner pauses longer "
            "between two pages.",
            keys=("stable_seconds",),
        ),
        Step(
            "Print cover sheets at the desk and put one in front of each letter of a batch: a file with cover sheets "
            "is split at them. A file without any is one letter if it has at most pages_of_one pages; what has more "
            "waits until a person says where letters begin. Where the scanner makes a file of each letter, set it to "
            "as many pages as a letter may have.",
            keys=("pages_of_one",),
        ),
        Step(
            "Keep token_secret: it signs the codes on cover sheets and on our letters. Once it changes, sheets that "
            "were printed before are held for a person.",
            keys=("token_secret",),
        ),
        Step(
            "A scanner that mails its scans writes to a mailbox of ours, whose account block names the scanner and "
            "this account (scanner, scans_to).",
        ),
        Step(
            "A program that hands over scans by HTTP posts one file as the body to this address, its name behind "
            "?name=. The same file under the same name is taken once.",
            event="upload",
        ),
    ),
    trust=(
        "What lies in the folder was put there by whoever may write to it: let nobody but the scanner. A code counts "
        "only with our signature; a letter that names a case joins it when a person says so, one with the code of a "
        "letter of ours by itself."
    ),
    limits=(
        "A file has at most 64 megabytes and 60 pages; what has more waits for a person, with the reason.",
        "Links and other things that are no plain file are left where they are and told of here.",
        "Handwriting is not read: it is keyed by a person.",
    ),
)
