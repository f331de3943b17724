"""Habits of the repository that no other tool checks."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "gansynth_tf"
LIBRARY = sorted(PACKAGE.rglob("*.py"))
FOLDERS = ("gansynth_tf", "eval", "scripts", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")) + sorted(
    ROOT.glob("*.py")
)
TEXTS = [
    path
    for pattern in ("*.md", "*.cfg", "*.toml", "*.txt", "*.sh", "Makefile", ".ci/run", "*.cff", "*.yaml")
    for path in ROOT.rglob(pattern)
    if not {".venv", ".venv-latest", "runs", ".git", ".pytest_cache"} & set(path.relative_to(ROOT).parts)
]
USERS_PACKAGES = {
    "absl",
    "keras",
    "librosa",
    "numpy",
    "pandas",
    "tensorflow",
    "tensorflow_datasets",
    "tensorflow_io",
}
# Written in two parts, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/" + r"(?:work|root|home/\w+|Users/\w+|tmp/\w+)/")


def relative(path):
    return str(path.relative_to(ROOT))


def nodes(path, *kinds):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_only_programs_read_the_command_line_and_the_environment(path):
    if "programs" in path.parts:
        pytest.skip("programs are the readers of flags")
    names = {node.id for node in nodes(path, ast.Name)} | {node.attr for node in nodes(path, ast.Attribute)}
    assert not names & {"FLAGS", "environ", "getenv", "argv"}


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_library_code_checks_its_arguments_with_errors_not_assertions(path):
    assert not [node.lineno for node in nodes(path, ast.Assert)]


def catches_everything(handler):
    """Whether an `except` hides errors nobody thought of; cleaning up and raising again does not."""
    raises_again = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    name = handler.type.id if isinstance(handler.type, ast.Name) else ""
    return handler.type is None or name == "Exception" or (name == "BaseException" and not raises_again)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_error_is_caught_that_was_not_expected(path):
    assert not [node.lineno for node in nodes(path, ast.ExceptHandler) if catches_everything(node)]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_tells_one_story(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_is_named_after_what_it_holds(path):
    assert not re.fullmatch(r"(utils?|helpers?|common|misc|tmp)(\.py)?", path.name.removesuffix(".py"))


@pytest.mark.parametrize("path", SOURCES + TEXTS, ids=relative)
def test_no_path_belongs_to_one_machine(path):
    assert not MACHINE_PATHS.findall(path.read_text(encoding="utf-8"))


def test_doorsteps_hold_no_logic():
    for name in ("train.py", "generate.py"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 10


def test_every_package_the_users_named_is_used():
    imported = set()
    for path in LIBRARY:
        imported |= {alias.name.split(".")[0] for node in nodes(path, ast.Import) for alias in node.names}
        imported |= {(node.module or "").split(".")[0] for node in nodes(path, ast.ImportFrom)}
    assert not imported & {"tests", "eval", "scripts"}
    assert USERS_PACKAGES <= imported, f"never imported: {USERS_PACKAGES - imported}"


def declared_requirements():
    """Returns {package: Requirement} that setup.py declares."""
    command = (
        "import setuptools, json; setuptools.setup = lambda **a: print(json.dumps(a['install_requires']))"
    )
    command += "; exec(compile(open('setup.py').read(), 'setup.py', 'exec'), {'__file__': 'setup.py'})"
    output = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    requirements = [Requirement(text) for text in ast.literal_eval(output.stdout)]
    return {requirement.name: requirement for requirement in requirements}


@pytest.mark.parametrize("name", ["requirement.txt", "requirement-latest.txt"])
def test_pinned_versions_lie_in_the_declared_ranges(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    pins = {requirement.name: str(requirement.specifier) for requirement in map(Requirement, lines)}
    declared = declared_requirements()
    assert set(declared) <= set(pins)
    for package, requirement in declared.items():
        assert re.fullmatch(r"==[\w.]+", pins[package]), f"{package} is not pinned"
        assert pins[package][2:] in requirement.specifier, (
            f"{package}{pins[package]} is outside {requirement}"
        )


def test_the_versions_agree_in_all_places():
    version = re.search(r'"(.+)"', (PACKAGE / "__init__.py").read_text().split("__version__")[1]).group(1)
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()
