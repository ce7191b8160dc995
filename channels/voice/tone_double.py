"""The sound of every recording at the doubles: a second of a steady tone, as real MP3 and WAV files."""

from __future__ import annotations

import base64
import io
import math
import wave
from functools import cache

from channels.webhook import WebhookReply

_RATE, _PITCH = 8000, 440
#: one second of 440 Hz at 8 kbit/s; there is no encoder of MP3 in Python's library
_MP3 = (
    "/+MYxAAMYJLNGUYAAvC5JJALu7u73+IiIjP3u73/57JgMBgMnbigIawfP5QMSnh/gR2gP8CO0B/gR3P9Hv6FgAGGEAAAAMi8/+MYxAkO4PLE"
    "+ZMoAE0Y/5dJkyIt/iziGgD4C5qgAfokJmB2iRMIgUOmMb/8RDodMHg8Cv+EgaEoSBr/xKdBpf///////////+MYxAgOeKZUAd4AAP////jS"
    "CIwBwAkKgqAUYFoMRhBg3GEWKkYidUhjmCfGHCC8YIIIQGAvC4AYGAZLutM69wACGVNbfk1z/+MYxAkOGKJ6eA9MZvL/hrSl/mdKlLPGDAdm"
    "zMxmbQUgoIlYZOBgxE7ym7Oet3/tyH2V6///u9ev/btz1duAAhVTXb5fXtf5/+MYxAsNuKZ+eA8SZlepdonHRQMLiE8RozaIVCBAmu1wEBWg"
    "X/sq1/Rt/r1/Rkv/v/l9O3Z/XqpQd4EACGZfv/l8Xn/3qNFY/+MYxA8MQJ6PGAv4YlFCmkokCnEFQwp3BErt3r7vb6vo/9ev6dH/3/1fJ7/6"
    "9WnXAAe2a6/Jefl/zrSmGnKXSXGMPCM+fsTe/+MYxBkNkKJ6WA8MZsFQ4XKtecWKNO9G3b91X+3T9m6r/J/53+v/bt3a6naAAAhmXXb9eXv/"
    "lel6J8VwwCGzb11M4g8vQy9//+MYxB0MUJqLGAv4YiMU4J+rZs9bv/JbPu3f//3//+376neBAAhmX7/5/fn/3zKllL7LJEYiMlbYw+FloxKu"
    "OMO72+v6Nv+7/+MYxCYMkJ6PGA8EZvpyG3/d/R9mz+t9WirXgAJVl22+fz8v+dyrTRp+V7A4OnQz+HVEmCTUIuDlFs91er5L/7q/9m3/d/T9"
    "/+MYxC4MoJ6GeA8MZpt/rf6ahoEACGZd/vm/L3/wXpuRTjkBodNKYUyOEUwHLjFJbwP+z1/Rs/3V/RkdO3/+r//769GHgQAJ/+MYxDYMeJ6P"
    "GAv4YmZfv/2+/P/utnqtP4T0Kh40NkDH4SVLDVXtnI77atX0f/d/Tkdn//r+zZ9+/0pmgAAJZl12+Xw+B/5y/+MYxD8MaJ6PGAv4YksJmSpD"
    "xIOHRSYLVQiCa/H7ldS6zrO+V+S2/7qv9P/3/0/Rt/31aP///rIcGqBPAYLAwBgjAwIgQAwK/+MYxEgNAJ6HGAv4YgGQNS3EQMipVwMYYZQM"
    "J4NwWAmG7AwDgBC0cUdqBAQQQQYf+QQjyJjn/1DUFKCFBK4zwGcxEGYZUDdz/+MYxE8MIKZgAVYAAEaIbeAkaAxIAYV//gOsOwOwSwdowf//"
    "jvJIeBMLpLnUv//8uHETdaRoQP//WBA4DoEDh//+VAgcDwEA/+MYxFkYSaaw8ZRoAISP///gRB8CVXSnJQAP/9V+r8Zi2ZtVEmqrGahTqqpc"
    "DLwK+KdFFcO8KOBXxRXBnhT4v+K4d8I7v+KV/+MYxDIMULrFGcMYA0xBTUU0LjBVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV"
    "VVVVVVVVVVVVVVVVVVVVVVVV"
)


def reply(path: str) -> WebhookReply:
    """Return the file that a path asks for, by its ending."""
    if path.endswith(".wav"):
        return WebhookReply(200, wav(), "audio/x-wav")
    return WebhookReply(200, mp3(), "audio/mpeg")


@cache
def mp3() -> bytes:
    """Return the tone as MPEG layer III."""
    return base64.b64decode(_MP3)


@cache
def wav() -> bytes:
    """Return the tone as a WAV file of 8 bits, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(_RATE)
        sound.writeframes(bytes(128 + round(90 * math.sin(2 * math.pi * _PITCH * n / _RATE)) for n in range(_RATE)))
    return file.getvalue()
