#!/usr/bin/env bash
# Checks what `pip install .` brings, in a clean environment:  scripts/check_install.sh PYTHON
# The dependencies are those of PYTHON's environment, so that they are not installed twice.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:?"usage: scripts/check_install.sh PYTHON"}
# Absolute, but not resolved: the link is what makes it the environment's interpreter.
[[ $python == */* ]] && python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# A copy, so that no build folder is left in the tree, of what is committed or would be.
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create \
    --ignore-failed-read | tar --extract --directory="$place" --one-top-level=source
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --target="$place/site" "$place/source"

dependencies=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cd "$place"
cat >check.py <<'END'
import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import gansynth_tf

here = Path(sys.argv[1]).resolve()
heavy = {"tensorflow", "keras", "numpy", "librosa"} & set(sys.modules)
strays = [name for name in ("eval", "tests", "scripts", "train", "generate", "flags") if importlib.util.find_spec(name)]
installed = sorted(path.name for path in here.iterdir() if not path.name.endswith(".dist-info"))
if here not in Path(gansynth_tf.__file__).resolve().parents:
    sys.exit(f"gansynth_tf was imported from {gansynth_tf.__file__}, not from the installed copy.")
if heavy:
    sys.exit(f"`import gansynth_tf` also imports {sorted(heavy)}: it must stay light.")
if strays:
    sys.exit(f"Importable beside gansynth_tf, but not part of it: {strays}.")
if installed != ["bin", "gansynth_tf"]:
    sys.exit(f"Expected bin and gansynth_tf to be installed. Received: {installed}.")
print("Installed: gansynth_tf alone; its import is light.")
END
"$python" -S check.py "$place/site"
for command in gansynth-train gansynth-generate gansynth-evaluate gansynth-compare; do
    PYTHONPATH="$place/site:$dependencies" "$python" "site/bin/$command" --help >help.txt
    echo "$command --help: $(wc -l <help.txt) lines, exit status 0."
done
