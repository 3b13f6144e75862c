#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sets Petit up in .venv and starts it. Standard library only.

python3 run.py            set up if need be, then open the window (or run the sample project without a display)
python3 run.py test       set up if need be, then run every check and the whole test suite
python3 run.py shots      set up if need be, then render every page into screenshots-out (--help says more)
python3 run.py ARGS...    set up if need be, then `petit ARGS...`
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "petit-ready.json"
BUILDING = VENV / "petit-building"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST, NEWEST = (3, 11), (3, 13)

CHECKS = (
    ("style", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
    ("architecture", ["-c", "from importlinter.cli import lint_imports_command as c; c()"]),
    # Side by side, a file at a time: models and workers that a file's tests share are made once.
    ("tests", ["-m", "pytest", "-n", "2", "--dist", "loadfile"]),
)


class SetUpFailed(Exception):
    """One line that says what to do."""


def fingerprint() -> str:
    """Changes when the environment must be made again or brought up to date."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def stamp() -> dict[str, object]:
    """What the environment was made for; empty when there is none."""
    try:
        data = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def remove_half_made() -> None:
    """An environment whose making was cut off is worth nothing."""
    if BUILDING.exists() or (VENV.exists() and not PYTHON.exists()):
        print("Removing a half-made environment.", file=sys.stderr)
        shutil.rmtree(VENV, ignore_errors=True)


def make_environment() -> None:
    """Make .venv, or say in one line which package is missing."""
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if "ensurepip" in done.stdout + done.stderr:
            raise SetUpFailed(
                f"Python's venv is missing: sudo apt install python{version}-venv"
                "   (Fedora: sudo dnf install python3)"
            )
        raise SetUpFailed(
            f"Could not make {VENV.name}: {(done.stderr or done.stdout).strip()[-300:]}"
        )


def show(line: str, started: float, count: int) -> None:
    """One moving line on a terminal, an occasional line elsewhere."""
    text = f"[{time.monotonic() - started:4.0f} s] {line}"
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r" + text[:width].ljust(width), end="", file=sys.stderr, flush=True)
    elif count % 15 == 1:
        print(text, file=sys.stderr, flush=True)


def install(extra: str) -> None:
    """Install Petit and its dependencies, showing progress. Raises SetUpFailed."""
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "-e",
        target,
    ]
    started = time.monotonic()
    tail: list[str] = []
    count = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            tail = [*tail[-30:], line.rstrip()]
            word = line.split(maxsplit=2)
            if word and word[0] in {"Collecting", "Downloading", "Installing", "Building", "Using"}:
                count += 1
                show(f"{word[0]} {' '.join(word[1:2])} …", started, count)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if pip.returncode != 0:
        errors = [line for line in tail if line.startswith("ERROR")] or tail[-3:]
        raise SetUpFailed("Installing failed: " + " ".join(errors)[-600:])
    print(f"Set up in {time.monotonic() - started:.0f} s.", file=sys.stderr)


def set_up(extra: str) -> None:
    """Bring .venv up to date for ``extra``; a test environment serves for running as well."""
    wanted = fingerprint()
    known = stamp()
    if known.get("fingerprint") == wanted and (not extra or known.get("extra") == extra):
        return
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SetUpFailed(
            f"Petit needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()}."
        )
    remove_half_made()
    fresh = not VENV.exists()
    if fresh:
        print(
            "Setting up Petit in .venv (once; about 2 GB on disk, a few minutes).",
            file=sys.stderr,
        )
        make_environment()
    extra = extra or str(known.get("extra") or "")
    try:
        BUILDING.touch()
        install(extra)
        BUILDING.unlink()
        STAMP.write_text(json.dumps({"fingerprint": wanted, "extra": extra}), encoding="utf-8")
    except BaseException:
        if fresh:
            shutil.rmtree(VENV, ignore_errors=True)
        raise


def missing_libraries(purposes: set[str]) -> list[tuple[str, str]]:
    """Debian and Fedora packages of the system libraries that are not here, for these purposes."""
    found = []
    for line in (ROOT / "packaging/linux/apt.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        debian, library, fedora, purpose = line.split()
        if purpose in purposes:
            try:
                ctypes.CDLL(library)
            except OSError:
                found.append((debian, fedora))
    return found


def check_libraries(purposes: set[str]) -> None:
    """Name every missing system package in one line. Raises SetUpFailed."""
    if platform.system() != "Linux":
        return
    missing = missing_libraries(purposes)
    if not missing:
        return
    debian = " ".join(pair[0] for pair in missing)
    fedora = " ".join(dict.fromkeys(pair[1] for pair in missing))
    command = f"sudo dnf install {fedora}" if shutil.which("dnf") else f"sudo apt install {debian}"
    raise SetUpFailed(f"The window needs system libraries that are missing here: {command}")


def has_display() -> bool:
    """Whether a window can be shown at all."""
    return platform.system() != "Linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    )


def test(arguments: list[str]) -> int:
    """Every check in turn; with arguments only pytest, with them."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    check_libraries({"offscreen"})
    checks = CHECKS if not arguments else (("tests", ["-m", "pytest", *arguments]),)
    worst = 0
    for name, command in checks:
        print(f"== {name}", file=sys.stderr, flush=True)
        worst = (
            subprocess.run(
                [str(PYTHON), *command], cwd=ROOT, env=environment, check=False
            ).returncode
            or worst
        )
    return worst


def main(arguments: list[str]) -> int:
    """Set up, then do what was asked."""
    try:
        testing = arguments[:1] == ["test"]
        set_up("test" if testing else "")
        if testing:
            return test(arguments[1:])
        if not arguments and has_display():
            check_libraries({"offscreen", "window"})
    except SetUpFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing half-made is left.", file=sys.stderr)
        return 130
    command = [str(PYTHON), "-m", "selector", *arguments]
    if arguments[:1] == ["shots"]:
        command = [str(PYTHON), str(ROOT / "docs" / "take_pictures.py"), *arguments[1:]]
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
