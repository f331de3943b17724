"""Makes a folder of recordings that are broken in every way known to people's folders, and some that are sound.

    python scripts/make_broken_folder.py broken [--num_files=200] [--seed=0]

It holds broken/recordings, and broken/manifest.json that tells of each file what it is and whether a reader may use it:
yes, no, or either where that depends on the decoder or on who asks (root may read what nobody may). Everything is
synthesised; the same seed makes the same bytes, but for the number that libsndfile draws for every ogg.
"""

import argparse
import io
import json
import os
import struct
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

RATE = 16000
HOUR_SAMPLES = 8000 * 3600  # Of the files of three hours.
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
}
# Name of the file, as bytes; what it is; usable: yes, no or either; function that makes it at a path.
Case = tuple[bytes, str, str, Callable[[bytes], None]]


def tone(seconds, f0_hz=330.0, rate=RATE, level=0.5):
    """Returns a tone that fades, float32 [samples]."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.exp(-time) * np.sin(2 * np.pi * f0_hz * time)).astype(np.float32)


def encoded(audio, ending="wav", rate=RATE):
    """Returns the bytes of a sound file."""
    file = io.BytesIO()
    container, coding = FORMATS[ending]
    soundfile.write(file, audio, rate, format=container, subtype=coding)
    return file.getvalue()


def wav(data, *, tag=1, channels=1, rate=RATE, bits=16, data_size=None, magic=b"RIFF", before=b""):
    """Returns the bytes of a wav whose header says what it is told, true or not.

    Args:
        data: Bytes of the samples.
        tag: Format tag, 1 being PCM and 3 float.
        channels: As the header says.
        rate: As the header says.
        bits: As the header says.
        data_size: Bytes of samples, as the header says; None is the truth.
        magic: First four bytes.
        before: Chunks between header and samples.
    """
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", tag, channels, rate, rate * block % 2**32, block % 2**16, bits)
    size = len(data) if data_size is None else data_size
    body = b"WAVEfmt " + struct.pack("<I", 16) + header + before + b"data" + struct.pack("<I", size) + data
    return magic + struct.pack("<I", min(len(body), 2**32 - 1)) + body


def writes(content):
    """Returns a function that writes bytes at a path."""

    def write(path):
        with open(path, "wb") as file:
            file.write(content)

    return write


def cut_cases():
    """Files that end too early."""
    for ending in FORMATS:
        content = encoded(tone(1.0), ending)
        yield f"empty.{ending}".encode(), "zero length", "no", writes(b"")
        for num_bytes in (1, 4, 20, 40):
            name = f"header-{num_bytes}-bytes.{ending}".encode()
            yield name, f"{ending}, the first {num_bytes} bytes", "no", writes(content[:num_bytes])
        for share in (0.5, 0.9):
            usable = "no" if ending == "wav" else "either"
            name = f"cut-at-{share}.{ending}".encode()
            yield (
                name,
                f"{ending}, cut off at {share:.0%}",
                usable,
                writes(content[: int(share * len(content))]),
            )
    samples = (tone(1.0) * 32767).astype("<i2").tobytes()
    for num in (0, 1, 2, 100):
        yield f"{num}-samples.wav".encode(), f"{num} samples", "no", writes(wav(samples[: 2 * num]))


def header_cases():
    """Headers that say what cannot be."""
    samples = (tone(1.0) * 32767).astype("<i2").tobytes()
    for name, told in {
        "rate-0": {"rate": 0},
        "rate-1": {"rate": 1},
        "rate-4-billion": {"rate": 2**32 - 1},
        "channels-0": {"channels": 0},
        "channels-65535": {"channels": 65535},
        "bits-0": {"bits": 0},
        "bits-7": {"bits": 7},
        "bits-65": {"bits": 65},
        "unknown-tag": {"tag": 0x1234},
        "mp3-tag": {"tag": 0x55},
        "magic-RIFX": {"magic": b"RIFX"},
        "magic-zeros": {"magic": b"\0\0\0\0"},
        "magic-ID3": {"magic": b"ID3\4"},
        "says-too-much": {"data_size": 10 * len(samples)},
        "says-4-gigabytes": {"data_size": 2**32 - 2},
        "says-nothing": {"data_size": 0},
        "odd-size": {"data_size": len(samples) - 1},
        "chunk-of-4-gigabytes": {"before": b"junk" + struct.pack("<I", 2**32 - 1)},
        "5000-chunks": {"before": (b"junk" + struct.pack("<I", 0)) * 5000},
    }.items():
        yield f"{name}.wav".encode(), f"wav header: {name}", "either", writes(wav(samples, **told))
    yield b"no-format.wav", "wav without a fmt chunk", "no", writes(b"RIFF\4\0\0\0WAVEdata\4\0\0\0\1\0\2\0")
    yield b"no-data.wav", "wav without samples", "no", writes(wav(b"")[:36])


def content_cases(rng):
    """Files that are something else, or hold what no sound has."""
    others = {
        "text": b"this is no sound\n" * 50,
        "html": b"<!doctype html><title>404</title>",
        "picture": b"\x89PNG\r\n\x1a\n" + rng.bytes(500),
        "archive": b"PK\3\4" + rng.bytes(500),
        "noise": rng.bytes(5000),
        "zeros": bytes(5000),
    }
    for what, content in others.items():
        for ending in ("wav", "mp3", "flac"):
            yield (
                f"{what}.{ending}".encode(),
                f"{what} called {ending}",
                "either" if ending == "mp3" else "no",
                writes(content),
            )
    for inside, ending in (
        ("flac", "wav"),
        ("wav", "flac"),
        ("ogg", "mp3"),
        ("mp3", "wav"),
        ("aiff", "wav"),
        ("wav", "ogg"),
    ):
        name = f"{inside}-inside.{ending}".encode()
        yield name, f"{inside} called {ending}", "no", writes(encoded(tone(1.0), inside))
    for what, value in {"nan": np.nan, "inf": np.inf, "minus-inf": -np.inf}.items():
        for place in (0, 8000, 15999):
            audio = tone(1.0)
            audio[place] = value
            name = f"{what}-at-{place}.wav".encode()
            yield (
                name,
                f"float wav with {what}",
                "no",
                writes(wav(audio.astype("<f4").tobytes(), tag=3, bits=32)),
            )
    for level in (4.0, 1e10, 1e30):
        audio = tone(1.0, level=level)
        yield (
            f"peak-{level:g}.wav".encode(),
            f"float wav, peak {level:g}",
            "yes",
            writes(wav(audio.astype("<f4").tobytes(), tag=3, bits=32)),
        )
    yield b"silent.wav", "silence", "no", writes(encoded(np.zeros(RATE, np.float32)))
    yield (
        b"almost-silent.wav",
        "one step of 16 bits",
        "no",
        writes(encoded(np.full(RATE, 1 / 32768, np.float32))),
    )


def size_cases():
    """Files that are very long, very fast, or of many channels."""

    def three_hours(path):
        with open(path, "wb") as target:
            target.write(
                wav(
                    (tone(4.0, rate=8000) * 32767).astype("<i2").tobytes(),
                    rate=8000,
                    data_size=6 * HOUR_SAMPLES,
                )
            )
            target.truncate(44 + 6 * HOUR_SAMPLES)

    yield b"3-hours.wav", "3 hours, of which all but the start is silent; a sparse file", "yes", three_hours

    def three_hours_flac(path):
        with (
            open(path, "wb") as target,
            soundfile.SoundFile(target, "w", 8000, 1, format="FLAC", subtype="PCM_16") as file,
        ):
            file.write(tone(4.0, rate=8000))
            for _ in range(18):
                file.write(np.zeros(HOUR_SAMPLES // 6, np.float32))

    yield b"3-hours.flac", "3 hours, of which all but the start is silent", "yes", three_hours_flac
    for ending, rate, channels in (
        ("wav", 192000, 8),
        ("flac", 192000, 8),
        ("wav", 384000, 1),
        ("wav", 44100, 32),
    ):
        audio = np.repeat(tone(1.0, rate=rate)[:, np.newaxis], channels, axis=1)
        name = f"{rate}-hertz-{channels}-channels.{ending}".encode()
        yield name, f"{rate} Hz, {channels} channels", "yes", writes(encoded(audio, ending, rate))
    for rate in (4000, 8000, 11025, 22050, 48000, 96000):
        yield (
            f"{rate}-hertz.wav".encode(),
            f"{rate} Hz",
            "yes",
            writes(encoded(tone(1.0, rate=rate), rate=rate)),
        )


def name_cases():
    """Sound files with names that tables, terminals and file systems stumble over, and one broken file of each."""
    names = {
        "newline": "new\nline",
        "tab and carriage return": "tab\tand\rreturn",
        "escape sequence": "\x1b[31mred\x1b[0m",
        "composed": unicodedata.normalize("NFC", "café"),
        "decomposed": unicodedata.normalize("NFD", "naïve"),
        "emoji": "🎹🥁",
        "Chinese": "鋼琴",
        "right to left": "\u202eevaw",
        "leading dash": "--flagfile=x",
        "spaces": "  two  spaces  ",
        "quotes and commas": "a,\"b\",'c';d",
        "formula": "=1+1",
        "dollars": "$x_1$ and $y$",
        "percent and braces": "%s {0} %(x)s",
        "backslash": "back\\slash",
        "brackets": "*?[a-z]",
    }
    for what, stem in names.items():
        yield f"{stem}.wav".encode(), f"name: {what}", "yes", writes(encoded(tone(1.0, 200 + 7 * len(stem))))
        yield f"{stem} broken.wav".encode(), f"name: {what}, and zero length", "no", writes(b"")
    yield b"x" * 251 + b".wav", "name of 255 bytes", "yes", writes(encoded(tone(1.0, 500.0)))
    yield b"not-utf8-\xff\xfe.wav", "name that is no UTF-8", "yes", writes(encoded(tone(1.0, 510.0)))
    yield b"not-utf8-\xff-broken.wav", "name that is no UTF-8, and zero length", "no", writes(b"")
    yield b"UPPER.WAV", "ending in capitals", "yes", writes(encoded(tone(1.0, 520.0)))


def node_cases():
    """What is no plain file."""

    def link(target):
        return lambda path: os.symlink(target, path)

    def sealed(path):
        writes(encoded(tone(1.0, 600.0)))(path)
        os.chmod(path, 0)

    yield b"loop-a.wav", "link to a link to itself", "no", link(b"loop-b.wav")
    yield b"loop-b.wav", "link to a link to itself", "no", link(b"loop-a.wav")
    yield b"self.wav", "link to itself", "no", link(b"self.wav")
    yield b"nowhere.wav", "link to nothing", "no", link(b"does-not-exist.wav")
    yield (
        b"device.wav",
        "link to an endless device",
        "no",
        link(os.fsencode(os.path.join(os.sep, "dev", "zero"))),
    )
    yield b"pipe.wav", "pipe that nobody writes to", "no", os.mkfifo
    yield b"sealed.wav", "no permission to read", "either", sealed
    yield b"loop-folder", "link to the folder that holds it: a loop, and no file", "folder", link(b".")


def fuzz_cases(rng):
    """Yields sound files with random bytes changed, without end."""
    contents = {ending: encoded(tone(0.5), ending) for ending in FORMATS}
    number = 0
    while True:
        ending = list(FORMATS)[number % len(FORMATS)]
        content = np.frombuffer(contents[ending], np.uint8).copy()
        end = len(content) if number // len(FORMATS) % 2 else 64
        places = rng.integers(0, end, rng.integers(1, 20))
        content[places] = rng.integers(0, 256, len(places), np.uint8)
        what = f"{ending} with {len(places)} random bytes in its first {end}"
        yield f"random-{number:03d}.{ending}".encode(), what, "either", writes(content.tobytes())
        number += 1


def all_cases(num_files: int, seed: int) -> list[Case]:
    """Returns what to make: as many of every kind as there is room for, and random ones for the rest."""
    rng = np.random.default_rng(seed)
    kinds = [
        list(kind)
        for kind in (
            size_cases(),
            node_cases(),
            content_cases(rng),
            name_cases(),
            header_cases(),
            cut_cases(),
        )
    ]
    chosen: list[Case] = []
    for turn in range(max(map(len, kinds))):
        chosen += [kind[turn] for kind in kinds if turn < len(kind)]
    fuzz = fuzz_cases(rng)
    while len(chosen) < num_files:
        chosen.append(next(fuzz))
    return chosen[:num_files]


def make(folder: Path, num_files: int = 200, seed: int = 0) -> list[dict[str, str]]:
    """Makes the folder and returns its manifest.

    Args:
        folder: A new folder.
        num_files: Number of inputs.
        seed: Of random bytes.
    """
    recordings = folder / "recordings"
    manifest = []
    for number, (name, what, usable, write) in enumerate(all_cases(num_files, seed)):
        directory = recordings / ("odd" if number % 2 else "even")
        directory.mkdir(parents=True, exist_ok=True)
        write(os.path.join(os.fsencode(directory), name))
        told = unicodedata.normalize("NFC", f"{directory.name}/{os.fsdecode(name)}")
        manifest.append({"name": told, "what": what, "usable": usable})
    # JSON spells whatever a name holds in plain letters.
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def main():
    """Reads the command line and makes the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--num_files", type=int, default=200, help="number of inputs")
    parser.add_argument("--seed", type=int, default=0, help="of random bytes")
    arguments = parser.parse_args()
    if arguments.folder.exists():
        parser.error(f"{arguments.folder} exists. Name a new folder.")
    manifest = make(arguments.folder, arguments.num_files, arguments.seed)
    print(
        f"{len(manifest)} inputs are in {arguments.folder / 'recordings'}, told of in manifest.json beside it."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
