#!/usr/bin/env bash
# Makes a virtual environment with tested versions:  scripts/setup_environment.sh VENV_DIR REQUIREMENT_FILE
# Another interpreter than the one found:  PYTHON=/path/to/python3.12 make test
set -euo pipefail
cd "$(dirname "$0")/.."

venv_dir=${1:?"usage: scripts/setup_environment.sh VENV_DIR REQUIREMENT_FILE"}
requirement_file=${2:?"usage: scripts/setup_environment.sh VENV_DIR REQUIREMENT_FILE"}
supported='import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))'

fail() {
    printf 'ERROR: %s\n' "$*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3}; do
        if "$candidate" -c "$supported" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

missing=()
for program in git make; do
    command -v "$program" >/dev/null || missing+=("$program")
done
command -v python3 >/dev/null || [ -n "${PYTHON:-}" ] || missing+=(python3 python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
    fail "Missing: ${missing[*]}. On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
fi

python=$(find_python)
if [ -z "$python" ]; then
    received=$("${PYTHON:-python3}" --version 2>&1 | tail -n 1 || true)
    fail "Python 3.11 or 3.12 is needed. Received: ${received:-nothing that runs}. On Debian 12 or Ubuntu 24.04:" \
        "sudo apt-get install python3 python3-venv; elsewhere: conda create -n gansynth python=3.11"
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "Missing: the venv module of $python. On Debian or Ubuntu: sudo apt-get install python3-venv python$version-venv"
fi

started=$SECONDS
if ! "$venv_dir/bin/python" -c "$supported" 2>/dev/null; then
    echo "Making $venv_dir with $python ($("$python" --version))."
    "$python" -m venv --clear "$venv_dir"
fi
echo "Installing $requirement_file into $venv_dir: 1 to 5 minutes, about 3 GB on disk."
"$venv_dir/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement "$requirement_file" --editable ".[dev]"
"$venv_dir/bin/python" -m pip check
echo "Installed in $((SECONDS - started)) s."
