# SPDX-License-Identifier: Apache-2.0
"""Rules of the house that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
