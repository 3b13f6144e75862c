# SPDX-License-Identifier: Apache-2.0
"""A role for tests: it does what models and libraries do at their worst, without loading any."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from selector.errors import Cancelled, RunFailed
from selector.worker.isolation import limit_memory


def launcher(folder: Path, name: str = "odd") -> str:
    """An executable that stands in for Python and serves this role, whatever it is asked to run.

    Under the ``name`` of a role without network it gives up what that role gives up.
    """
    path = folder / f"{name}-python"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nfrom selector.worker.roles import ROLES\n"
        f"ROLES[{name!r}] = 'tests.worker.odd_role'\n"
        f"from selector.worker.__main__ import main\nsys.exit(main({name!r}))\n"
    )
    path.chmod(0o755)
    return str(path)


def _illegal_instruction() -> None:
    """Run bytes that are no instruction of x86 (ud2) nor of ARM (all zero)."""
    code = b"\x0f\x0b" if platform.machine() in {"x86_64", "AMD64"} else bytes(4)
    rights = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=rights)
    page.write(code)
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()


def _bomb(allow_bytes: int) -> None:
    """Take memory until there is no more; ``allow_bytes`` beyond what the process has."""
    limit_memory(allow_bytes)
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


class OddRole:
    mode = ""

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        match op:
            case "load":
                self.mode = Path(str(args["folder"])).name
                if self.mode == "burst":
                    os.abort()
                if self.mode == "stuck-load":
                    emit({"begun": True})
                    ctypes.PyDLL(None).sleep(60)
                return {"parameters": 7, "peak_bytes": 11, "labels": [], "versions": {}}
            case "run":
                return self._run(args, emit, cancelled)
            case "echo":
                emit({"step": 1})
                return dict(args)
            case "noise":
                print('{"v":1,"id":1,"kind":"result","data":{}}')  # noqa: T201
                ctypes.CDLL(None).puts(b"C was here")
                ctypes.CDLL(None).fflush(None)
                subprocess.run(["/bin/sh", "-c", "echo a child was here"], check=True)
                return {"read": sys.stdin.read(), "child": subprocess.call(["/bin/cat"])}
            case "illegal":
                _illegal_instruction()
            case "bomb":
                _bomb(int(args["allow_bytes"]))
            case "flood":
                block = b"x" * (1 << 16) if args.get("endless") else b"noise " * 20 + b"\n"
                for _ in range(int(args["bytes"]) // len(block)):
                    os.write(int(args["descriptor"]), block)
            case "connect":
                with socket.create_connection((args["host"], args["port"]), timeout=5):
                    return {}
            case "family":
                child = subprocess.Popen(["/bin/sleep", "60"])
                emit({"child": child.pid})
                time.sleep(60)
            case "bug":
                raise ValueError("a bug in /home/someone")
            case "leave":
                sys.exit(3)
            case "no-json":
                return {"object": object()}
            case "wait":
                while not cancelled():
                    time.sleep(0.01)
                raise Cancelled
            case "deaf":
                emit({"begun": True})
                time.sleep(60)
            case "stuck":  # native code that keeps the interpreter's lock
                ctypes.PyDLL(None).sleep(60)
        return {}

    def _run(
        self,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        warm_up = "max_new_tokens" in args["parameters"]
        if not warm_up:
            match self.mode:
                case "crash":
                    os.kill(os.getpid(), signal.SIGSEGV)
                case "hang":
                    time.sleep(60)
                case "fail":
                    raise RunFailed(index=0, detail="no")
                case "slow":
                    while not cancelled():
                        time.sleep(0.01)
                    raise Cancelled
        for index, text in enumerate(args["inputs"]):
            output = {"kind": "text", "text": text.upper(), "tokens": 2}
            emit({"output": {"index": index, "output": output, "seconds": 0.5}})
        n = len(args["inputs"])
        return {"n": n, "tokens": 2 * n, "seconds": 0.5 * n, "peak_bytes": 13}

    def close(self) -> None:
        pass


def role() -> OddRole:
    return OddRole()
