"""What every test starts from: no GPU, few threads, and the data beside the repository if it is there."""

import os

# Before TensorFlow is imported: exact tests compare one device, and several test runs may share a machine.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")
os.environ.setdefault("MPLBACKEND", "agg")

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository():
    """The repository's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_directory():
    """Folder of recordings and goldens too large to commit; tests that need it are skipped where it is missing."""
    directory = REPOSITORY.parent / "shared"
    if not (directory / "golden").is_dir():
        pytest.skip(
            "needs the folder ../shared with recordings and golden arrays, which is not part of the repository"
        )
    return directory


@pytest.fixture(scope="session")
def make_run():
    """A function that fills a folder with a run of flags/smoke.cfg: random weights, and labels of no dataset."""
    import numpy as np

    from gansynth_tf.experiment import Experiment
    from gansynth_tf.training.checkpoints import CheckpointStore
    from gansynth_tf.training.run_record import RunRecord

    def make(run_dir, labels, stage=1):
        experiment = Experiment.from_flagfile(REPOSITORY / "flags" / "smoke.cfg")
        experiment.save(run_dir)
        scale, offset = (0.1, 1.0), (0.0, 0.0)
        sizes = experiment.sample_rate, experiment.length_samples, experiment.representation.shape
        RunRecord(labels, scale, offset, *sizes).save(run_dir)
        counts = tuple(map(len, labels.values()))
        generator = experiment.architecture(scale, offset, class_counts=counts).make_generator()
        rng = np.random.default_rng(1)
        variables = generator.trainable_variables
        arrays = {f"ema/{v.path}": rng.normal(size=v.shape).astype(np.float32) for v in variables}
        num_images = experiment.growth.total_images if stage else 0
        metadata = {"num_images": num_images, "stage": stage}
        CheckpointStore(run_dir / "checkpoints").save(num_images, arrays, metadata)
        return run_dir

    return make
