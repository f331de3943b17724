"""What the set-up says when something is missing, before it makes or installs anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "setup_environment.sh"
TOOLS = ("bash", "dirname", "tail", "make", "git")


@pytest.fixture
def set_up(tmp_path):
    """Runs the script where only `programs` exist and python3 is the given shell text; returns status and message."""

    def run(programs, python3):
        for name in programs:
            (tmp_path / name).symlink_to(shutil.which(name) or pytest.skip(f"needs {name}"))
        if python3:
            (tmp_path / "python3").write_text(f"#!{shutil.which('bash')}\n{python3}\n")
            (tmp_path / "python3").chmod(0o755)
        venv_dir = tmp_path / "venv"
        command = [shutil.which("bash"), SCRIPT, venv_dir, "requirement.txt"]
        result = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
        assert not venv_dir.exists()
        return result.returncode, result.stderr.strip()

    return run


def test_missing_programs_are_named_with_the_command_that_installs_them(set_up):
    status, message = set_up([name for name in TOOLS if name != "git"], python3="")
    packages = "git python3 python3-venv"
    assert (status, message) == (
        1,
        f"ERROR: Missing: {packages}. On Debian or Ubuntu: sudo apt-get install {packages}",
    )


def test_an_old_python_is_refused_in_one_line(set_up):
    old = 'case "$1" in --version) echo Python 3.10.13;; *) exit 1;; esac'
    status, message = set_up(TOOLS, old)
    assert status == 1
    assert message.startswith("ERROR: Python 3.11 or 3.12 is needed. Received: Python 3.10.13. ")
    assert "\n" not in message


def test_a_python_without_venv_is_told_what_to_install(set_up):
    without_venv = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac'
    status, message = set_up(TOOLS, without_venv)
    assert status == 1
    assert message.endswith("sudo apt-get install python3-venv python3.11-venv")
