# SPDX-License-Identifier: Apache-2.0
"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import run as bootstrap

ROOT = Path(__file__).resolve().parents[2]


def test_packaging_is_no_python_package() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_modules_stay_small() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for room in ("selector", "ui")
        for path in (ROOT / room).rglob("*.py")
    }
    assert {path: size for path, size in sizes.items() if size > 400} == {}


def test_the_core_and_its_registry_import_no_runtime() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'numpy', 'scipy', 'sklearn', 'huggingface_hub', 'PySide6'):\n"
        "    sys.modules[name] = None\n"
        "from selector import registry\nfrom selector.desk.desk import Desk\nfrom selector.decide import codec\n"
        "assert registry.tasks() and registry.engines() and registry.exports()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_half_made_environments_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "petit-building").touch()
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "BUILDING", venv / "petit-building")
    bootstrap.remove_half_made()
    assert not venv.exists()


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="system packages are named on Linux"
)
def test_missing_system_packages_are_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "packaging" / "linux"
    listed.mkdir(parents=True)
    (listed / "apt.txt").write_text(
        "# x\nlibabsent1 libabsent.so.1 absent-libs window\nlibc6 libc.so.6 glibc window\n"
    )
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    with pytest.raises(bootstrap.SetUpFailed, match=r"sudo apt install libabsent1$"):
        bootstrap.check_libraries({"window"})
    bootstrap.check_libraries({"offscreen"})


def test_a_second_start_needs_no_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = tmp_path / "stamp.json"
    stamp.write_text(f'{{"fingerprint": "{bootstrap.fingerprint()}", "extra": "test"}}')
    monkeypatch.setattr(bootstrap, "STAMP", stamp)

    def fail(*_: object) -> None:
        pytest.fail("set up again")

    monkeypatch.setattr(bootstrap, "install", fail)
    monkeypatch.setattr(bootstrap, "make_environment", fail)
    bootstrap.set_up("")
    bootstrap.set_up("test")


# -- what is declared ---------------------------------------------------------------------------------

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = [
    f"{bootstrap.OLDEST[0]}.{minor}"
    for minor in range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1)
]


def declared(python: str, *extras: str) -> list[Requirement]:
    """What is required on a version of Python."""
    project = PROJECT["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found = [Requirement(line) for line in lines]
    here = {"python_version": python}
    return [each for each in found if each.marker is None or each.marker.evaluate(here)]


def test_run_py_accepts_the_pythons_that_pyproject_declares() -> None:
    newest, after = PYTHONS[-1], f"{bootstrap.NEWEST[0]}.{bootstrap.NEWEST[1] + 1}"
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]},<{after}"
    said = f"Petit needs Python {', '.join(PYTHONS[:-1])} or {newest};"
    assert said in (ROOT / "run.py").read_text(encoding="utf-8")


def test_style_is_checked_for_the_oldest_python_and_types_for_the_running_one() -> None:
    assert "python_version" not in PROJECT["tool"]["mypy"]
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{PYTHONS[0].replace('.', '')}"


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_declared_once_for_each_python_and_has_both_bounds(python: str) -> None:
    required = declared(python)
    assert {name for name, n in Counter(x.name for x in required).items() if n > 1} == set()
    unbound = [x.name for x in required if {y.operator for y in x.specifier} != {">=", "<"}]
    assert unbound == []
    assert "PySide6-Essentials" in {x.name for x in required}


def test_what_is_installed_lies_in_the_declared_ranges() -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert python in PYTHONS
    wrong = {
        f"{x.name} {version(x.name)}"
        for x in declared(python, "test")
        if not x.specifier.contains(version(x.name))
    }
    assert wrong == set()


# -- real things ------------------------------------------------------------------------------------

OURS = {"Background", "Database", "Desk", "HubClient", "TrialRun", "WorkerClient"}
"""Classes that do the work: a test that derives from one tests the derived class."""
PRETENDING = ("Dummy", "Fake", "Mock", "Stub")


def stand_ins(source: str) -> Iterator[str]:
    """Where a test puts something of its own in the place of our code.

    Numbers and paths may be patched (a limit made small), and what the standard library says of this
    machine; a function called ``fail``, which only fails, says that something must not be called.
    """
    tree = ast.parse(source)
    kinds = (ast.FunctionDef, ast.ClassDef)
    own = {node.name for node in ast.walk(tree) if isinstance(node, kinds)} - {"fail"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (x.name for x in node.names if x.name in {"unittest.mock", "mock"})
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{x.name}" for x in node.names} | {str(node.module)}
            yield from names & {"unittest.mock", "mock", "pytest_mock"}
        elif isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if bases & OURS or node.name.startswith(PRETENDING):
                yield f"class {node.name}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "monkeypatch.setattr":
            first, value = node.args[0], node.args[-1]
            module = ast.unparse(first).rpartition(".")[2]
            if isinstance(first, ast.Constant):
                module = str(first.value).partition(".")[0]
            made_here = isinstance(value, ast.Lambda) or getattr(value, "id", "") in own
            if made_here and module not in sys.stdlib_module_names:
                yield ast.unparse(node)


def test_no_test_puts_a_stand_in_in_the_place_of_our_code() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in (ROOT / "tests").rglob("*.py")
        for what in stand_ins(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "planted",
    [
        "from unittest.mock import Mock",
        "from unittest import mock",
        "import unittest.mock",
        "class StubDesk:\n    pass",
        "class Quick(desk.Desk):\n    pass",
        "monkeypatch.setattr(desk, 'search', lambda *_: None)",
        "def at_once(*_): ...\nmonkeypatch.setattr('selector.desk.desk.Desk.search', at_once)",
    ],
)
def test_a_planted_stand_in_is_found(planted: str) -> None:
    assert list(stand_ins(planted))
