"""A clip: what is drawn for it (`Plan`), and how it is played (`played`)."""

import dataclasses

import numpy as np

from gansynth_tf.data.notes_synthesis import held, ringing
from gansynth_tf.data.notes_synthesis.timbres import HOME_HZ, Held, midi_to_hz

VELOCITIES = (25, 50, 75, 100, 127)
SOFTEST_OCTAVES = np.log2(VELOCITIES[-1] / VELOCITIES[0])
# The key is let go before three quarters of a clip, so that a short clip has its release too.
HELD_PART = 0.75
# Time constants of the release fit this often into what is left after the key.
RELEASES_LEFT = 9.0
FADE_SECONDS = 0.01
LATEST_ONSET_PART = 0.02


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything of a clip that is one number; phases and fluctuations are drawn when it is played.

    Args:
        family: Name of the family.
        instrument: Number of the instrument in its family.
        pitch: MIDI number.
        velocity: One of `VELOCITIES`.
        onset_seconds: When the note begins, if the clip is not much shorter than a second.
        peak_db: Peak of the clip, decibels of full scale, the velocity included.
        floor_db: Root mean square of the noise floor, decibels of full scale.
    """

    family: str
    instrument: int
    pitch: int
    velocity: int
    onset_seconds: float
    peak_db: float
    floor_db: float


def gain(decibels):
    """Returns the factor of a level in decibels."""
    return 10.0 ** (decibels / 20.0)


def softness(velocity):
    """Returns 0 for the hardest velocity to 1 for the softest."""
    return float(np.log2(VELOCITIES[-1] / velocity) / SOFTEST_OCTAVES)


def draw_plan(family, number, instrument, pitch, velocity, rng):
    """Returns the `Plan` of a clip of those labels."""
    peak_db = rng.uniform(-7.0, -1.0) - instrument.dynamic_db * softness(velocity)
    return Plan(
        family=family,
        instrument=number,
        pitch=pitch,
        velocity=velocity,
        onset_seconds=rng.uniform(0.001, 0.012),
        peak_db=float(peak_db),
        floor_db=rng.uniform(-82.0, -68.0),
    )


def key_seconds(note_seconds, clip_seconds):
    """Returns how long the key is held in a clip of that length."""
    return min(note_seconds, HELD_PART * clip_seconds)


def _noise_envelope(noise, num, tone_envelope, sample_rate):
    """Returns float32 [num]: the level of a `Noise` over time."""
    if noise.decay_seconds == 0.0:
        return tone_envelope[:num]
    times = np.arange(num, dtype=np.float32) * np.float32(1.0 / sample_rate)
    envelope = np.exp(times * np.float32(-1.0 / noise.decay_seconds))
    return envelope * (1.0 - np.exp(times * np.float32(-1.0 / noise.attack_seconds)))


def add_noises(audio, instrument, plan, key_samples, tone_envelope, studio, rng):
    """Adds what sounds besides the tone to `audio` [samples], the tone's peak being one."""
    above = np.log2(midi_to_hz(plan.pitch) / HOME_HZ)
    for noise in instrument.noises:
        center_hz = float(np.clip(noise.center_hz * 2.0 ** (noise.tracking * above), 40.0, studio.highest_hz))
        start = key_samples if noise.at_release else 0
        num = len(audio) - start
        if noise.decay_seconds > 0.0:
            num = min(num, int(8.0 * (noise.decay_seconds + noise.attack_seconds) * studio.sample_rate) + 1)
        sound = studio.noise(center_hz, noise.octaves, num, rng)
        sound *= _noise_envelope(noise, num, tone_envelope, studio.sample_rate)
        audio[start : start + num] += np.float32(gain(noise.level_db)) * sound


def played(plan, instrument, note_seconds, studio, rng):
    """Returns the clip of a plan.

    Args:
        plan: A `Plan`.
        instrument: Its `Instrument`.
        note_seconds: How long the key is held, if the clip is long enough.
        studio: The `Studio` of its sample rate and length.
        rng: Draws phases and fluctuations.

    Returns:
        float32 [num_samples] with its peak at `plan.peak_db`.
    """
    num_samples, sample_rate = studio.num_samples, studio.sample_rate
    clip_seconds = num_samples / sample_rate
    key_samples = int(key_seconds(note_seconds, clip_seconds) * sample_rate)
    f0_hz = midi_to_hz(plan.pitch)
    darkening_db = instrument.brightness_db * softness(plan.velocity)
    if isinstance(instrument.tone, Held):
        audio = held.tone(instrument, f0_hz, darkening_db, studio, min(1.0, clip_seconds / 3.0), rng)
        envelope = held.level_envelope(instrument, studio)
    else:
        audio = ringing.tone(instrument, f0_hz, darkening_db, studio, rng)
        envelope = np.ones(num_samples, np.float32)
    left = clip_seconds - key_samples / sample_rate
    release_seconds = min(instrument.release_seconds * min(left, 1.0), left / RELEASES_LEFT)
    envelope[key_samples:] *= np.exp(
        studio.times[: num_samples - key_samples] * np.float32(-1.0 / release_seconds)
    )
    audio *= envelope
    audio *= np.float32(1.0 / max(float(np.max(np.abs(audio))), 1e-9))
    add_noises(audio, instrument, plan, key_samples, envelope, studio, rng)
    clip = np.zeros(num_samples, np.float32)
    onset_seconds = min(plan.onset_seconds, LATEST_ONSET_PART * clip_seconds)
    for delay_seconds, amplitude in ((0.0, 1.0), *instrument.reflections):
        start = min(int((onset_seconds + delay_seconds) * sample_rate), num_samples)
        clip[start:] += np.float32(amplitude) * audio[: num_samples - start]
    num_fade = min(int(FADE_SECONDS * sample_rate) + 1, num_samples)
    clip[num_samples - num_fade :] *= np.linspace(1.0, 0.0, num_fade, dtype=np.float32)
    peak = float(np.max(np.abs(clip)))
    clip *= np.float32(gain(plan.peak_db) / max(peak, 1e-9))
    clip += np.float32(gain(plan.floor_db)) * studio.noise(1000.0, 3.0, num_samples, rng)
    return np.clip(clip, -1.0, 1.0)
