# SPDX-License-Identifier: Apache-2.0
"""The forms that Petit has made and still keeps: what each takes, what it is worth, and removing it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from selector.engines.json_files import read_object
from selector.engines.made import RECORD, Fidelity, fidelity_of
from selector.errors import BadReference
from selector.reference import Reference, parse_reference

_KEY = re.compile(r"[0-9a-f]{32}")
_PRECISION = re.compile(r"[A-Za-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class MadeForm:
    """One form of one model; bytes, seconds since the epoch."""

    repo: str
    engine: str
    precision: str
    folder: str
    """Holds every form made from the same files."""
    bytes: int
    last_used: float | None
    fidelity: Fidelity

    @property
    def ref(self) -> str:
        """``ORG/NAME#ENGINE-PRECISION``."""
        return str(Reference(self.repo, None, self.engine, self.precision))

    def to_json(self) -> dict[str, Any]:
        """Every field, and the reference."""
        return {"ref": self.ref, **asdict(self)}


def made_forms(made: Path) -> tuple[MadeForm, ...]:
    """What is in the folder ``made``, by name. Never raises for what it finds there."""
    try:
        folders = [path for path in made.iterdir() if _KEY.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return ()
    found = [form for folder in folders for form in _forms(folder)]
    return tuple(sorted(found, key=lambda form: (form.repo.lower(), form.ref, form.folder)))


def _forms(folder: Path) -> Iterator[MadeForm]:
    record = read_object(folder / RECORD)
    checks = record.get("checks")
    try:
        repo = parse_reference(str(record.get("repo"))).repo
        engine = parse_reference(f"{repo}#{record.get('engine', 'onnx')}").engine
    except BadReference:
        return
    for precision in checks if isinstance(checks, Mapping) else ():
        fidelity = fidelity_of(folder, str(precision))
        if fidelity is None or engine is None or not _PRECISION.fullmatch(str(precision)):
            continue
        sizes, used = 0, 0.0
        for path in _files(folder, record, str(precision)):
            try:
                state = path.stat()
            except OSError:
                continue
            sizes += state.st_size
            used = max(used, state.st_atime, state.st_mtime)
        yield MadeForm(repo, engine, str(precision), str(folder), sizes, used or None, fidelity)


def _files(folder: Path, record: Mapping[str, Any], precision: str) -> list[Path]:
    """The graph and its weights, which stand beside it under a longer name; nothing outside ``folder``."""
    name = str(record["checks"][precision].get("file", ""))
    if name != Path(name).name or not name.strip("."):
        return []
    return [
        path for path in folder.iterdir() if path.name == name or path.name.startswith(f"{name}.")
    ]


def remove_made(form: MadeForm) -> int:
    """Delete one form; the last one takes its folder along. Gives the bytes freed. Raises OSError."""
    folder = Path(form.folder)
    record = dict(read_object(folder / RECORD))
    checks = dict(record.get("checks") or {})
    if form.precision not in checks:
        return 0
    doomed = _files(folder, record, form.precision)
    del checks[form.precision]
    if not checks:
        shutil.rmtree(folder)
        return form.bytes
    # First the record: what it does not name is not taken for a form, whatever is left of it.
    new = folder / f"{RECORD}.new"
    new.write_text(json.dumps({**record, "checks": checks}, indent=1), encoding="utf-8")
    new.replace(folder / RECORD)
    for path in doomed:
        path.unlink(missing_ok=True)
    return form.bytes
