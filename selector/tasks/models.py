# SPDX-License-Identifier: Apache-2.0
"""What tasks need of a loaded model, whichever engine runs it: a classifier, an embedder, a writer.

Engines make these, tasks turn them into runners. Arrays are numpy's, so that scores, pooling and
decoding are written once for every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Head = Literal["classifier", "embedder", "writer"]
Stop = Callable[[], bool]
Texts = Sequence[str] | Sequence[tuple[str, str]]
"""Texts, or pairs of texts that are read together."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The model's answer for some inputs: one row of ``values`` for each of ``indices``."""

    indices: Sequence[int]
    values: Any
    """A numpy array (inputs, width), float32."""
    cut: Sequence[int] = ()
    """Tokens at each input's end that the model did not read; empty when nothing was cut."""


@dataclass(slots=True)
class Written:
    """What a writer knows of one text once its pieces have ended."""

    text: str = ""
    tokens: int = 0
    cut: int = 0
    """Tokens of the input that were left out."""


class Classifier(Protocol):
    """A sequence classifier."""

    parameters: int
    labels: tuple[str, ...]
    several: bool
    """Whether several labels may hold at once (sigmoid instead of softmax)."""
    number: bool
    """Whether its one value is an estimate and not the probability of a label."""

    def logits(self, texts: Texts, stop: Stop) -> Iterator[Rows]:
        """Every text's logits, in any order; ends early when ``stop()`` becomes true."""


class Embedder(Protocol):
    """An encoder with its pooling."""

    parameters: int

    def vectors(self, texts: Sequence[str], stop: Stop) -> Iterator[Rows]:
        """Every text's vector of length one, in any order; ends early when ``stop()`` becomes true."""


class Writer(Protocol):
    """A causal language model with its tokenizer and chat template."""

    parameters: int

    def write(
        self, text: str, parameters: Mapping[str, Any], stop: Stop, written: Written
    ) -> Iterator[str]:
        """Pieces of the answer as they come; ``written`` is filled in when they have ended.

        Parameters: max_new_tokens, temperature (0: greedy), seed.
        """


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels that a configuration declares, and whether several apply at once."""

    names: tuple[str, ...]
    several: bool
    number: bool = False
    """Whether the model estimates a number: one label, and trained for regression."""
    declared: bool = field(default=True)
    """False when the configuration names no label and the two of transformers' default are assumed."""


def labels_of(config: Mapping[str, Any]) -> LabelSet:
    """Read config.json as transformers does: ``id2label`` with keys of any spelling, else two labels."""
    named = config.get("id2label")
    stated = config.get("num_labels")
    count = stated if isinstance(stated, int) and 0 < stated <= 1_000_000 else 2
    names: dict[int, str] = {}
    if isinstance(named, Mapping):
        for key, label in named.items():
            if str(key).isdecimal():
                names[int(key)] = str(label)
        count = len(named) or count
    several = config.get("problem_type") == "multi_label_classification" or count == 1
    number = count == 1 and config.get("problem_type") == "regression"
    listed = tuple(names.get(i, f"LABEL_{i}") for i in range(count))
    return LabelSet(listed, several, number, bool(names))
