# SPDX-License-Identifier: Apache-2.0
"""The forms of a model that lie on this disk, from the names and sizes of its files. Reads no weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from selector.engines.facts import FileFact, ModelFacts
from selector.hub import checked
from selector.hub.forms import forms_of

_DTYPES: Mapping[str, str] = {
    "float64": "F64", "float32": "F32", "bfloat16": "BF16", "float16": "F16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredForm:
    """One form: its format, its precision (``stored`` when nobody says), the bytes of its weights."""

    format: str
    precision: str
    bytes: int

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def stored_forms(
    files: Iterable[tuple[str, int]], config: Mapping[str, Any]
) -> tuple[StoredForm, ...]:
    """Forms whose weights are here, the safest format first.

    What safetensors hold is what ``config`` says (``dtype``), or the name of the file.
    """
    sizes = dict(files)
    stated = checked.text(config.get("dtype") or config.get("torch_dtype"), 20) or ""
    dtype = _DTYPES.get(stated.removeprefix("torch."))
    facts = ModelFacts(
        "", "", tuple(FileFact(path, size) for path, size in sizes.items()),
        parameters_by_dtype={dtype: 1} if dtype else {},
    )  # fmt: skip
    forms = forms_of(facts)
    taken = [sum(sizes[path] for path in form.paths) for form in forms]
    return tuple(
        StoredForm(form.format, form.precision, size)
        for form, size in zip(forms, taken, strict=True)
        if size
    )
