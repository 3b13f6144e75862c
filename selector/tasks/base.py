# SPDX-License-Identifier: Apache-2.0
"""The contract of a task: one frozen description, one runner on the transformers Auto classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from selector.tasks.outputs import Event

if TYPE_CHECKING:
    from pathlib import Path

    from selector.tasks.models import Head

Language = Literal["en", "fr"]
Modality = Literal["text", "image", "audio", "video", "biology", "chemistry", "table"]
InputKind = Literal["text", "text_pair", "image", "audio"]
OutputKind = Literal["labels", "vector", "similarity", "text", "spans", "passage", "number"]

FILE_KINDS: frozenset[InputKind] = frozenset({"image", "audio"})
"""Inputs that are paths of files."""

PAIR_SEPARATOR = "\t"
"""A ``text_pair`` input is one string: the two texts joined by a tab. An ``image`` or
``audio`` is the path of a file."""


class TaskRunner(Protocol):
    """A loaded model ready to run one task. Made by ``Task.load`` inside a worker."""

    parameters: int
    labels: tuple[str, ...]

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """Run every input; exactly one Finished or Failed for each unless ``cancelled()`` becomes true.

        They may come in any order (tight batches); ``index`` counts within ``inputs``. What it raises
        (RunFailed, OutOfMemory, with the input's ``index`` where one is to blame) ends the run; ``Items``
        goes on with the others.
        """


@dataclass(frozen=True, slots=True)
class Task:
    """One job a small model can do. ``id`` is the Hub's pipeline tag."""

    id: str
    modality: Modality
    title: Mapping[Language, str]
    purpose: Mapping[Language, str]
    """One plain sentence: what goes in, what comes out, with an example."""
    words: Mapping[Language, tuple[str, ...]]
    """Plain words people use for this job, for matching; lower case, accents kept."""
    input_kind: InputKind
    output_kind: OutputKind
    hub_tags: tuple[str, ...]
    """Pipeline tags to ask the Hub for, best first; old tags included."""
    sample_inputs: Mapping[Language, tuple[str, ...]]
    metrics: tuple[str, ...]
    """Metric ids of selector/decide/metrics.py; the first is the default."""
    load_torch: Callable[[Path, Mapping[str, Any]], TaskRunner]
    """Load a local snapshot with the transformers Auto classes (imports torch inside).

    Options: ``precision`` (fp32, fp16, bf16), ``device`` (cpu, cuda), ``threads``.
    Raises LoadFailed, UnsupportedModel, OutOfMemory.
    """
    head: Head | None = None
    """What ``runner`` takes. Engines other than torch run the tasks that name it."""
    runner: Callable[[Any], TaskRunner] | None = None
    """Makes this task's runner from a loaded model of kind ``head`` (see selector/tasks/models.py)."""
    streams: bool = False
    default_parameters: Mapping[str, Any] = field(default_factory=dict)
    asks_labels: bool = False
    """Whether the parameter ``labels`` holds the user's own categories."""
    parts: Mapping[Language, tuple[str, str]] = field(default_factory=dict)
    """What the two texts of a ``text_pair`` are called, where they are not alike."""
