# SPDX-License-Identifier: Apache-2.0
"""What models give back, as plain frozen data that survives JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from selector.errors import PetitError


@dataclass(frozen=True, slots=True)
class ScoredLabel:
    """A label and its probability (0 to 1)."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels, most probable first."""

    labels: tuple[ScoredLabel, ...]
    several: bool = False
    """Whether any number of them may hold, each with a probability of its own."""

    @property
    def holding(self) -> tuple[str, ...]:
        """What holds: the most probable label or, of several, those with a probability of one half or more."""
        if not self.several:
            return tuple(x.label for x in self.labels[:1])
        return tuple(x.label for x in self.labels if x.score >= HOLDS)


HOLDS = 0.5
"""Probability from which one of several labels holds."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the model estimates: a grade, a price, a rating."""

    value: float


@dataclass(frozen=True, slots=True)
class Vector:
    """An embedding of ``len(values)`` dimensions, L2-normalised."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosine similarity of two texts, -1 to 1."""

    score: float


@dataclass(frozen=True, slots=True)
class Text:
    """Generated text; ``tokens`` counts the generated tokens."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of the input, what they are, and how probable (0 to 1)."""

    start: int
    end: int
    label: str
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Spans:
    """What was marked in a text, in order."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the input's text that answers, its probability (0 to 1), and its characters there."""

    text: str
    score: float
    start: int
    end: int


Output = Labels | Vector | Similarity | Text | Spans | Passage | Number


@dataclass(frozen=True, slots=True)
class Partial:
    """A piece of streamed text for input number ``index``."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The final output for input number ``index``."""

    index: int
    output: Output
    cut: int = 0
    """Tokens of the input beyond the model's length, which it did not read."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Input number ``index`` gets no output; the others do."""

    index: int
    error: PetitError


Event = Partial | Finished | Failed
"""What a runner gives while it runs."""


def to_json(output: Output) -> dict[str, Any]:
    """A JSON object with ``kind`` naming the shape."""
    match output:
        case Labels(labels, several):
            named = [{"label": x.label, "score": x.score} for x in labels]
            more = {"several": True} if several else {}
            return {"kind": "labels", "labels": named, **more}
        case Vector(values):
            return {"kind": "vector", "values": list(values)}
        case Similarity(score):
            return {"kind": "similarity", "score": score}
        case Text(text, tokens):
            return {"kind": "text", "text": text, "tokens": tokens}
        case Spans(spans):
            return {"kind": "spans", "spans": [asdict(span) for span in spans]}
        case Passage():
            return {"kind": "passage", **asdict(output)}
        case Number(value):
            return {"kind": "number", "value": value}


def from_json(data: dict[str, Any]) -> Output:
    """The inverse of to_json. Raises ValueError, KeyError or TypeError on anything else."""
    match data["kind"]:
        case "labels":
            found = [ScoredLabel(str(x["label"]), float(x["score"])) for x in data["labels"]]
            return Labels(tuple(found), data.get("several") is True)
        case "vector":
            return Vector(tuple(float(x) for x in data["values"]))
        case "similarity":
            return Similarity(float(data["score"]))
        case "text":
            return Text(str(data["text"]), int(data["tokens"]))
        case "spans":
            return Spans(tuple(_span(x) for x in data["spans"]))
        case "passage":
            start, end = int(data["start"]), int(data["end"])
            return Passage(str(data["text"]), float(data["score"]), start, end)
        case "number":
            return Number(float(data["value"]))
        case other:
            raise ValueError(f"unknown output kind {other!r}")


def _span(x: dict[str, Any]) -> Span:
    return Span(int(x["start"]), int(x["end"]), str(x["label"]), float(x["score"]), str(x["text"]))


def answer(output: Output) -> str | float | None:
    """The comparable answer inside an output: top label, text, spans or number; None for a vector."""
    match output:
        case Labels(labels, several):
            if several:
                return "; ".join(sorted(output.holding))
            return labels[0].label if labels else ""
        case Number(value):
            return value
        case Similarity(score):
            return score
        case Text(text, _):
            return text
        case Passage():
            return output.text
        case Spans(spans):
            return "; ".join(f"{span.label}: {span.text}" for span in spans)
        case Vector():
            return None
