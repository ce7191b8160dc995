"""Recordings that are sent: what a telephone plays is kept, written anew; everything else is refused in words."""

from __future__ import annotations

import io
import re
import struct
import wave

import pytest

from cases.errors import Invalid
from channels.dialogue import spoken
from contactcentre import hold_music, sounds
from tests.unit.hostile_files import png
from tests.unit.recordings import frame, mp3, wav


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(8_000, 1, 1), (8_000, 1, 2), (16_000, 1, 2), (44_100, 2, 2), (16_000, 2, 1)]
)
def test_wav_of_every_kind_that_is_allowed_is_kept(rate: int, channels: int, width: int) -> None:
    sound = sounds.read(wav(3, rate=rate, channels=channels, width=width))
    assert (sound.media_type, sound.seconds) == (sounds.WAV, 3)
    with wave.open(io.BytesIO(sound.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate, channels, width)
        assert file.getnframes() == 3 * rate


@pytest.mark.parametrize("version", [3, 2, 0])
def test_mp3_is_measured_by_its_frames(version: int) -> None:
    made = mp3(4, version=version)
    sound = sounds.read(made)
    assert (sound.content, sound.media_type, sound.seconds) == (made, sounds.MP3, 4)


def test_tags_and_what_else_stands_in_a_file_are_left_out() -> None:
    bare = mp3(2)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + b"<script>alert(1)</script>".ljust(128)
    old = b"TAG" + b"Kofi Mensah".ljust(125)
    assert sounds.read(tag + bare + old).content == bare
    assert sounds.read(bare + bytes(500)).content == bare
    plain = wav(1)
    note = b"LIST" + struct.pack("<I", 24) + b"<script>alert(1)</script"
    whole = plain + note
    with_note = whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]
    assert sounds.read(with_note).content == plain


def header(plain: bytes, at: int, kind: str, value: int) -> bytes:
    """Return a WAV file of which one number of the header says something else."""
    return plain[:at] + struct.pack(kind, value) + plain[at + struct.calcsize(kind) :]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"hello, this is a text", "This is no recording that a telephone plays. Send WAV (PCM) or MP3."),
        (png(4, 4), "This is no recording"),
        (b"<html><script>alert(1)</script></html>", "This is no recording"),
        (b"OggS" + bytes(400), "This is no recording"),
        (b"RIFF" + bytes(4) + b"WAVE", "cannot be read. Save it as PCM"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff", "cannot be read. Save it as PCM"),
        (header(wav(1), 20, "<H", 7), "cannot be read. Save it as PCM"),
        (header(wav(1), 24, "<I", 0), "This WAV file has 0 kHz"),
        (header(wav(1), 22, "<H", 6), "6 channels"),
        (header(wav(1), 40, "<I", 2**31), "cut off or damaged"),
        (wav(1, rate=11_025), "has 11.025 kHz, 1 channels and 16 bits; allowed: 8, 16, 44.1 kHz"),
        (wav(1, width=3), "24 bits; allowed"),
        (wav(0), "cut off or damaged"),
        (wav(0.1), "too short for anything to be heard"),
        (wav(121), "takes 121 seconds; at most 120"),
        (mp3(130), "takes 130 seconds; at most 120"),
        (mp3(2)[:-3], "cut off or damaged"),
        (mp3(2) + b"<script>alert(1)</script>", "cut off or damaged"),
        (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + mp3(1), "cut off or damaged"),
        (b"ID3", "cut off or damaged"),
        (frame() + b"\xff\xfb\x00\x00" * 100, "cut off or damaged"),
        (bytes(sounds.LARGEST + 1), "larger than 10 MB"),
    ],
)
def test_what_no_telephone_plays_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=re.escape(words)) as refused:
        sounds.read(content)
    assert refused.value.field == "file"


def test_music_is_no_longer_than_who_waits_may_be_kept_from_an_agent() -> None:
    assert sounds.read(wav(12), longest=sounds.LONGEST_MUSIC).seconds == 12 == spoken.WAIT_SECONDS
    with pytest.raises(Invalid, match="takes 13 seconds; at most 12"):
        sounds.read(wav(13), longest=sounds.LONGEST_MUSIC)


def test_what_is_made_here_can_be_played() -> None:
    music, pause = sounds.read(hold_music.music()), sounds.read(hold_music.pause())
    assert (music.seconds, music.content) == (spoken.MUSIC_SECONDS, hold_music.music())
    assert pause.content == hold_music.pause()
    samples = struct.unpack(f"<{(len(music.content) - 44) // 2}h", music.content[44:])
    assert 2_000 < max(samples) < 8_000, "soft, and to be heard"
    assert samples[0] == samples[-1] == 0
