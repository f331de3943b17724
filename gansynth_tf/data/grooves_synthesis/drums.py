"""Drum one-shots: each function returns float32 [samples] that starts with its attack and peaks at one.

Every function takes `sample_rate` in hertz and a generator for its noise, then the timbre. Frequencies
above what the sample rate can hold are lowered to 0.45 of it, so that any rate works.
"""

import numpy as np
from scipy import signal

# Ratios of the six square oscillators of an analogue cymbal: inharmonic, so that no pitch is heard.
METAL_RATIOS = (1.0, 1.342, 1.5, 1.81, 2.03, 2.69)


def seconds(duration_seconds, sample_rate):
    """Returns the times [samples] of a sound of that duration, in seconds."""
    return np.arange(int(duration_seconds * sample_rate)) / sample_rate


def peak_normalized(audio):
    """Returns `audio` [samples] as float32 with its largest magnitude at one."""
    return (audio / max(np.max(np.abs(audio)), 1e-9)).astype(np.float32)


def filtered_noise(num_samples, sample_rate, rng, low_hz, high_hz):
    """Returns white noise [num_samples] through a band pass of second order."""
    ceiling_hz = 0.45 * sample_rate
    low_hz = min(low_hz, 0.7 * ceiling_hz)
    high_hz = min(max(high_hz, 1.2 * low_hz), ceiling_hz)
    sections = signal.butter(2, [low_hz, high_hz], "bandpass", fs=sample_rate, output="sos")
    return signal.sosfilt(sections, rng.standard_normal(num_samples))


def kick(sample_rate, rng, *, pitch_hz, sweep, decay_seconds, click, drive):
    """Returns a bass drum: a sine that falls from `(1 + sweep) * pitch_hz`, a click, soft clipping."""
    times = seconds(4.0 * decay_seconds, sample_rate)
    frequency_hz = pitch_hz * (1.0 + sweep * np.exp(-times / 0.018))
    body = np.sin(2.0 * np.pi * np.cumsum(frequency_hz) / sample_rate) * np.exp(-times / decay_seconds)
    body = np.tanh(drive * body) / np.tanh(drive)
    noise = filtered_noise(len(times), sample_rate, rng, 1000.0, 6000.0) * np.exp(-times / 0.004)
    return peak_normalized(body + click * noise)


def snare(sample_rate, rng, *, pitch_hz, tone, decay_seconds, low_hz, high_hz):
    """Returns a snare drum: two drum-head modes of weight `tone` and band-passed noise."""
    times = seconds(5.0 * decay_seconds, sample_rate)
    head = np.sin(2.0 * np.pi * pitch_hz * times) + 0.6 * np.sin(2.0 * np.pi * 1.59 * pitch_hz * times)
    noise = filtered_noise(len(times), sample_rate, rng, low_hz, high_hz)
    noise = noise / np.std(noise) * np.exp(-times / decay_seconds)
    return peak_normalized(tone * head * np.exp(-times / (0.45 * decay_seconds)) + 0.5 * noise)


def clap(sample_rate, rng, *, center_hz, decay_seconds):
    """Returns a hand clap: bursts of noise 11 ms apart, then a tail."""
    times = seconds(0.03 + 4.0 * decay_seconds, sample_rate)
    envelope = sum(np.where(times >= start, np.exp(-(times - start) / 0.005), 0.0) for start in (0.0, 0.011))
    envelope += np.where(times >= 0.022, np.exp(-(times - 0.022) / decay_seconds), 0.0)
    return peak_normalized(
        envelope * filtered_noise(len(times), sample_rate, rng, 0.6 * center_hz, 1.9 * center_hz)
    )


def rim(sample_rate, rng, *, pitch_hz, decay_seconds):
    """Returns a rim click: two short wooden modes."""
    times = seconds(8.0 * decay_seconds, sample_rate)
    modes = np.sin(2.0 * np.pi * pitch_hz * times) + 0.7 * np.sin(2.0 * np.pi * 2.71 * pitch_hz * times)
    noise = filtered_noise(len(times), sample_rate, rng, 1500.0, 7000.0) * np.exp(-times / 0.003)
    return peak_normalized(modes * np.exp(-times / decay_seconds) + 0.6 * noise)


def cymbal(sample_rate, rng, *, low_hz, pitch_hz, decay_seconds, metal, ping):
    """Returns a hi-hat, ride or crash: square oscillators and noise above `low_hz`, and a stick's ping.

    `metal` in [0, 1] is the part of the oscillators, the rest is noise; `ping` adds a short attack.
    """
    times = seconds(4.5 * decay_seconds, sample_rate)
    oscillators = sum(np.sign(np.sin(2.0 * np.pi * ratio * pitch_hz * times)) for ratio in METAL_RATIOS)
    source = metal * oscillators / 2.4 + (1.0 - metal) * rng.standard_normal(len(times))
    low_hz = min(low_hz, 0.36 * sample_rate)
    source = signal.sosfilt(signal.butter(2, low_hz, "highpass", fs=sample_rate, output="sos"), source)
    return peak_normalized(source * (np.exp(-times / decay_seconds) + ping * np.exp(-times / 0.02)))


def tom(sample_rate, rng, *, pitch_hz, decay_seconds):
    """Returns a tom: a softer, higher bass drum."""
    return kick(
        sample_rate, rng, pitch_hz=pitch_hz, sweep=0.7, decay_seconds=decay_seconds, click=0.15, drive=1.2
    )


def shaker(sample_rate, rng, *, low_hz, decay_seconds):
    """Returns a shaker: high noise that swells for 15 ms."""
    times = seconds(0.015 + 4.0 * decay_seconds, sample_rate)
    envelope = np.minimum(times / 0.015, 1.0) * np.exp(-np.maximum(times - 0.015, 0.0) / decay_seconds)
    return peak_normalized(envelope * filtered_noise(len(times), sample_rate, rng, low_hz, 2.5 * low_hz))


def in_room(shot, sample_rate, rng, *, wet, decay_seconds):
    """Returns a one-shot [samples] with a diffuse reverberation of that level and decay behind it."""
    times = seconds(3.0 * decay_seconds, sample_rate)
    response = rng.standard_normal(len(times)) * np.exp(-times / decay_seconds)
    response /= np.sqrt(np.sum(response**2))
    tail = signal.fftconvolve(shot, response)
    tail[: len(shot)] += shot / max(wet, 1e-3)
    return peak_normalized(tail)
