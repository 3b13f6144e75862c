# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that carries decisions: exports, and a decision file from another machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from selector import registry
from selector.decide.differences import Reproduction, compared, differences
from selector.decide.pinned import file_sha256
from selector.desk.data_desk import DataDesk
from selector.desk.library_desk import ignore, never
from selector.desk.requests import OnTrial
from selector.engines.made import fidelity_of
from selector.error_codes import error_from
from selector.errors import (
    DataEmpty,
    FormatUnsuited,
    NotDownloaded,
)
from selector.export_errors import PinnedFileDiffers
from selector.exports.base import ExportRequest
from selector.exports.target import refuse_taken
from selector.hub.candidate import Reason
from selector.machine.codec import machine_to_json
from selector.tasks.outputs import to_json
from selector.trial.contestants import find_local, read_references
from selector.trial.measurement import Contestant, Measurement, Trial
from selector.trial.runner import run_trial


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote, and what there is to know about it."""

    files: tuple[Path, ...]
    notes: tuple[Reason, ...] = ()


class ExportDesk(DataDesk):
    """Blocking calls, from any thread; see Desk."""

    def export(
        self, document: dict[str, Any], format_id: str, folder: Path, on_event: OnTrial = ignore
    ) -> Exported:
        """Write an export of a decision document into ``folder``, completely or not at all.

        It carries the chosen model's outputs on the task's own sample inputs, never on the user's, so
        that it can check itself elsewhere. Where the model cannot answer here, a format that only
        tells of the decision is written without them and says so; one that runs the model is not
        written. Raises ExportProblem, NotDownloaded, FormatUnsuited, EngineProblem, WorkerProblem.
        """
        form = registry.export(format_id)
        refuse_taken(folder)  # before a model is loaded for nothing
        chosen = self.pinned_here(document)
        if not form.suits(str(document["task"]), chosen.engine):
            facts = {"repo": chosen.ref, "engine": chosen.engine, "task": document["task"]}
            raise FormatUnsuited(format=form.id, **facts)
        notes: tuple[Reason, ...] = ()
        own = form.runs and chosen.made and fidelity_of(Path(chosen.made), chosen.precision) is None
        if not chosen.remote and (own or not document["samples"]):
            document, notes = self.with_samples(
                document, chosen, needed=form.runs, on_event=on_event
            )
        files = form.write(ExportRequest(document, chosen, folder, self.language))
        placed = tuple(file if file.is_absolute() else folder / file for file in files)
        return Exported(placed, notes)

    def with_samples(
        self, document: dict[str, Any], chosen: Contestant, *, needed: bool, on_event: OnTrial
    ) -> tuple[dict[str, Any], tuple[Reason, ...]]:
        """The document with recorded answers, or the reason why there are none.

        Raises the model's own error when they are ``needed``.
        """
        task = registry.task(str(document["task"]))
        inputs = [text for texts in task.sample_inputs.values() for text in texts]
        if not inputs:  # pictures and recordings do not travel in a text file
            return document, (Reason("export.no_sample_inputs", {"ref": chosen.ref}),)
        told = {k: v for k, v in document["parameters"].items() if k in task.default_parameters}
        row = self._answers(chosen, task.id, inputs, on_event, never, told)
        samples = [
            {"input": text, "output": to_json(output)}
            for text, output in zip(inputs, row.outputs, strict=True)
            if output is not None
        ]
        if row.error is not None and needed:
            raise error_from(str(row.error["code"]), dict(row.error["facts"]))
        if not samples:
            code = str((row.error or {}).get("code", "engine.run_failed"))
            facts = {
                "ref": chosen.ref,
                "error": code,
                "facts": dict((row.error or {}).get("facts", {})),
            }
            return document, (Reason("export.no_samples", facts),)
        parameters = {**task.default_parameters, **document["parameters"]}
        versions = {**document["versions"], **row.versions}
        return {**document, "samples": samples, "parameters": parameters, "versions": versions}, ()

    def pinned_here(self, document: Mapping[str, Any]) -> Contestant:
        """The chosen contestant of a decision on this disk, every file compared by SHA-256.

        Takes seconds for gigabytes that were not read before. Raises DataEmpty without a choice,
        NotDownloaded, PinnedFileDiffers, and whatever ``contestants`` raises.
        """
        pinned = document.get("contestant")
        if not pinned:
            raise DataEmpty(name="decision")
        chosen = self.contestants([str(pinned["ref"])], str(document["task"]))[0]
        if chosen.remote:
            return chosen
        model = find_local(read_references([chosen.ref])[0], self.library())
        here = {path: (sha256, size) for path, sha256, size in model.files}
        files = []
        for file in pinned["files"]:
            path, sha256 = str(file["path"]), str(file["sha256"])
            if path not in here:
                raise NotDownloaded(repo=chosen.repo, file=path)
            known, size = here[path]
            if size == file["size"] and not known:
                known = file_sha256(Path(model.path) / path)
            if (size, known) != (file["size"], sha256):
                raise PinnedFileDiffers(repo=chosen.repo, file=path)
            files.append((path, sha256, size))
        return replace(chosen, files=tuple(files))

    def reproduced(
        self,
        document: Mapping[str, Any],
        on_event: OnTrial = ignore,
        cancelled: Callable[[], bool] = never,
    ) -> tuple[Reproduction, Measurement]:
        """Run a decision's recorded samples here and compare: files by hash, answers, machine, libraries.

        Raises DataEmpty for a decision without samples, and as ``pinned_here``; a model that fails
        has its error in the measurement.
        """
        chosen = self.pinned_here(document)
        samples = document["samples"]
        if not samples:
            raise DataEmpty(name="samples")
        inputs = [str(sample["input"]) for sample in samples]
        given = dict(document["parameters"])
        row = self._answers(chosen, str(document["task"]), inputs, on_event, cancelled, given)
        same, largest = compared(samples, row.outputs)
        differs = self.differences(document, row.versions)
        n = 0 if row.error is not None else len(samples)
        return Reproduction(chosen.ref, len(chosen.files), n, same, largest, differs), row

    def differences(
        self, document: Mapping[str, Any], versions: Mapping[str, str]
    ) -> tuple[Reason, ...]:
        """What of the machine and the libraries is not as where the decision was made."""
        return differences(document, machine_to_json(self.machine()), versions)

    def _answers(
        self,
        chosen: Contestant,
        task_id: str,
        inputs: list[str],
        on_event: OnTrial,
        cancelled: Callable[[], bool],
        parameters: Mapping[str, Any] | None = None,
    ) -> Measurement:
        task = registry.task(task_id)
        known = {k: v for k, v in (parameters or {}).items() if k in task.default_parameters}
        trial = Trial(
            task_id,
            tuple(inputs),
            (chosen,),
            parameters={**task.default_parameters, **known},
        )
        available = self.machine().memory.available_bytes
        return run_trial(trial, available_bytes=available, on_event=on_event, cancelled=cancelled)[
            0
        ]
