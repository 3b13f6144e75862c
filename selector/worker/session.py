# SPDX-License-Identifier: Apache-2.0
"""The role ``model``: loads one model from a local folder and runs it. It never trusts a repository."""

from __future__ import annotations

import importlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from selector import registry
from selector.errors import (
    Cancelled,
    LoadFailed,
    NotDownloaded,
    OutOfMemory,
    PetitError,
    ProtocolProblem,
    RunFailed,
)
from selector.log import redact, redacted
from selector.machine.cpu import probe_cpu
from selector.machine.meter import now_bytes, peak_bytes
from selector.tasks.base import TaskRunner
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.items import Items
from selector.tasks.outputs import Failed, Partial, to_json


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@contextmanager
def _as(problem: type[PetitError], **facts: str) -> Iterator[None]:
    """Turn whatever a library raises into an error with a short plain detail."""
    try:
        yield
    except (PetitError, Cancelled):
        raise
    except Exception as error:
        traceback.print_exc()
        if is_out_of_memory(error):
            raise OutOfMemory(**facts) from error
        raise problem(**facts, detail=redact(first_line(error))) from error


def _threads(wanted: int) -> int:
    """``wanted``, or every physical core that this process may use (libraries overlook quotas)."""
    return wanted if wanted > 0 else probe_cpu([]).physical_cores


class ModelRole:
    """Ops: ``warm`` (import an engine), ``load``, ``make``, ``run``, ``memory``.

    ``modules`` says which of ``names`` are imported.
    """

    def __init__(self) -> None:
        self._runner: TaskRunner | None = None
        self._items: Items | None = None
        self._defaults: dict[str, Any] = {}

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """See Role. Raises ProtocolProblem for an unknown op."""
        match op:
            case "load":
                with _as(LoadFailed, repo=str(args.get("repo", ""))):
                    return self._load(args)
            case "make":
                with _as(LoadFailed, repo=str(args.get("repo", ""))):
                    return self._make(args, emit)
            case "run":
                with _as(RunFailed):
                    return self._run(args, emit, cancelled)
            case "warm":
                with _as(LoadFailed, repo=""):
                    for name in registry.engine(str(args["engine"])).info.modules:
                        importlib.import_module(name)
                    return {}
            case "modules":
                return {"loaded": [str(n) for n in args["names"] if str(n) in sys.modules]}
            case "memory":
                return {"peak_bytes": peak_bytes(), "now_bytes": now_bytes()}
        raise ProtocolProblem(reason="unknown op", op=op)

    def _load(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Args: engine, task, folder, repo, precision, device, threads. Gives labels, versions …."""
        start = time.perf_counter()
        folder = Path(str(args["folder"]))
        if not folder.is_dir():
            raise NotDownloaded(repo=args.get("repo", folder.name))
        engine = registry.engine(str(args["engine"]))
        task = registry.task(str(args["task"]))
        options = {**args, "threads": _threads(int(args.get("threads") or 0))}
        self.close()  # a second load must not hold both models
        self._runner = engine.load(folder, task, options)
        self._items = Items(self._runner, task.input_kind)
        self._defaults = dict(task.default_parameters)
        return {
            "load_s": time.perf_counter() - start,
            "parameters": self._runner.parameters,
            "labels": list(self._runner.labels),
            "versions": _versions(engine.info.distributions),
            "peak_bytes": peak_bytes(),
            "memory_bytes": now_bytes(),
            "threads": options["threads"],
        }

    def _make(
        self, args: Mapping[str, Any], emit: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Args: those of load, and made, sentences. Emits {"making"}; gives the form's fidelity."""
        folder = Path(str(args["folder"]))
        if not folder.is_dir():
            raise NotDownloaded(repo=args.get("repo", folder.name))
        options = {**args, "threads": _threads(int(args.get("threads") or 0))}
        sentences = [str(text) for text in args["sentences"]]
        return dict(
            registry.engine(str(args["engine"])).make(
                folder,
                registry.task(str(args["task"])),
                options,
                sentences,
                lambda step: emit({"making": step}),
            )
        )

    def _run(
        self,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """Args: inputs, parameters. Emits {"partial"}, {"output"} and {"item_error"}; gives n, tokens, seconds."""
        if self._items is None:
            raise ProtocolProblem(reason="nothing loaded")
        inputs = [str(text) for text in args["inputs"]]
        start = last = time.perf_counter()
        used = time.process_time()
        done = tokens = 0
        parameters = {**self._defaults, **(args.get("parameters") or {})}
        for event in self._items.run(inputs, parameters, cancelled):
            if isinstance(event, Partial):
                emit({"partial": {"index": event.index, "text": event.text}})
                continue
            now = time.perf_counter()
            if isinstance(event, Failed):
                facts = redacted(event.error.facts)
                item = {"index": event.index, "code": event.error.code, "facts": facts}
                emit({"item_error": item})
                last = now
                continue
            output = to_json(event.output)
            given = {"index": event.index, "output": output, "seconds": now - last}
            emit({"output": {**given, "cut": event.cut} if event.cut else given})
            last = now
            done += 1
            tokens += int(output.get("tokens", 0))
        if cancelled():
            raise Cancelled
        seconds = time.perf_counter() - start
        cpu = time.process_time() - used
        return {
            "n": done,
            "tokens": tokens,
            "seconds": seconds,
            "cpu_s": cpu,
            "peak_bytes": peak_bytes(),
        }

    def close(self) -> None:
        """Let go of the model."""
        self._runner = self._items = None


def role() -> ModelRole:
    """The role, for the worker's entry."""
    return ModelRole()
