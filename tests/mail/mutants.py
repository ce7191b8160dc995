"""Mail that somebody broke on purpose: the same seeds give the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_BITS = (b"\0", b"\xff", b"\r", b"\n", b"\n\n", b"=?", b"?=", b"--", b'"', b"<", b">", b";", b":", b"(", b"\t", b"%00")


def mutants(letters: Sequence[bytes], count: int, seed: int = 1) -> Iterator[bytes]:
    """Give so many broken mails: cut, doubled, mixed, and with bytes that hurt parsers."""
    chance = random.Random(seed)
    for number in range(count):
        made = bytearray(letters[number % len(letters)])
        for _ in range(chance.randint(1, 8)):
            _break(made, letters, chance)
        yield bytes(made)


def _break(made: bytearray, letters: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(made) + 1)
    way = chance.randrange(6)
    if way == 0:
        made[at : at + chance.randint(1, 40)] = b""
    elif way == 1:
        made[at:at] = chance.choice(_BITS) * chance.randint(1, 5)
    elif way == 2 and made:
        made[min(at, len(made) - 1)] = chance.randrange(256)
    elif way == 3:
        other = chance.choice(letters)
        start = chance.randrange(len(other) + 1)
        made[at:at] = other[start : start + chance.randint(1, 400)]
    elif way == 4:
        end = min(len(made), at + chance.randint(1, 200))
        made[at:at] = made[at:end]
    else:
        del made[chance.randrange(len(made) + 1) :]
        made += b"\n"
