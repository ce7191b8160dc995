"""Recordings of texts: what may be sent to be one, read to its last byte and written anew without anything beside it.

Sources: the RIFF WAVE format with linear PCM; ISO/IEC 11172-3 and 13818-3 for the frames of MPEG audio, layer III.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

from cases.errors import Invalid
from contactcentre.inspection.kinds import kind_of

#: bytes, and seconds, that one may have; while music is played nobody who waits is put through
LARGEST, LONGEST, LONGEST_MUSIC = 10 * 1024 * 1024, 120, 12
SHORTEST = 0.2
WAV, MP3 = "audio/wav", "audio/mpeg"
ENDINGS = {WAV: "wav", MP3: "mp3"}
#: samples a second that every gateway plays
RATES = (8_000, 16_000, 44_100)
_FIELD = "file"
_CUT = "The recording is cut off or damaged. Save it again, as WAV or MP3."
#: kilobits a second and samples a second by the bits of a header: MPEG-1, and its halves and quarters
_BITRATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLING = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_TAG, _OLD_TAG = 10, 128


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that can be played: its bytes as they are kept, and how long it is, in whole seconds from 1 on."""

    content: bytes
    media_type: str
    seconds: int


def read(content: bytes, *, longest: int = LONGEST) -> Sound:
    """Read what somebody sent as a recording; raises ``Invalid`` saying what is wrong with it and what to do."""
    if not content:
        raise Invalid("The file is empty. Choose a recording, as WAV or MP3.", field=_FIELD)
    if len(content) > LARGEST:
        raise Invalid(f"The recording is larger than {LARGEST // 1024 // 1024} MB. Make it shorter.", field=_FIELD)
    kind = kind_of(content[: 64 * 1024])
    if kind == WAV:
        kept, seconds = _wav(content)
    elif kind == MP3:
        kept, seconds = _mp3(content)
    else:
        raise Invalid("This is no recording that a telephone plays. Send WAV (PCM) or MP3.", field=_FIELD)
    if seconds > longest:
        raise Invalid(f"The recording takes {seconds:.0f} seconds; at most {longest}. Say less.", field=_FIELD)
    if seconds < SHORTEST:
        raise Invalid("The recording is too short for anything to be heard. Record it again.", field=_FIELD)
    return Sound(kept, kind, max(1, round(seconds)))


def wav(samples: bytes, *, rate: int, channels: int = 1, width: int = 2) -> bytes:
    """Return samples as a WAV file that holds nothing else."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return made.getvalue()


def _wav(content: bytes) -> tuple[bytes, float]:
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate, frames = file.getparams()[:4]
            samples = file.readframes(frames)
    except (wave.Error, EOFError, ValueError, OverflowError):
        raise Invalid("This WAV file cannot be read. Save it as PCM with 8 or 16 bits.", field=_FIELD) from None
    if rate not in RATES or channels not in (1, 2) or width not in (1, 2):
        allowed = ", ".join(f"{one / 1000:g}" for one in RATES)
        said = f"This WAV file has {rate / 1000:g} kHz, {channels} channels and {8 * width} bits"
        raise Invalid(f"{said}; allowed: {allowed} kHz, one or two channels, 8 or 16 bits.", field=_FIELD)
    if not samples or len(samples) != frames * channels * width:
        raise Invalid(_CUT, field=_FIELD)
    return wav(samples, rate=rate, channels=channels, width=width), frames / rate


def _mp3(content: bytes) -> tuple[bytes, float]:
    begin = at = _after_tag(content)
    seconds = 0.0
    while at + 4 <= len(content):
        frame = _frame(content[at : at + 4])
        if frame is None:
            break
        size, lasts = frame
        at += size
        seconds += lasts
    rest = content[at:] if at <= len(content) else b"x"
    if at == begin or rest.strip(b"\x00") and not _is_old_tag(rest):
        raise Invalid(_CUT, field=_FIELD)
    return content[begin:at], seconds


def _after_tag(content: bytes) -> int:
    """Return where the first frame begins: a tag before it says its size in four times seven bits."""
    if not content.startswith(b"ID3") or len(content) < _TAG:
        return 0
    size = 0
    for one in content[6:10]:
        size = size << 7 | one & 0x7F
    return _TAG + size


def _frame(header: bytes) -> tuple[int, float] | None:
    """Return a frame's length in bytes and in seconds, or None where none begins."""
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bitrate, sampling, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    synchronised = header[0] == 0xFF and header[1] & 0xE0 == 0xE0
    if not synchronised or version == 1 or layer != 1 or bitrate in (0, 15) or sampling == 3:
        return None
    kilobits, rate = _BITRATES[3 if version == 3 else 2][bitrate], _SAMPLING[version][sampling]
    samples = 1152 if version == 3 else 576
    return samples // 8 * kilobits * 1000 // rate + padding, samples / rate


def _is_old_tag(rest: bytes) -> bool:
    return rest.startswith(b"TAG") and len(rest) == _OLD_TAG
