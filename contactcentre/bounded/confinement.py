"""What a reading process may not do: no network, no other program, no file but its own. For Linux; elsewhere it has its
limits of time and memory alone.

Sources: the kernel's documentation of seccomp filters and of Landlock.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 13, 0x80000000  # 13: EACCES
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: socket, connect, execve, execveat, ptrace, process_vm_readv, process_vm_writev, and io_uring_setup: it opens sockets
_REFUSED = {
    "x86_64": (41, 42, 59, 322, 101, 310, 311, 425),
    "aarch64": (198, 203, 221, 281, 117, 270, 271, 425),
}
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE_FILE, _READ_FILE, _READ_FOLDER, _REMOVE_FILE, _MAKE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_READ = _READ_FILE | _READ_FOLDER
_WRITE = _READ | _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
#: what Landlock's first version can refuse
_FIRST = (1 << 13) - 1


def limit(*, seconds: int, megabytes: int, largest_file: int) -> None:
    """Bound processor time, memory, the size of each file written (bytes), and open files."""
    size = megabytes * 1024 * 1024
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_DATA, size),
        (resource.RLIMIT_FSIZE, largest_file),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def confine(*, readable: Iterable[Path], writable: Path) -> list[str]:
    """Take away what is not needed; returns what this system could not take away, in words."""
    libc = ctypes.CDLL(None, use_errno=True)
    if platform.system() != "Linux" or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return ["files", "network"]
    missing = [] if _only_these(libc, readable, writable) else ["files"]
    return missing if _no_sockets(libc) else [*missing, "network"]


def _only_these(libc: ctypes.CDLL, readable: Iterable[Path], writable: Path) -> bool:
    abi = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    handled = _FIRST | (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0)
    rules = libc.syscall(_CREATE_RULESET, struct.pack("=Q", handled), 8, 0)
    if rules < 0:
        return False
    for path, allowed in [*((one, _READ) for one in readable), (writable, _WRITE)]:
        _add(libc, rules, path, allowed & handled)
    done = libc.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)
    return bool(done == 0)


def _add(libc: ctypes.CDLL, rules: int, path: Path, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = allowed if path.is_dir() else allowed & (_READ_FILE | _WRITE_FILE | _TRUNCATE)
        libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


def _no_sockets(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    refused = _REFUSED.get(machine)
    if refused is None:
        return False
    # Which architecture, then which call: another architecture's numbers mean other calls.
    program = [(_LOAD, 0, 0, 4), (_EQUALS, 1, 0, _AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for number, call in enumerate(refused):
        program.append((_EQUALS, len(refused) - number, 0, call))
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(code, len(code))
    whole = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(held)), 16)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(whole), 0, 0) == 0)
