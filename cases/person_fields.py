"""What may be written of somebody who works here: a user name, a name, roles and where they hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from cases.errors import Invalid
from cases.permissions import ANY_DEPARTMENT, Role

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
USERNAME_WORDS = "A user name has small letters, digits, dots and dashes only, such as a.mensah"
LONGEST_NAME = 100
#: roles that a person has; the others are for machines
ROLES = tuple(role for role in Role if role is not Role.INTEGRATION)
#: a role and where it holds, ``*`` for everywhere
Grant = tuple[str, str]


def check_username(username: str) -> None:
    """Raise ``Invalid`` for what cannot be a user name."""
    if not USERNAME.fullmatch(username):
        raise Invalid(USERNAME_WORDS, field="username")


def check_grant(role: str, department: str, *, departments: Collection[str]) -> None:
    """Raise ``Invalid`` for a role that no person has, or a department that there is not."""
    if role not in ROLES:
        raise Invalid(f"There is no role {role!r}; one of {', '.join(ROLES)}.", field="roles")
    if department != ANY_DEPARTMENT and department not in departments:
        raise Invalid(f"There is no department {department!r}; one of {', '.join(departments)}.", field="roles")


def name_of(text: str) -> str:
    """Return a name as it is stored; raises ``Invalid`` for none."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"Write the person's name, in at most {LONGEST_NAME} characters.", field="name")
    return name


def written(grants: Iterable[Grant]) -> list[str]:
    """Return roles as files and the trace have them: ``agent@waste``, ``administrator@*``."""
    return [f"{role}@{department}" for role, department in sorted(grants)]
