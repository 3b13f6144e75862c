# SPDX-License-Identifier: Apache-2.0
"""The filters of a search that are chosen from a list, and what each list has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtWidgets import QComboBox, QWidget

from selector.hub.candidate import LICENCE_CLASSES
from selector.wording import Wording

_MB: Final = 1_000_000
_WEIGHTS: Final = tuple(n * _MB for n in (5, 30, 150, 600, 2_000))


@dataclass(frozen=True, slots=True)
class ChoiceSpec:
    """One filter. The first value filters nothing.

    ``pattern`` is the wording of a value that is a number, given as ``n``; without it each value has
    wording of its own, ``<name>_<value>``, or stands for itself.
    """

    name: str
    values: tuple[Any, ...]
    pattern: str = ""


CHOICES: Final[dict[str, ChoiceSpec]] = {
    "licence": ChoiceSpec("licence", ("any", *LICENCE_CLASSES)),
    "max_params": ChoiceSpec("size", (None, *_WEIGHTS), "size_up_to"),
    "language": ChoiceSpec(
        "language", (None, "en", "fr", "de", "es", "it", "pt", "nl", "ar", "zh")
    ),
    "min_params": ChoiceSpec("least", (None, *_WEIGHTS), "least_from"),
    "max_memory": ChoiceSpec(
        "memory", (None, *(n * _MB for n in (500, 1_000, 2_000, 4_000, 8_000))), "memory_up_to"
    ),
    "max_download": ChoiceSpec(
        "download", (None, *(n * _MB for n in (50, 200, 1_000, 5_000))), "download_up_to"
    ),
    "gated": ChoiceSpec("gated", ("any", "no", "only")),
    "library": ChoiceSpec(
        "library",
        (None, "transformers", "sentence-transformers", "setfit", "onnx", "gguf", "peft"),
    ),
    "changed_days": ChoiceSpec("changed", (None, 90, 365, 730), "changed_within"),
}
"""By the names of Filters' fields, in the order shown."""


def _text(spec: ChoiceSpec, value: Any, wording: Wording) -> str:
    if value is None:
        return wording.text(f"candidates.{spec.name}_any")
    if spec.pattern:
        return wording.text(f"candidates.{spec.pattern}", n=value)
    key = f"candidates.{spec.name}_{str(value).replace('-', '_')}"
    return wording.text(key) if wording.has(key) else str(value)


class FilterChoice(QComboBox):
    """A list of one filter's values."""

    def __init__(self, spec: ChoiceSpec, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = wording.text(f"candidates.{spec.name}_filter")
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._values: Sequence[Any] = spec.values
        for value in spec.values:
            self.addItem(_text(spec, value, wording))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    @property
    def value(self) -> Any:
        """What is chosen."""
        return self._values[self.currentIndex()]

    @property
    def is_set(self) -> bool:
        """Whether it filters anything."""
        return self.currentIndex() > 0

    def set_value(self, value: Any) -> None:
        """Choose this one, or the one that filters nothing."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else 0)
