# SPDX-License-Identifier: Apache-2.0
"""A folder that runs the chosen model with Python, offline, with the model's files inside.

The Python files are copied as they are from ``resources/exports/python``; everything that comes from a
model or a user travels in JSON, and in a README with its markup taken away. Nothing from outside is
ever pasted into code.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import string
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selector.decide.document import check, save
from selector.decide.pinned import verify_file
from selector.engines.made import fidelity_of
from selector.errors import (
    DamagedFile,
    DecisionUnreadable,
    FormatUnsuited,
    NotDownloaded,
    TargetNotWritable,
)
from selector.exports.base import Export, ExportRequest
from selector.exports.locked import write_hashed
from selector.exports.python_model import DISTRIBUTIONS, Carried, carried, templates, tolerance
from selector.exports.target import files_below, filling
from selector.paths import resources_root
from selector.tasks.base import Language
from selector.trial.measurement import Contestant
from selector.wording import Wording

LINK_FROM = 16 * 1024 * 1024
"""Larger files are hard-linked where the disk allows it; nobody edits weights by hand."""
_VERSION = re.compile(r"\d[0-9A-Za-z.]{0,40}")


def _write(request: ExportRequest) -> list[Path]:
    with filling(request.folder) as folder:
        write_project(request, folder, "python")
        write_hashed(folder, request.contestant.engine)
    return files_below(request.folder)


def write_project(request: ExportRequest, folder: Path, form: str) -> None:
    """The whole project into ``folder``; ``form`` is the format that asks for it.

    Raises FormatUnsuited, DecisionUnreadable, DamagedFile, NotDownloaded, TargetNotWritable, OSError.
    """
    check(request.document, str(request.folder))
    contestant, task = request.contestant, str(request.document["task"])
    code = templates(task, contestant.engine)
    if not code:
        raise FormatUnsuited(format=form, task=task, engine=contestant.engine, repo=contestant.repo)
    pinned = request.document["contestant"]
    if pinned is None or pinned["ref"] != contestant.ref or not contestant.files:
        raise DecisionUnreadable(path=str(request.folder), reason="contestant")
    model = carried(contestant, pinned)
    for name, path in code.items():
        shutil.copyfile(path, folder / name)
    copy_model(contestant.repo, model, folder / "model")
    _write_json(folder / "settings.json", _settings(request.document, contestant, model))
    _write_json(folder / "samples.json", request.document["samples"])
    save(request.document, folder / "decision.petit.json")
    named = DISTRIBUTIONS[contestant.engine]
    write_text(folder / "requirements.txt", pinned_lines(named, request.document["versions"]))
    readme = resources_root() / "exports" / "python" / f"README.{request.language}.md"
    facts = readme_facts(request, contestant)
    filled = string.Template(readme.read_text(encoding="utf-8")).substitute(facts)
    write_text(folder / "README.md", filled)


def _suits(task: str, engine: str) -> bool:
    return bool(templates(task, engine))


def _settings(
    document: Mapping[str, Any], contestant: Contestant, model: Carried
) -> dict[str, Any]:
    return {
        "ref": contestant.ref,
        "task": document["task"],
        "engine": contestant.engine,
        "precision": contestant.precision,
        "parameters": document["parameters"],
        "tolerance": tolerance(contestant.engine, contestant.precision),
        **model.settings,
        "files": [{"path": p, "sha256": s, "size": n} for p, _, s, n in model.files],
    }


def copy_model(repo: str, model: Carried, target: Path) -> None:
    """Copy or link every file; one that is not the pinned one stops the export.

    Raises DamagedFile, NotDownloaded, TargetNotWritable.
    """
    for name, path, sha256, size in model.files:
        # In the Hub's cache a file is a link to a blob: it is the blob that gets linked.
        source = path.resolve()
        if not source.is_file():
            raise NotDownloaded(repo=repo, file=name)
        copy = target / name
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source, copy)
            verify_file(copy, sha256, size)
        except DamagedFile:
            raise DamagedFile(file=name, repo=repo) from None
        except OSError as error:
            raise TargetNotWritable(path=str(target), detail=str(error)) from error


def _link_or_copy(source: Path, copy: Path) -> None:
    if source.stat().st_size >= LINK_FROM:
        try:
            os.link(source, copy)
        except OSError:
            pass  # another disk, or one without links
        else:
            return
    shutil.copyfile(source, copy)


def pinned_lines(named: Iterable[str], versions: Mapping[str, str]) -> str:
    """Pinned to what ran; a local part such as ``+cpu`` is on no index and goes."""
    lines = []
    for name in named:
        version = versions.get(name)
        if version is None:
            try:
                version = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        public = version.partition("+")[0]
        if _VERSION.fullmatch(public):
            lines.append(f"{name}=={public}\n")
    return "".join(lines)


def _evidence(metric: Mapping[str, Any], language: Language) -> str:
    words = Wording(language)
    if metric.get("basis", "examples") != "examples":
        return words.text(f"export.by_{metric['basis']}", n=metric["n"], score=metric["score"])
    if metric["score"] is None or metric["interval"] is None:
        return words.text("export.not_measured")
    low, high = metric["interval"]
    return words.text(
        "export.measured",
        metric=_plain(metric["id"]),
        n=metric["n"],
        score=metric["score"],
        low=low,
        high=high,
    )


def _compared(document: Mapping[str, Any], contestant: Contestant, words: Wording) -> str:
    """What a form that Petit made is worth against the original: on sentences, and on the user's examples."""
    if not contestant.made:
        return words.text("export.own_files")
    said = []
    if (found := fidelity_of(Path(contestant.made), contestant.precision)) is not None:
        said.append(words.text("export.fidelity", **asdict(found)))
    model = contestant.ref.partition("#")[0]
    scores = {x["ref"]: x["score"] for x in document["models"] if x["score"] is not None}
    mine = scores.pop(contestant.ref, None)
    for ref, score in scores.items():
        if mine is not None and ref.partition("#")[0] == model:
            form = _plain(ref.partition("#")[2])
            change = words.points(mine - score)
            said.append(
                words.text("export.change", form=form, n=document["metric"]["n"], change=change)
            )
    return " ".join(said) or words.text("export.not_compared")


def readme_facts(request: ExportRequest, contestant: Contestant) -> dict[str, str]:
    """What is told of the model, without anything that Markdown or HTML would read as more than text."""
    document = request.document
    return {
        "name": _plain(contestant.repo.rpartition("/")[2]),
        "task": _plain(document["task"]),
        "repo": _plain(contestant.repo),
        "revision": _plain(contestant.revision),
        "engine": _plain(contestant.engine),
        "precision": _plain(contestant.precision),
        "tolerance": f"{tolerance(contestant.engine, contestant.precision):g}",
        "licence": _plain(document["licence"]["id"] or "?"),
        "evidence": _evidence(document["metric"], request.language),
        "compared": _compared(document, contestant, Wording(request.language)),
    }


def _plain(text: str) -> str:
    """One line without anything that Markdown or HTML would read as more than text."""
    kept = "".join(c for c in text if c.isalnum() or c in " -_./@#+:")
    return " ".join(kept.split())[:200] or "?"


def _write_json(path: Path, data: Any) -> None:
    write_text(path, json.dumps(data, ensure_ascii=True, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """UTF-8 with plain line ends, on every system."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


EXPORT = Export(
    id="python",
    rank=30,
    title={"en": "Python project", "fr": "Projet Python"},
    purpose={
        "en": "A folder with the model and predict.py: a function, a command, pinned versions, a test. Runs offline.",
        "fr": "Un dossier avec le modèle et predict.py : fonction, commande, versions figées, test. Marche hors ligne.",
    },
    write=_write,
    runs=True,
    suits=_suits,
)
