"""Packaging of gansynth_tf. Tool settings live in pyproject.toml, tested versions in requirement.txt."""

import re
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)

# pip compares python_requires itself and says so in one line; this is for `python setup.py`.
if sys.version_info < OLDEST_PYTHON and Path(sys.argv[0]).name == "setup.py":
    sys.exit(
        "gansynth_tf needs Python 3.11 or 3.12, because Keras 3.15 does. "
        f"This is Python {sys.version_info[0]}.{sys.version_info[1]}. "
        "Install python3.11, or with conda: conda create -n gansynth python=3.11"
    )

from setuptools import find_packages, setup  # noqa: E402 (after the check, so that it comes first)

ROOT = Path(__file__).resolve().parent

REQUIREMENTS = [
    "absl-py>=2.1",
    "keras>=3.10,<4",
    "librosa>=0.10.2,<0.12",
    "matplotlib>=3.8,<4",
    "numpy>=1.26,<3",
    "pandas>=2.2,<4",
    "scikit-learn>=1.4,<2",
    "scipy>=1.11,<2",
    "soundfile>=0.12,<1",
    "tensorboard>=2.17,<3",
    "tensorflow>=2.17,<2.22",
    "tensorflow-datasets>=4.9.4,<5",
    "tensorflow-metadata>=1.15,<2",
    # The last release; it has no wheel for Python 3.13, where files are decoded by soundfile alone.
    'tensorflow-io>=0.37,<1; python_version < "3.13"',
    # tensorflow-datasets imports it without declaring it.
    "importlib_resources>=5",
]

EXTRAS = {
    "gpu": ["tensorflow[and-cuda]>=2.17,<2.22"],
    # Tools are held tighter than libraries: a new rule of a linter is not a failure of the code.
    "dev": [
        "mypy~=2.4.1",
        "packaging>=23",
        "pre-commit>=4,<5",
        "pytest>=8,<10",
        "pytest-xdist>=3.6,<4",
        "ruff~=0.17.5",
    ],
}


def version():
    """Returns the version that the package states, without importing it."""
    text = (ROOT / "gansynth_tf" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "(.+)"$', text, flags=re.MULTILINE).group(1)


setup(
    name="gansynth_tf",
    version=version(),
    description="GANSynth in Keras 3 and TensorFlow, conditioned on genre, pitch or any label of your recordings",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="gansynth_tf contributors",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=f">={OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]}",
    packages=find_packages(include=["gansynth_tf", "gansynth_tf.*"]),
    install_requires=REQUIREMENTS,
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": [
            "gansynth-train = gansynth_tf.programs.train:main",
            "gansynth-generate = gansynth_tf.programs.generate:main",
            "gansynth-evaluate = gansynth_tf.programs.evaluate:main",
            "gansynth-compare = gansynth_tf.programs.compare:main",
            "gansynth-check-dataset = gansynth_tf.programs.check_dataset:main",
            "gansynth-import-magenta = gansynth_tf.programs.import_magenta:main",
            "gansynth-export-magenta = gansynth_tf.programs.export_magenta:main",
        ]
    },
    classifiers=[
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Multimedia :: Sound/Audio :: Sound Synthesis",
    ],
)
