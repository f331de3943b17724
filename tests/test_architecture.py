"""The floors of the package: a file imports from lower floors or from its own room only."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "gansynth_tf"
FLOORS = [
    {"whole_file"},
    {"options", "flagfiles", "audio", "layers"},
    {"locks", "representations"},
    {"data", "models", "losses", "metrics"},
    {"training", "evaluation"},
    {"experiment"},
    {"synthesis", "magenta"},
    {"programs"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Two files that are one room: how options are spelt in a file.
TOGETHER = {("flagfiles", "options")}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(parts):
    return parts[0].removesuffix(".py")


def imported_rooms(path):
    """Returns the rooms of the package that a file imports, anywhere in it."""
    package = ("gansynth_tf", *path.relative_to(PACKAGE).parts[:-1])
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (start, node.module)))
            names = [alias.name for alias in node.names]
            modules.update([f"{module}.{name}" for name in names] if module == "gansynth_tf" else [module])
    inside = [module.split(".")[1:] for module in modules if module.split(".")[0] == "gansynth_tf"]
    return {parts[0] for parts in inside if parts and parts[0] != "__version__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    room = room_of(path.relative_to(PACKAGE).parts)
    assert room in FLOOR, f"{room} has no floor. Name it in FLOORS."
    for imported in imported_rooms(path) - {room}:
        allowed = FLOOR[imported] < FLOOR[room] or (room, imported) in TOGETHER
        assert allowed, f"{room} (floor {FLOOR[room]}) imports {imported} (floor {FLOOR[imported]})"


def test_an_upward_import_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    (tmp_path / "audio").mkdir()
    source = tmp_path / "audio" / "files.py"
    source.write_text(
        "import gansynth_tf.data.labels\nfrom gansynth_tf import experiment\n"
        "def late():\n    from ..training import loop\n    from . import mel\n"
    )
    assert imported_rooms(source) == {"data", "experiment", "training", "audio"}


def test_the_package_imports_nothing_heavy():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
