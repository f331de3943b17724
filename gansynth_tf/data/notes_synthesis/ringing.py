"""The engine of struck and plucked notes: a sum of decaying sinusoids as one matrix product."""

import numpy as np

from gansynth_tf.data.notes_synthesis.timbres import HOME_HZ, body_db

# A mode is exp(z t); with t = block start + place in the block it is a product, so that the sum over the modes is a
# matrix product of [blocks, modes] and [modes, places]: thousands of times fewer exponentials than samples times modes.
BLOCK = 256
# As many partials of a string at most: what lies above is soft and soon over.
MAX_PARTIALS = 96
DECIBEL = np.log(10.0) / 20.0


def modes_of(instrument, f0_hz, darkening_db, highest_hz, rng):
    """Returns the modes of a note, those below `highest_hz`.

    Args:
        instrument: An `Instrument` with a `Ringing` tone.
        f0_hz: Frequency of the first mode.
        darkening_db: Loss in dB an octave above the first mode, from the velocity.
        highest_hz: No mode lies above.
        rng: Draws phases and the small differences between one stroke and the next.

    Returns:
        Frequencies in hertz, amplitudes, time constants in seconds and phases in turns, each float [modes].
    """
    tone = instrument.tone
    above = np.log2(f0_hz / HOME_HZ)
    if tone.ratios:
        ratios = np.array(tone.ratios)
        levels_db = np.array(tone.levels_db)
    else:
        numbers = np.arange(1, MAX_PARTIALS + 1)
        stiffness = tone.inharmonicity * min(2.0**above, 4.0)
        ratios = numbers * np.sqrt((1.0 + stiffness * numbers**2) / (1.0 + stiffness))
        levels_db = -20.0 * tone.slope * np.log10(numbers)
        if tone.pluck > 0.0:
            # A plectrum is not a point: no partial is missing altogether.
            levels_db = levels_db + 20.0 * np.log10(0.04 + np.abs(np.sin(np.pi * numbers * tone.pluck)))
    decays = (
        tone.decay_seconds * 2.0 ** (-tone.decay_tracking * above) / (1.0 + tone.damping * (ratios - 1.0))
    )
    if tone.bell:
        bell = np.array(tone.bell)
        ratios = np.append(ratios, bell[:, 0])
        levels_db = np.append(levels_db, bell[:, 1])
        decays = np.append(decays, bell[:, 2] * 2.0 ** (-tone.decay_tracking * above))
    kept = ratios * f0_hz < highest_hz
    ratios, levels_db, decays = ratios[kept], levels_db[kept], decays[kept]
    hertz = ratios * f0_hz
    cutoff_hz = tone.cutoff_hz * 2.0 ** (tone.cutoff_tracking * above)
    levels_db = levels_db - 20.0 * np.log10(1.0 + (hertz / cutoff_hz) ** 2)
    levels_db = levels_db - darkening_db * np.log2(np.maximum(ratios, 1.0))
    levels_db = levels_db + body_db(instrument, np.log2(hertz)) + rng.normal(0.0, 0.7, len(hertz))
    amplitudes = np.exp(DECIBEL * levels_db)
    phases = rng.random(len(hertz))
    if tone.early == 0.0 and tone.beating_cents == 0.0:
        return hertz, amplitudes, decays, phases
    early = tone.early or 0.3
    half = 2.0 ** (tone.beating_cents / 2400.0)
    # The same phase for both parts, or they would cancel at the onset.
    return (
        np.concatenate([hertz / half, hertz * half]),
        np.concatenate([amplitudes * (1.0 - early), amplitudes * early]),
        np.concatenate([decays, decays / (tone.early_speed if tone.early else 1.0)]),
        np.concatenate([phases, phases]),
    )


def ring(hertz, amplitudes, decay_seconds, phases, num_samples, sample_rate):
    """Returns float32 [num_samples]: the sum of sinusoids that start together and decay exponentially."""
    num_blocks = -(-num_samples // BLOCK)
    starts = np.arange(num_blocks) * BLOCK
    places = np.arange(BLOCK)
    turns_per_sample = hertz / sample_rate
    loss_per_sample = 1.0 / (decay_seconds * sample_rate)
    # Whole turns are dropped before single precision.
    turns = np.outer(starts, turns_per_sample) + phases
    angles = (2.0 * np.pi * (turns - np.floor(turns))).astype(np.float32)
    levels = np.exp(np.outer(starts, -loss_per_sample).astype(np.float32)) * amplitudes.astype(np.float32)
    inner_angles = (2.0 * np.pi * np.outer(turns_per_sample, places)).astype(np.float32)
    inner_levels = np.exp(np.outer(-loss_per_sample, places).astype(np.float32))
    left = np.concatenate([levels * np.cos(angles), -levels * np.sin(angles)], axis=1)
    right = np.concatenate([inner_levels * np.cos(inner_angles), inner_levels * np.sin(inner_angles)])
    # Not `@`: the last bits of a BLAS product depend on its number of threads.
    return np.einsum("mk,kb->mb", left, right).ravel()[:num_samples]


def tone(instrument, f0_hz, darkening_db, studio, rng):
    """Returns the undamped tone of a note, float32 [studio.num_samples]."""
    modes = modes_of(instrument, f0_hz, darkening_db, studio.highest_hz, rng)
    audio = ring(*modes, studio.num_samples, studio.sample_rate)
    # Contact of hammer, finger or stick: a rise of half a cosine.
    num_rise = min(max(2, int(instrument.attack_seconds * studio.sample_rate)), studio.num_samples)
    audio[:num_rise] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(num_rise) / num_rise)).astype(np.float32)
    return audio
