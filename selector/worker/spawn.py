# SPDX-License-Identifier: Apache-2.0
"""Starts worker processes: their command line, their environment, their place in the process tree."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any

# A model's worker reads local files only; these hold even where its network cannot be taken away.
MODEL_ENVIRONMENT: Mapping[str, str] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
    # llama.cpp that aborts would start a debugger on itself, which takes seconds and writes pages.
    "GGML_NO_BACKTRACE": "1",
}
_SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH")


def worker_command(role: str, python: str | None = None) -> list[str]:
    """The command line of a worker; a frozen app starts itself."""
    if python is None and getattr(sys, "frozen", False):
        return [sys.executable, "--worker", role]
    # -P: a file named like a module, in whatever folder Petit was started from, must not be imported.
    return [python or sys.executable, "-P", "-m", "selector.worker", role]


def worker_environment(role: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables of a worker; one that runs or builds models gets no token and no key."""
    variables = dict(os.environ)
    if role in {"model", "architecture", "calibration"}:
        for name in [x for x in variables if x in _SECRETS or x.upper().endswith("_API_KEY")]:
            del variables[name]
        variables.update(MODEL_ENVIRONMENT)
    if not getattr(sys, "frozen", False):
        root = str(Path(__file__).resolve().parents[2])
        known = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = f"{root}{os.pathsep}{known}" if known else root
    variables.update(extra or {})
    return variables


Job = tuple[list[str], dict[str, str], "Future[subprocess.Popen[bytes]]"]


@cache
def _jobs() -> queue.Queue[Job]:
    jobs: queue.Queue[Job] = queue.Queue()

    def work() -> None:
        while True:
            line, variables, future = jobs.get()
            try:
                future.set_result(_popen(line, variables))
            except OSError as error:
                future.set_exception(error)

    threading.Thread(target=work, name="spawn", daemon=True).start()
    return jobs


def _popen(line: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C in a terminal reaches Petit only, and ending a worker ends its children.
    options: dict[str, Any] = (
        {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        if os.name == "nt"
        else {"start_new_session": True}
    )
    pipe = subprocess.PIPE
    return subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, env=variables, **options)


def spawn(line: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process from a thread that lives as long as this one.

    Linux ends a worker when its parent *thread* ends; a caller's thread may be short-lived.
    """
    future: Future[subprocess.Popen[bytes]] = Future()
    _jobs().put((line, variables, future))
    return future.result()


def outcome_of(code: int) -> str:
    """A word for an exit code: ``killed``, a signal's name, or ``exit 3``."""
    if code >= 0xC0000000:  # Windows: the number of an exception
        return f"exit 0x{code:08X}"
    if code >= 0:
        return f"exit {code}"
    if code == -9:
        return "killed"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
