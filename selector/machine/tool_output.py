# SPDX-License-Identifier: Apache-2.0
"""What a system's own tool prints, within a time that a person does not notice.

Drivers' tools hang when the driver does, and some leave children behind that keep the pipe open: the
whole process group is killed, and nobody waits for what is left.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

TIMEOUT_S = 1.5
MAX_BYTES = 4_000_000


class ToolProblem(Exception):
    """A tool that is there did not answer; the text says why, on one line."""


@dataclass(slots=True)
class _Reading:
    """What was read so far, by a thread that nobody joins for longer than the time allowed."""

    out: bytearray = field(default_factory=bytearray)
    done: threading.Event = field(default_factory=threading.Event)


def find_tool(name: str, *places: str) -> str | None:
    """The tool's path: on the search path, or in one of the folders where drivers put it."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(places) or os.devnull)


def ask(command: Sequence[str], timeout_s: float = TIMEOUT_S) -> str:
    """Standard output of ``command``, an absolute path and its arguments. Raises ToolProblem."""
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, ValueError) as error:
        raise ToolProblem(str(error)) from error
    reading = _Reading()
    threading.Thread(target=_read, args=(child, reading), daemon=True).start()
    if not reading.done.wait(timeout_s):
        _kill(child)
        raise ToolProblem(f"no answer within {timeout_s:g} s")
    text = reading.out.decode("utf-8", errors="replace")
    try:
        code = child.wait(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        _kill(child)
        raise ToolProblem("closed its output and went on") from error
    if code != 0:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        raise ToolProblem(first[:200] or f"ended with {code}")
    return text


def _read(child: subprocess.Popen[bytes], reading: _Reading) -> None:
    assert child.stdout is not None
    with suppress(OSError, ValueError), child.stdout:
        while len(reading.out) < MAX_BYTES and (block := child.stdout.read1(65536)):  # type: ignore[attr-defined]
            reading.out += block
    if len(reading.out) >= MAX_BYTES:
        _kill(child)
    reading.done.set()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=0.2)  # no zombie where it can be helped
