"""What callers hear while they wait where nobody has sent music: a few soft tones, made here; and a pause."""

from __future__ import annotations

import array
import math
import sys
from functools import cache

from contactcentre import sounds

RATE = 8_000
#: the tones of one round in hertz, each with its octave very softly above; a pentatonic scale sounds well in any order
_TONES = (330, 392, 440, 392)
_TONE, _REST, PAUSE = 0.9, 0.1, 0.4
_LOUDEST = 5_000
_ATTACK = 0.08


@cache
def music() -> bytes:
    """Return soft tones as WAV, as long as a page of waiting has room for."""
    samples = array.array("h")
    for pitch in _TONES:
        samples.extend(_tone(pitch, number) for number in range(int(_TONE * RATE)))
        samples.extend([0] * int(_REST * RATE))
    return sounds.wav(_little(samples), rate=RATE)


@cache
def pause() -> bytes:
    """Return the silence between two groups of digits as WAV."""
    return sounds.wav(bytes(2 * int(PAUSE * RATE)), rate=RATE)


def _tone(pitch: int, number: int) -> int:
    """Return one sample: it swells quickly and fades like a bell."""
    at = number / RATE
    loud = min(at / _ATTACK, 1.0) * (1 - at / _TONE) ** 2
    turn = 2 * math.pi * pitch * at
    return round(_LOUDEST * loud * (math.sin(turn) + math.sin(2 * turn) / 6))


def _little(samples: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
