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
