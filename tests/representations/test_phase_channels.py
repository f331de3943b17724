"""Phases as a channel: what the channel holds, and that it leads back."""

import numpy as np
import pytest
import tensorflow as tf

from gansynth_tf.representations.phase_channels import InstantaneousFrequency, WrappedPhase

BOTH = pytest.mark.parametrize("channel", [InstantaneousFrequency(), WrappedPhase()])


def turning(advances, start=0.3):
    """Returns wrapped phases [1, 6, bins] that begin at `start` and advance by so many turns a frame."""
    turns = np.arange(6)[:, np.newaxis] * np.asarray(advances)
    radians = start + 2 * np.pi * turns
    return ((radians + np.pi) % (2 * np.pi) - np.pi)[np.newaxis].astype(np.float32)


def test_wrapped_phases_are_halves_of_turns():
    phases = tf.constant([[[0.0, np.pi / 2], [-np.pi / 4, np.pi]]], tf.float32)
    np.testing.assert_allclose(WrappedPhase().from_phases(phases), [[[0.0, 0.5], [-0.25, 1.0]]], atol=1e-7)


def test_frequencies_are_halves_of_turns_a_frame_after_the_first_phase():
    frequencies = InstantaneousFrequency().from_phases(turning([0.125, -0.25])).numpy()
    np.testing.assert_allclose(frequencies[0, 0], 0.3 / np.pi, atol=1e-6)
    np.testing.assert_allclose(frequencies[0, 1:], np.tile([0.25, -0.5], [5, 1]), atol=1e-6)


@BOTH
def test_both_lead_back_to_the_phases(channel):
    phases = np.random.default_rng(4).uniform(-np.pi, np.pi, [2, 7, 5]).astype(np.float32)
    restored = np.asarray(channel.to_phases(channel.from_phases(phases)))
    np.testing.assert_allclose((restored - phases + np.pi) % (2 * np.pi) - np.pi, 0.0, atol=1e-5)


@pytest.mark.parametrize("channel, late_errors", [(WrappedPhase(), 1), (InstantaneousFrequency(), 4)])
def test_an_error_of_a_frequency_stays_and_that_of_a_phase_does_not(channel, late_errors):
    written = np.asarray(channel.from_phases(turning([0.125])))
    wrong = written.copy()
    wrong[0, 2] += 0.25
    errors = np.asarray(channel.to_phases(wrong)) - np.asarray(channel.to_phases(written))
    assert np.flatnonzero(np.abs(errors[0, :, 0]) > 1e-3).tolist() == list(range(2, 2 + late_errors))
