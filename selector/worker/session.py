# SPDX-License-Identifier: Apache-2.0
"""The role ``model``: loads one model from a local folder and runs it. It never trusts a repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from selector import registry
from selector.errors import Cancelled, NotDownloaded, ProtocolProblem
from selector.tasks.base import TaskRunner
from selector.tasks.outputs import Partial, to_json
from selector.worker.meter import now_bytes, peak_bytes


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


class ModelRole:
    """Ops: ``load``, ``run``, ``memory``. See the methods for their arguments."""

    def __init__(self) -> None:
        self._runner: TaskRunner | None = None

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
                return self._load(args)
            case "run":
                return self._run(args, emit, cancelled)
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
        self._runner = engine.load(folder, registry.task(str(args["task"])), args)
        return {
            "load_s": time.perf_counter() - start,
            "parameters": self._runner.parameters,
            "labels": list(self._runner.labels),
            "versions": _versions(engine.info.distributions),
            "peak_bytes": peak_bytes(),
        }

    def _run(
        self,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """Args: inputs, parameters. Emits {"partial"} and {"output"}; gives n, tokens and seconds."""
        if self._runner is None:
            raise ProtocolProblem(reason="nothing loaded")
        inputs = [str(text) for text in args["inputs"]]
        start = last = time.perf_counter()
        done = tokens = 0
        for event in self._runner.run(inputs, args.get("parameters") or {}, cancelled):
            if isinstance(event, Partial):
                emit({"partial": {"index": event.index, "text": event.text}})
                continue
            now = time.perf_counter()
            output = to_json(event.output)
            emit({"output": {"index": event.index, "output": output, "seconds": now - last}})
            last = now
            done += 1
            tokens += int(output.get("tokens", 0))
        if cancelled():
            raise Cancelled
        seconds = time.perf_counter() - start
        return {"n": done, "tokens": tokens, "seconds": seconds, "peak_bytes": peak_bytes()}

    def close(self) -> None:
        """Let go of the model."""
        self._runner = None


def role() -> ModelRole:
    """The role, for the worker's entry."""
    return ModelRole()
