"""Every `python ...` command of the README, run as it stands, in its order, on flags/smoke.cfg."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(
    r"^```bash\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("python ")]
# Miniature work for programs that read no flagfile, added to the command.
MINIATURES = {"eval/judge.py": ["--num_samples_per_class=6", "--comparisons=false"]}
# Changes of smoke.cfg: the judges hear two seconds, so far 16 frames reach with longer windows, and they choose from
# twelve clips a class; less is trained.
CHANGES = {
    "length_samples": "32000",
    "mel_if.num_bins": "4096",
    "grooves.num_clips": "72",
    "stable_images": "16",
    "fade_images": "16",
    "total_images": "64",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder that looks like the repository, where every flagfile is a miniature and `recordings` has two genres."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("train.py", "generate.py", "eval", "scripts"):
        (folder / name).symlink_to(ROOT / name)
    rng = np.random.default_rng(0)
    for genre in ("jazz", "rock"):
        (folder / "recordings" / genre).mkdir(parents=True)
        for i in range(8):
            noise = 0.1 * rng.standard_normal(8000)
            soundfile.write(folder / "recordings" / genre / f"{i}.wav", noise, 16000)
    return folder


def write_miniatures(checkout, command):
    """Gives every flagfile the lines of smoke.cfg, without those of the dataset if the command chooses another."""
    lines = (ROOT / "flags" / "smoke.cfg").read_text(encoding="utf-8").splitlines()
    if "--dataset=" in command:
        lines = [line for line in lines if not line.startswith("--grooves.")]
    for name, value in CHANGES.items():
        lines = [f"--{name}={value}" if line.startswith(f"--{name}=") else line for line in lines]
    (checkout / "flags").mkdir(exist_ok=True)
    for path in (ROOT / "flags").glob("*.cfg"):
        (checkout / "flags" / path.name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=COMMANDS)
def test_command_of_the_readme(command, checkout):
    write_miniatures(checkout, command)
    program, *arguments = shlex.split(command)[1:]
    result = subprocess.run(
        [sys.executable, program, *arguments, *MINIATURES.get(program, [])],
        cwd=checkout,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, f"{result.stdout[-2000:]}\n{result.stderr[-4000:]}"


def test_python_of_the_readme(checkout):
    """Runs after the commands above, in the run that they trained."""
    (example,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    example += "\nassert clips.shape == (4, instrument.length_samples) and clips.dtype == 'float32'\n"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", example], cwd=checkout, env=environment, check=True, timeout=300)


def test_every_path_that_the_readme_names_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([\w./-]+)\)", text)
    paths = re.findall(r"`((?:gansynth_tf|flags|eval|scripts|tests|docs)/[\w./]*)`", text)
    assert not [name for name in links + paths if not (ROOT / name).exists()]


def test_every_flagfile_is_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in (ROOT / "flags").glob("*.cfg") if f"flags/{path.name}" not in text]
