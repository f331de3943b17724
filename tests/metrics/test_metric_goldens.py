"""Every array of ../shared/golden/metrics is compared in a test, or is named here with why not.

What tests compare is in tests/golden/metrics, the same numbers; accuracy.npz is a part of two of the files.
"""

import fnmatch
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent
GOLDEN = TESTS.parent / "golden" / "metrics"

INCEPTION, FRECHET, KERNEL = "test_inception.py", "test_frechet.py", "test_kernel.py"
NEIGHBOURS, BALLS, BINS = "test_distances.py", "test_density_coverage.py", "test_bins.py"
ACCURACY, DIVERSITY, SIMILARITY = "test_accuracy.py", "test_diversity.py", "test_structural_similarity.py"

# {file: {arrays: (test that compares them, words of that test by which it takes them)}}.
COVERED = {
    "out_is.npz": {
        "tfid_noshuffle_mean": (INCEPTION, '"tfid_noshuffle", 1e-12'),
        "tfid_noshuffle_std_ddof0": (INCEPTION, '"tfid_noshuffle_std_ddof0"'),
        "tfid_noshuffle_s[0-9]*_mean": (INCEPTION, "tfid_noshuffle_s{num_splits}_mean"),
        "tfid_noshuffle_s[0-9]*_std": (INCEPTION, "tfid_noshuffle_s{num_splits}_std"),
        "tfid_shuffle2020_mean": (INCEPTION, '"tfid_shuffle2020_mean"'),
        "tfid_shuffle2020_std_ddof0": (INCEPTION, '"tfid_shuffle2020_std_ddof0"'),
        "perm2020": (INCEPTION, '"perm2020"'),
        "tfid_n497_mean": (INCEPTION, '"tfid_n497_mean"'),
        "tfid_n497_std": (INCEPTION, '"tfid_n497_std"'),
        "wavegan_f64_mean": (INCEPTION, '"wavegan_f64", 1e-12'),
        "wavegan_f32_mean": (INCEPTION, '"wavegan_f32", 1e-6'),
        "wavegan_f64_std": (INCEPTION, '"wavegan_f64_std"'),
        "wavegan_f32_std": (INCEPTION, '"wavegan_f32_std"'),
        "wavegan_saturated_mean_is_nan": (INCEPTION, '"wavegan_saturated_mean_is_nan"'),
        "tfid_saturated_mean": (INCEPTION, '"tfid_saturated_mean"'),
        "torchmetrics_perm_seed0": (INCEPTION, '"torchmetrics_perm_seed0"'),
        "torchmetrics_seed0_mean": (INCEPTION, '"torchmetrics_seed0_mean"'),
        "torchmetrics_seed0_std_ddof1": (INCEPTION, '"torchmetrics_seed0_std_ddof1"'),
    },
    "out_fid.npz": {
        "*_torchfidelity": (FRECHET, '"torchfidelity"'),
        "*_torchmetrics_fn_f64": (FRECHET, '"torchmetrics_fn_f64"'),
        "*_torchmetrics_stream_f64in": (FRECHET, '"torchmetrics_stream_f64in"'),
        "*_torchmetrics_stream_f32in": (FRECHET, "{name}_torchmetrics_stream_f32in"),
        "*_gudgud_pip012": (FRECHET, '"gudgud_pip012"'),
        "*_gudgud_head": (FRECHET, '"gudgud_head"'),
        "*_fadtk_head": (FRECHET, '"fadtk_head"'),
        "*_own_eigh": (FRECHET, '"own_eigh"'),
        "[!s]*[!0]_own_nuclear": (FRECHET, "{name}_own_nuclear"),
        "self_own_nuclear": (FRECHET, "{name}_own_nuclear"),
        "[!s]*_ddof0_own_nuclear": (FRECHET, "{name}_ddof0_own_nuclear"),
        "*_mu1": (FRECHET, "{name}_mu1"),
        "*_mu2": (FRECHET, "{name}_mu2"),
        "eq_cov?": (FRECHET, "eq_cov{number}"),
        "offset_float32_raw_moments": (FRECHET, '"offset_float32_raw_moments"'),
    },
    "out_tfgan.npz": {
        "is_f64": (INCEPTION, '"is_f64"'),
        "is_f32": (INCEPTION, '"is_f32"'),
        "is_stream_b50": (INCEPTION, '"is_stream_b50"'),
        "is_stream_b150_unequal_last": (INCEPTION, '"is_stream_b150_unequal_last"'),
        "fid_meanonly_*": (FRECHET, "fid_meanonly_{name}"),
        "fid_diag_ddof0_*": (FRECHET, "fid_diag_ddof0_{name}"),
        "fid_stream_eq_b50": (FRECHET, '"fid_stream_eq_b50"'),
        "fid_stream_eq_b150_unequal_last": (FRECHET, '"fid_stream_eq_b150_unequal_last"'),
        **{
            f"fid_{pair}": (FRECHET, "fid_{name}")
            for pair in ("eq", "ne", "self", "rankdef", "dead", "offset")
        },
        "kid_*_block1024_mean": (KERNEL, "kid_{pair}_block1024_mean"),
        "kid_*_block100_mean": (KERNEL, "kid_{pair}_block100_mean"),
        **{
            f"kid_{pair}_block100_stderr": (KERNEL, "kid_{pair}_block100_stderr")
            for pair in ("eq", "ne", "self", "dead", "offset")
        },
    },
    "out_kid.npz": {
        "eq_full_torchfidelity": (KERNEL, '"eq_full_torchfidelity"'),
        "eq_full_torchmetrics": (KERNEL, '"eq_full_torchmetrics"'),
        "eq_full_mmdgan_sklearn": (KERNEL, '"eq_full_mmdgan_sklearn"'),
        "*_full_own": (KERNEL, '_full_own"'),
        "*_tfid_subset_mean": (KERNEL, "{pair}_tfid_subset_mean"),
        "*_tfid_subset_std_ddof0": (KERNEL, "{pair}_tfid_subset_std_ddof0"),
        "*_tfid_subset_values": (KERNEL, "{pair}_tfid_subset_values"),
        "*_idx1": (KERNEL, "{pair}_idx1"),
        "*_idx2": (KERNEL, "{pair}_idx2"),
    },
    "out_prdc.npz": {
        "*_prdc_*": (BALLS, "{pair}_k{k}_prdc_{name}"),
        "*_torchfidelity_precision": (BALLS, "{pair}_k{k}_torchfidelity_{name}"),
        "*_torchfidelity_recall": (BALLS, "{pair}_k{k}_torchfidelity_{name}"),
    },
    "out_ndb.npz": {
        "centers": (BINS, '"centers"'),
        "n_train": (BINS, '"n_train"'),
        "train_proportions": (BINS, '"train_proportions"'),
        **{
            f"[gt]e[ns]*_{part}": (BINS, f"{{name}}_{part}")
            for part in ("proportions", "labels", "different", "z", "pvalue", "ndb", "js_nats", "n")
        },
        **{f"hand_{part}": (BINS, f'"hand_{part}"') for part in ("p?", "n?", "different", "js_nats")},
        "ndb_by_seed": (BINS, '"ndb_by_seed"'),
    },
    "out_nn.npz": {
        "D_*": (NEIGHBOURS, '"D_'),
        "own_self_min": (NEIGHBOURS, '"own_self_min"'),
        "own_train_min": (NEIGHBOURS, '"own_train_min"'),
        "own_D_self_mean": (NEIGHBOURS, '"own_D_self_mean"'),
        "own_D_train_mean": (NEIGHBOURS, '"own_D_train_mean"'),
    },
    "out_pape.npz": {
        "pred": (ACCURACY, '"pred"'),
        "pa": (ACCURACY, '"pa"'),
        "within1_pa": (ACCURACY, '"within1_pa"'),
        "octave_tolerant_pa": (ACCURACY, '"octave_tolerant_pa"'),
        "per_class_n": (ACCURACY, '"per_class_n"'),
        "per_class_correct": (ACCURACY, '"per_class_correct"'),
        "hard_marginal_entropy_nats": (ACCURACY, '"hard_marginal_entropy_nats"'),
        "pe_nats": (INCEPTION, '"pe_nats"'),
        "pe_bits": (INCEPTION, '"pe_bits"'),
        "pe_std_nats": (INCEPTION, '"pe_std_nats"'),
        "entropy_i": (INCEPTION, '"entropy_i"'),
        "marginal_entropy_nats": (INCEPTION, '"marginal_entropy_nats"'),
    },
    "out_extra.npz": {
        "fadinf_score": (FRECHET, '"fadinf_score"'),
        "fadinf_slope": (FRECHET, '"fadinf_slope"'),
        "fadinf_r2": (FRECHET, '"fadinf_r2"'),
        "fadinf_points": (FRECHET, '"fadinf_points"'),
        "fadinf_idx*": (FRECHET, "fadinf_idx{number}"),
        "ms_x?": (DIVERSITY, '"ms_x1", "ms_x2"'),
        "ms_z?": (DIVERSITY, '"ms_z1", "ms_z2"'),
        "ms_ratio_of_means": (DIVERSITY, '"ms_ratio_of_means"'),
        "ms_mean_of_ratios": (DIVERSITY, '"ms_mean_of_ratios"'),
        "ms_loss": (DIVERSITY, '"ms_loss"'),
        "ssim_a": (SIMILARITY, '"ssim_a"'),
        "ssim_b": (SIMILARITY, '"ssim_b"'),
        "ssim_torchmetrics": (SIMILARITY, '"ssim_torchmetrics"'),
        "msssim_torchmetrics_default": (SIMILARITY, '"msssim_torchmetrics_default"'),
    },
    "out_extra_tf.npz": {
        "msssim_tf": (SIMILARITY, '"msssim_tf"'),
        "ssim_tf": (SIMILARITY, '"ssim_tf"'),
    },
}
# {file: {arrays: why they are not compared}}.
NOT_COVERED = {
    "out_is.npz": {"nistal_global_eps1e-6": "Another formula: 1e-6 is added to probabilities."},
    "out_fid.npz": {
        "self_ddof0_own_nuclear": "0 for either divisor.",
        "*_min_eig_re": "Of the product of both covariances, which is never formed.",
        "*_max_eig_im": "Of the product of both covariances, which is never formed.",
    },
    "out_tfgan.npz": {
        "is_saturated": "Not a number: a known defect. out_is.npz has two of the same.",
        "kid_*_block1024_stderr": "Not a number: of one block there is no deviation.",
        "kid_rankdef_block100_stderr": "Not a number, likewise.",
    },
    "out_kid.npz": {
        "eq_torchmetrics_seed0_*": "Of subsets that were not written down; its full distance is compared.",
        "eq_full_mmdgan_var": "Its own estimate of a variance; ours is tested against new draws.",
        "nistal_imq_*": "Another kernel, with a bias.",
    },
    "out_prdc.npz": {"*_torchfidelity_f_score": "Made of precision and recall; we have none."},
    "out_ndb.npz": {
        "d_indices": "All dimensions, in order: there is no choice to compare.",
        "whiten_*": "Whitening is not offered.",
    },
    "out_pape.npz": {
        "ln_IS_plus_PE_minus_Hmarg": "0, which test_inception.py demands of three sets of logits."
    },
}
# Waves and log mel spectra are features and no metric.
ELSEWHERE = {"in_waves.npz", "out_logmel.npz"}


def matching(patterns, name):
    return [pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)]


@pytest.fixture(scope="module")
def shared_goldens(shared_directory):
    return shared_directory / "golden" / "metrics"


def test_every_file_is_accounted_for(shared_goldens):
    found = {path.name for path in shared_goldens.glob("*.npz")}
    inputs = {"in_logits.npz", "in_features.npz", "in_ndb.npz", "in_nn.npz"}
    assert found == set(COVERED) | ELSEWHERE | inputs
    assert {path.name for path in GOLDEN.glob("*.npz")} == set(COVERED) | inputs | {"accuracy.npz"}


@pytest.mark.parametrize("name", list(COVERED))
def test_every_array_is_compared_or_said_not_to_be(name):
    covered, left_out = COVERED[name], NOT_COVERED.get(name, {})
    arrays = np.load(GOLDEN / name).files
    assert not [one for one in arrays if not matching(covered, one) and not matching(left_out, one)]
    assert not [one for one in arrays if matching(covered, one) and matching(left_out, one)]
    assert not [pattern for pattern in (*covered, *left_out) if not fnmatch.filter(arrays, pattern)]


@pytest.mark.parametrize("name", list(COVERED))
def test_the_tests_take_the_arrays_that_they_are_said_to_compare(name):
    for pattern, (test, words) in COVERED[name].items():
        words = words.rstrip('"?')  # A question mark: arrays whose names differ by a number.
        assert words in (TESTS / test).read_text(encoding="utf-8"), (pattern, words)


def test_the_numbers_of_the_repository_are_those_beside_it(shared_goldens):
    for path in sorted(GOLDEN.glob("*.npz")):
        if path.name == "accuracy.npz":
            theirs = dict(np.load(shared_goldens / "out_pape.npz"))
            theirs["labels"] = np.load(shared_goldens / "in_logits.npz")["labels"]
            for array, values in np.load(path).items():
                np.testing.assert_array_equal(values, theirs[array])
        else:
            assert path.read_bytes() == (shared_goldens / path.name).read_bytes(), path.name
