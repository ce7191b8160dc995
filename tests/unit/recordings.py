"""Recordings made here: WAV and MP3 of so many seconds, silent but well formed."""

from __future__ import annotations

import io
import wave

#: the second and third byte of a header by the version's bits: layer III, a low bitrate
_HEADERS = {3: (0xFB, 0x50), 2: (0xF3, 0x80), 0: (0xE3, 0x80)}
#: samples of a frame, samples a second, kilobits a second
_SHAPES = {3: (1152, 44_100, 64), 2: (576, 22_050, 64), 0: (576, 11_025, 64)}


def wav(seconds: float, *, rate: int = 8_000, channels: int = 1, width: int = 2, level: int = 0) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes([level]) * (int(seconds * rate) * channels * width))
    return made.getvalue()


def frame(version: int = 3) -> bytes:
    samples, rate, kilobits = _SHAPES[version]
    first, second = _HEADERS[version]
    return bytes([0xFF, first, second, 0x00]).ljust(samples // 8 * kilobits * 1000 // rate, b"\x55")


def mp3(seconds: float, *, version: int = 3) -> bytes:
    samples, rate, _ = _SHAPES[version]
    return frame(version) * round(seconds * rate / samples)
