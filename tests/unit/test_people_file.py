"""People from a CSV file: what is read, and every fault with its line, column and remedy."""

from __future__ import annotations

import csv
import io

import pytest

from cases.errors import Invalid
from contactcentre import people_file
from contactcentre.people_file import Fault
from tests.factories import make_city

HEADER = "name,username,roles,languages,skills,phone\n"


def test_a_file_is_read_with_its_roles_and_departments() -> None:
    text = (
        HEADER + "Esi Test,Esi.Test,agent@waste;supervisor@desk,en,lift;by letter,020 000 0001\n"
        "Yaw Test,yaw,administrator@*,,,\n"
    )
    reading = people_file.read(text, make_city())
    assert reading.faults == ()
    esi, yaw = reading.rows
    assert (esi.line, esi.name, esi.username) == (2, "Esi Test", "esi.test")
    assert esi.grants == {("agent", "waste"), ("supervisor", "desk")}
    assert (esi.languages, esi.skills, esi.phone) == (("en",), ("by letter", "lift"), "+233200000001")
    assert (yaw.grants, yaw.phone, yaw.languages) == ({("administrator", "*")}, None, ())


def test_columns_that_are_left_out_change_nothing() -> None:
    (row,) = people_file.read("username;name;roles\nesi;Esi;agent@waste\n", make_city()).rows
    assert (row.languages, row.skills, row.with_phone) == (None, None, False)


def test_every_fault_of_every_line_is_told_at_once() -> None:
    text = HEADER + (
        ",esi,agent@waste,en,,\n"
        "Yaw,Y Ä W,agent@waste,en,,\n"
        "Ama,ama,agent,en,,\n"
        "Ama,ama2,king@waste,en,,\n"
        "Ama,ama3,agent@moon,xx,,12\n"
        "Ama,ama4,,en,,\n"
        "Kofi,kofi,agent@waste,en,,\n"
        "Kofi,KOFI,agent@waste,en,,\n"
        "Too,many,agent@waste,en,,,cells\n"
        f"Ama,ama5,agent@waste,en,{'x' * 41},\n"
        "Ama,ama6,integration@*,en,,\n"
    )
    found = people_file.read(text, make_city()).faults
    assert [(one.line, one.column) for one in found] == [
        (2, "name"),
        (3, "username"),
        (4, "roles"),
        (5, "roles"),
        (6, "roles"),
        (6, "languages"),
        (6, "phone"),
        (7, "roles"),
        (9, "username"),
        (10, ""),
        (11, "skills"),
        (12, "roles"),
    ]
    words = {(one.line, one.column): one.what for one in found}
    assert "agent@department, or agent@* for everywhere" in words[4, "roles"]
    assert "one of desk, waste" in words[6, "roles"]
    assert words[9, "username"] == "kofi stands in line 8 already. Keep one of them."
    assert all(len(one.what) > 20 for one in found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault(1, "name", "is missing; add this column.")),
        (HEADER, Fault(1, "", "The file has no people. Write one a line below the columns' names.")),
        ("name,username\nEsi,esi\n", Fault(1, "roles", "is missing; add this column.")),
        (
            "name,username,roles,secret\nEsi,esi,agent@waste,x\n",
            Fault(1, "secret", "is no column; allowed: name, username, roles, languages, skills, phone"),
        ),
        ("name,name,username,roles\n", Fault(1, "name", "This column stands there twice.")),
    ],
)
def test_a_faulty_first_line_says_which_column(text: str, fault: Fault) -> None:
    assert fault in people_file.read(text, make_city()).faults


@pytest.mark.parametrize("content", [b"\xff\xfe\x00n", b"na\x00me", b"\xe9,"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match="CSV UTF-8"):
        people_file.decode(content)


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="Split it"):
        people_file.decode(b"x" * (people_file.LARGEST + 1))


def test_the_sample_can_be_read() -> None:
    city = make_city()
    assert len(people_file.read(people_file.sample(city), city).rows) == 2


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_spreadsheet_reckons_with_what_is_given_out(cell: str) -> None:
    text = people_file.written(("name",), [(cell,)])
    ((given,),) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert given == f"'{cell}"
    assert people_file.written(("name",), [("plain, with comma",)]) == 'name\r\n"plain, with comma"\r\n'
