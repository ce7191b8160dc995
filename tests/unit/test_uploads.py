"""What may be uploaded as configuration: archives and files are bounded, and all that is wrong is said at once."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping

import pytest

from cases.errors import Invalid
from config.loader import Faulty
from contactcentre import configurations, uploads
from contactcentre.uploads import archive, single

TOML = b'name = "Toy library"\n'
FOLDER = {"organisation.toml": TOML, "departments/toys.toml": TOML, "places/areas.csv": b"name,kind\n"}


def packed(files: Mapping[str, bytes], **entry: int) -> bytes:
    """An archive; ``mode`` and ``flag`` are set on every entry."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = entry.get("mode", 0) << 16
            zipped.writestr(info, data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def faults(data: bytes) -> list[str]:
    with pytest.raises(Faulty) as caught:
        archive(data)
    return caught.value.faults


def test_an_archive_of_the_folder_is_read_with_or_without_a_folder_around_it() -> None:
    plain = archive(packed(FOLDER)).files
    assert plain == {name: data.decode() for name, data in FOLDER.items()}
    assert archive(packed({f"my city/{name}": data for name, data in FOLDER.items()})).files == plain


def test_what_desktops_add_is_left_out_and_the_mark_is_kept() -> None:
    more = {
        "__MACOSX/._organisation.toml": b"\x00",
        ".DS_Store": b"\x00",
        "demo.toml": b"",
        configurations.MARK: b"a 3 b",
    }
    found = archive(packed({**FOLDER, **more}))
    assert set(found.files) == set(FOLDER)
    assert found.mark == "a 3 b"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("/etc/organisation.toml", "leads out of the folder"),
        ("../organisation.toml", "leads out of the folder"),
        ("departments/../../a.toml", "leads out of the folder"),
        ("departments/./a.toml", "leads out of the folder"),
        ("C:/departments/a.toml", "leads out of the folder"),
        ("departments\\a.toml", "leads out of the folder"),
        ("departments/a.exe", "departments/a.exe: (file): is not read; allowed: organisation.toml, calendars/*.toml"),
        ("readme.md", "is not read"),
        ("departments/deep/a.toml", "is not read"),
        ("departments/a\x07.toml", "is no name for a file"),
        (f"departments/{'a' * 120}.toml", "is no name for a file"),
    ],
)
def test_a_path_that_may_not_be_is_refused(name: str, fault: str) -> None:
    (found,) = faults(packed({**FOLDER, name: TOML}))
    assert fault in found
    assert uploads.name_faults(name) == [found]


def test_links_encrypted_files_and_what_is_no_text_are_named() -> None:
    assert faults(packed({"organisation.toml": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)) == [
        "organisation.toml: (file): is a link or a device; put the file itself into the archive"
    ]
    (found,) = faults(packed({**FOLDER, "departments/a.toml": b"\x00\x01"}))
    assert found == "departments/a.toml: (file): is no text; save it as plain text in UTF-8"
    locked = bytearray(packed({"organisation.toml": TOML}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    assert faults(bytes(locked)) == ["organisation.toml: (file): is encrypted; pack the folder without a password"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    bad = {"../a.toml": TOML, "b.exe": TOML, "departments/c.toml": b"\x00"}
    assert len(faults(packed({**FOLDER, **bad}))) == 3


def test_the_same_name_twice_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr("organisation.toml", TOML)
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped.writestr("organisation.toml", b"")
    assert "stands twice in the archive" in faults(made.getvalue())[0]


def test_sizes_and_counts_are_bounded_whatever_an_archive_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 1000)
    monkeypatch.setattr(uploads, "LARGEST_WHOLE", 2500)
    assert "is larger than" in faults(packed({**FOLDER, "departments/a.toml": b"#" * 1001}))[0]
    whole = {f"departments/a{number}.toml": b"#" * 900 for number in range(3)}
    assert "unpacks to more than" in faults(packed(whole))[0]
    lying = bytearray(packed({"organisation.toml": b"#" * 100_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = lying.index(signature) + offset
        lying[start : start + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Invalid):
        archive(bytes(lying))
    many = {f"departments/a{number}.toml": b"" for number in range(uploads.MOST_FILES + 1)}
    assert faults(packed(many)) == [
        f"(upload): has {uploads.MOST_FILES + 1} files; at most {uploads.MOST_FILES} are read"
    ]
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 10)
    with pytest.raises(Invalid, match="too large"):
        archive(packed(FOLDER))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", TOML, packed(FOLDER)[:-30], packed(FOLDER)[:60]])
def test_what_is_no_archive_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Invalid, match="no zip archive that can be read"):
        archive(data)


def test_a_broken_file_in_an_archive_is_noticed() -> None:
    whole = bytearray(packed({"organisation.toml": b"abcdefgh" * 100}))
    whole[50] ^= 0xFF
    with pytest.raises(Invalid, match="no zip archive that can be read"):
        archive(bytes(whole))


@pytest.mark.parametrize(
    ("name", "folder", "path"),
    [
        ("toys.toml", "departments", "departments/toys.toml"),
        ("C:\\fakepath\\toys.toml", "departments", "departments/toys.toml"),
        ("organisation.toml", "departments", "organisation.toml"),
        ("areas.csv", "departments", "places/areas.csv"),
        ("en.toml", "messages", "messages/en.toml"),
    ],
)
def test_a_single_file_is_put_where_it_belongs(name: str, folder: str, path: str) -> None:
    assert single([(name, TOML)], folder=folder) == {path: TOML.decode()}


def test_faults_of_single_files_are_said_at_once() -> None:
    with pytest.raises(Faulty) as caught:
        single([("a.txt", b""), ("b.toml", b"\x00"), ("x/c.toml", TOML), ("y/c.toml", TOML)], folder="departments")
    assert [one.partition(": ")[0] for one in caught.value.faults] == [
        "(upload)",
        "departments/a.txt",
        "departments/b.toml",
    ]


def test_what_is_not_utf_8_is_left_to_the_loader_to_name() -> None:
    assert "\ufffd" in single([("a.toml", b'name = "\xff"')], folder="departments")["departments/a.toml"]
