"""Every array that the original GANSynth program gave us is compared in a test, or is named here with why not.

The arrays lie in ../shared/golden/gansynth; what tests compare is in tests/golden/gansynth, the same numbers.
"""

import fnmatch
from pathlib import Path

import numpy as np
import pytest
from original_program import GOLDEN_DIRECTORY, goldens

from gansynth_tf.audio import spectral

TESTS = Path(__file__).resolve().parent
SPECTRAL, MEL = "audio/test_spectral.py", "audio/test_mel.py"
MEL_IF, LINEAR = "representations/test_mel_if.py", "representations/test_linear.py"
CONSTANTS, NETWORKS = "representations/test_normalization.py", "models/test_progressive.py"
STEP, LABEL_LOSS, IMPORT = (
    "training/test_adversarial.py",
    "losses/test_label_loss.py",
    "magenta/test_import_golden.py",
)
FILLED, HERE = "original_program.py", "test_goldens.py"
PAPERS_NAMES = "magenta/test_names.py"

# {file: {arrays: (where they are compared, words of that test by which it takes them)}}.
NETWORKS_COVERED = {
    "p*/G": (NETWORKS, "{point}/G"),
    "p*/G_ema": (NETWORKS, "{point}/G_ema"),
    "p*/real_blended": (NETWORKS, "{point}/real_blended"),
    "p*/D_fake": (NETWORKS, '"D_fake"'),
    "p*/D_real": (NETWORKS, '"D_real"'),
    "p*/cls_fake": (NETWORKS, '"cls_fake"'),
    "p*/cls_real": (NETWORKS, '"cls_real"'),
    "p*/last_conv_real": (NETWORKS, "{point}/last_conv_real"),
    "p*/loss_gen_wass": (STEP, '"loss_gen_wass"'),
    "p*/loss_gen_total": (STEP, '"loss_gen_total"'),
    "p*/loss_dis_wass_gp_drift": (STEP, '"loss_dis_wass_gp_drift"'),
    "p*/loss_dis_total": (STEP, '"loss_dis_total"'),
    "p*/loss_gp_unweighted": (STEP, '"loss_gp_unweighted"'),
    "p*/loss_ac_fake": (LABEL_LOSS, "loss_ac_fake"),
    "p*/loss_ac_real": (LABEL_LOSS, "loss_ac_real"),
    "var0/Generator/*": (FILLED, 'prefix="var0"'),
    "var0/Discriminator/*": (FILLED, 'prefix="var0"'),
    "z": (FILLED, '"z"'),
    "labels_gen": (FILLED, '"labels_gen"'),
    "labels_real": (FILLED, '"labels_real"'),
    "real": (FILLED, '"real"'),
    "gp_alpha": (STEP, '"gp_alpha"'),
    "config_json": (FILLED, '"config_json"'),
}
COVERED = {
    "audio_16000.npz": {
        "audio": (SPECTRAL, '"audio"'),
        "stft": (SPECTRAL, '"stft"'),
        "spec_if": (LINEAR, '"spec_if"'),
        "spec_phase_ch1": (LINEAR, '"spec_phase_ch1"'),
        "mel": (MEL_IF, '"mel"'),
        "spec_from_mel": (MEL_IF, '"spec_from_mel"'),
        "wave_from_stft": (SPECTRAL, '"wave_from_stft"'),
        "wave_from_spec_if": (LINEAR, '"wave_from_spec_if"'),
        "wave_from_spec_phase": (LINEAR, '"wave_from_spec_phase"'),
        "wave_from_mel": (MEL_IF, '"wave_from_mel"'),
    },
    "mel_matrices.npz": {
        "l2mel_1024_index": (MEL, "{name}_index"),
        "l2mel_1024_value": (MEL, "{name}_value"),
        "mel2l_1024_index": (MEL, "{name}_index"),
        "mel2l_1024_value": (MEL, "{name}_value"),
        "l2mel_512": (MEL, '"l2mel_512"'),
        "mel2l_512": (MEL, '"mel2l_512"'),
        "l2mel_1024_zero_rows": (MEL, '"l2mel_1024_zero_rows"'),
        "l2mel_1024_zero_cols": (MEL, '"l2mel_1024_zero_cols"'),
    },
    "spectral_ops.npz": {
        "big": (SPECTRAL, '"big"'),
        "phase": (SPECTRAL, '"phase"'),
        "unwrap_axis1": (SPECTRAL, '"unwrap_axis1"'),
        "ifreq_axis_m2": (SPECTRAL, '"ifreq_axis_m2"'),
        "hz": (MEL, '"hz"'),
        "mel_of_hz": (MEL, '"mel_of_hz"'),
        "diff_axis1": (HERE, '"diff_axis1"'),
        "ifreq_no_unwrap_axis_m2": (HERE, '"ifreq_no_unwrap_axis_m2"'),
    },
    "normalizers.npz": {
        "simple_*": (CONSTANTS, "simple_{kind}"),
        "freq_*": (CONSTANTS, "freq_{kind}"),
        "minmax_*": (CONSTANTS, "minmax_{kind}"),
        "prespec_in": (CONSTANTS, '"prespec_in"'),
        "prespec_normalized": (CONSTANTS, '"prespec_normalized"'),
        "prespec_clipped_fraction": (CONSTANTS, '"prespec_clipped_fraction"'),
        "prespec_denormalized": (NETWORKS, '"prespec_denormalized"'),
    },
    "tiny.npz": NETWORKS_COVERED
    | {
        "z_for_d_step": (STEP, '"z_for_d_step"'),
        "grad_gen_p2.50/*": (STEP, '"grad_gen_p2.50"'),
        "grad_dis_p2.50/*": (STEP, '"grad_dis_p2.50"'),
        "var_after1/Generator/*": (STEP, "var_after1/{name}"),
        "var_after1/Discriminator/*": (STEP, "var_after1/{name}"),
        "var_after1/*/ExponentialMovingAverage": (HERE, '"/ExponentialMovingAverage"'),
        "after3_p2.50/loss_*": (STEP, "after3_p2.50/"),
    },
    "tiny_linear_rgb.npz": NETWORKS_COVERED,
    "small.npz": {
        "z": (IMPORT, '"z"'),
        "labels": (IMPORT, '"labels"'),
        "pitches": (IMPORT, '"pitches"'),
        "frames": (IMPORT, '"frames"'),
        "freq_stride": (IMPORT, '"freq_stride"'),
        "global_step_in_ckpt": (IMPORT, '"global_step_in_ckpt"'),
        "config_json": (IMPORT, '"config_json"'),
        "D_input_check": (IMPORT, '"D_input_check"'),
        "f*_progress": (IMPORT, "{point}_progress"),
        "f*_G_ema": (IMPORT, "{point}_G_ema"),
        "f*_G_raw": (IMPORT, "{point}_G_raw"),
        "f*_G_ema_stats": (IMPORT, "{point}_G_ema_stats"),
        "f*_G_raw_stats": (IMPORT, "{point}_G_raw_stats"),
        "f*_waves_every8": (IMPORT, "{point}_waves_every8"),
        "f*_waves_stats": (IMPORT, "{point}_waves_stats"),
        "f*_D_logits": (IMPORT, "{point}_D_logits"),
        "f*_D_class_logits": (IMPORT, "{point}_D_class_logits"),
    },
    "generate_util.npz": {
        "slerp": ("test_synthesis.py", '"path"'),
        "slerp_t": ("test_synthesis.py", '"positions"'),
    },
    "small_ckpt": {"*": (IMPORT, '"small_ckpt"')},
    "tiny_ckpt_after3": {"*": (IMPORT, '"tiny_ckpt_after3"')},
    "variables_mel_prog_hires.txt": {"*": (PAPERS_NAMES, '"variables_mel_prog_hires.txt"')},
}
_ADAM = "Adam's state and step counters before the first step: zeros, which a fresh optimiser has by itself"
_MIDI = "renders MIDI files, which this project does not"
_NAMES = "names of the clips, for people"
_SHAPES = "names and shapes of the variables whose values are in the archive beside it"
# {file: {arrays: why no test compares them}}.
NOT_COVERED = {
    "audio_16000.npz": {"names": _NAMES, "meta_json": _NAMES},
    "mel_matrices.npz": {"l2mel_1024_dtype": "the type of the values, which their array has"},
    "spectral_ops.npz": {
        "crop_*": "clips are cut and padded at their end by the data sets, not on both sides by the spectra"
    },
    "tiny.npz": {
        "var0/progressive_gan_train_ops/*": _ADAM,
        "var_after1/progressive_gan_train_ops/*": "the count of steps",
    },
    "tiny_linear_rgb.npz": {
        "var0/progressive_gan_train_ops/*": _ADAM,
        "z_for_d_step": "no step was taken without tanh",
    },
    "generate_util.npz": {
        "z_instruments": "the ends of the slerp are in slerp.npz; the others belong to a MIDI file",
        "t_instruments": _MIDI,
        "note_starts": _MIDI,
        "z_notes": _MIDI,
        "env_*": _MIDI,
        "mix_*": _MIDI,
    },
    "small_variables.json": {"*": _SHAPES},
    "tiny_variables.json": {"*": _SHAPES},
    "README.md": {"*": "says how they were made"},
}


@pytest.fixture(scope="module")
def shared_goldens(shared_directory):
    return shared_directory / "golden" / "gansynth"


def members(path):
    """Returns the names of the arrays of an archive; of anything else its own."""
    if path.suffix != ".npz":
        return [path.name]
    with np.load(path) as arrays:
        return arrays.files


def matching(patterns, name):
    return [pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)]


def test_every_array_is_compared_or_named_with_a_reason(shared_goldens):
    unnamed, useless = [], []
    for path in sorted(shared_goldens.iterdir()):
        compared, left_out = COVERED.get(path.name, {}), NOT_COVERED.get(path.name, {})
        names = members(path)
        unnamed += [f"{path.name}: {name}" for name in names if not matching({**compared, **left_out}, name)]
        useless += [
            f"{path.name}: {pattern}"
            for pattern in (*compared, *left_out)
            if not any(fnmatch.fnmatchcase(name, pattern) for name in names)
        ]
    assert not unnamed, "Compare them in a test, or say in NOT_COVERED why not."
    assert not useless, "There is no such array."


def test_no_array_is_both_compared_and_left_out(shared_goldens):
    both = [
        f"{path.name}: {name}"
        for path in shared_goldens.iterdir()
        for name in members(path)
        if matching(COVERED.get(path.name, {}), name) and matching(NOT_COVERED.get(path.name, {}), name)
    ]
    assert not both


def test_the_tests_take_the_arrays_that_they_are_said_to_compare():
    wrong = []
    for name, arrays in COVERED.items():
        for pattern, (test, words) in arrays.items():
            text = (TESTS / test).read_text(encoding="utf-8")
            # Of this file what follows the tables.
            if words not in (text.partition("@pytest.fixture")[2] if test == HERE else text):
                wrong.append(f"{name}: {pattern} in {test}, by {words}")
    assert not wrong


def test_the_numbers_of_the_repository_are_those_of_the_original(shared_goldens):
    for path in sorted(GOLDEN_DIRECTORY.glob("*.npz")):
        if not (shared_goldens / path.name).is_file():
            assert path.name == "slerp.npz"  # A part of generate_util.npz, under other names.
            continue
        with np.load(shared_goldens / path.name) as theirs, np.load(path) as ours:
            assert sorted(theirs.files) == sorted(ours.files), path.name
            assert all(theirs[name].tobytes() == ours[name].tobytes() for name in theirs.files), path.name
    with (
        np.load(shared_goldens / "generate_util.npz") as theirs,
        np.load(GOLDEN_DIRECTORY / "slerp.npz") as ours,
    ):
        np.testing.assert_array_equal(ours["path"], theirs["slerp"])
        np.testing.assert_array_equal(ours["positions"], theirs["slerp_t"])
        np.testing.assert_array_equal([ours["start"], ours["end"]], theirs["z_instruments"][:2])


def test_differences_that_were_not_unwrapped_are_ours_up_to_whole_turns():
    golden = goldens("spectral_ops")
    turns = (np.diff(spectral.unwrap(golden["big"]), axis=1) - golden["diff_axis1"]) / (2 * np.pi)
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-5)
    assert np.abs(turns).max() > 0.5
    # The original can also take the frequency without unwrapping, which its own spectra never do; it is the same.
    ours = spectral.instantaneous_frequency(golden["phase"])
    np.testing.assert_allclose(ours, golden["ifreq_no_unwrap_axis_m2"], atol=1e-6)


def test_the_average_of_the_original_follows_the_generator_of_the_same_step():
    golden = goldens("tiny")
    suffix = "/ExponentialMovingAverage"
    names = [name for name in golden if name.startswith("var0/Generator/") and name.endswith(suffix)]
    assert len(names) == 24
    for name in names:
        before, after = golden[name], golden[name.replace("var0", "var_after1")]
        generator = golden[name.replace("var0", "var_after1").removesuffix(suffix)]
        # As TrainingStep averages: by 1 - decay towards the weights after their update.
        np.testing.assert_allclose(after, before + (1 - 0.999) * (generator - before), rtol=1e-5, atol=1e-7)
