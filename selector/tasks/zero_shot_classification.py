# SPDX-License-Identifier: Apache-2.0
"""Zero-shot classification: a text and categories of one's own in, how well each category fits out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import BadSetting, RunFailed, UnsupportedModel
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Labels, ScoredLabel
from selector.tasks.readable import without_empty
from selector.tasks.text_classification import probabilities
from selector.tasks.torch_pairs import TorchPairClassifier

MOST_LABELS = 200
HYPOTHESIS = "This text is about {}."


def entailment_place(labels: Sequence[str]) -> int | None:
    """Which label says that the first text implies the second; None when none does."""
    folded = [label.strip().casefold() for label in labels]
    found = [i for i, label in enumerate(folded) if label.startswith("entail")]
    return found[0] if len(found) == 1 and len(labels) > 1 else None


def contradiction_place(labels: Sequence[str]) -> int | None:
    """Which label says that the second text is wrong, or at least not implied."""
    folded = [label.strip().casefold() for label in labels]
    for start in ("contradict", "not_entail", "not entail", "non_entail", "neutral"):
        for place, label in enumerate(folded):
            if label.startswith(start):
                return place
    return None


class ZeroShotRunner:
    """A model of textual inference: each category is a sentence that the text implies, or does not.

    The rule of Yin et al. 2019: over the categories the softmax of their entailment, or, where several
    may hold, of each its entailment against its contradiction.
    """

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchPairClassifier, repo: str) -> None:
        entailment = entailment_place(model.labels)
        if entailment is None:
            facts = {"labels": ", ".join(model.labels[:5])}
            raise UnsupportedModel(repo=repo, reason="risk.no_entailment", **facts)
        self._model = model
        self._entailment = entailment
        self._contradiction = contradiction_place(model.labels)
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner. Parameters: labels, hypothesis (with ``{}`` for a label), several.

        Raises BadSetting.
        """
        import numpy as np

        labels, hypothesis = _labels(parameters), str(parameters.get("hypothesis") or HYPOTHESIS)
        if hypothesis.count("{}") != 1:
            raise BadSetting(setting="hypothesis", value=hypothesis[:60], allowed="… {} …")
        several = bool(parameters.get("several", False)) or len(labels) == 1
        kept, refused = without_empty(inputs)
        for refusal in refused:
            yield Failed(int(refusal.facts["index"]), refusal)
        claims = [hypothesis.replace("{}", label) for label in labels]
        pairs = [(inputs[i], claim) for i in kept for claim in claims]
        known: dict[int, dict[int, Any]] = {}
        cut: dict[int, int] = {}
        for rows in self._model.logits(pairs, cancelled):
            for place, number in enumerate(rows.indices):
                index, column = kept[number // len(claims)], number % len(claims)
                known.setdefault(index, {})[column] = rows.values[place]
                cut[index] = max(cut.get(index, 0), rows.cut[place])
                if len(known[index]) < len(claims):
                    continue
                logits = np.stack([known[index][i] for i in range(len(claims))])
                del known[index]
                scores = self._scores(logits, several)
                if not np.isfinite(scores).all():
                    yield Failed(index, RunFailed(detail="the scores are not numbers"))
                    continue
                ranked = sorted(
                    zip(labels, scores.tolist(), strict=True), key=lambda pair: -pair[1]
                )
                found = Labels(tuple(ScoredLabel(name, score) for name, score in ranked))
                yield Finished(index, found, cut[index])

    def _scores(self, logits: Any, several: bool) -> Any:
        """Logits (categories, labels of inference) to a score for each category."""
        if not several:
            return probabilities(logits[None, :, self._entailment], several=False)[0]
        against = self._contradiction
        if against is None:
            return probabilities(logits, several=False)[:, self._entailment]
        return probabilities(logits[:, [against, self._entailment]], several=False)[:, 1]


def _labels(parameters: Mapping[str, Any]) -> list[str]:
    """The categories, each once. Raises BadSetting."""
    given = parameters.get("labels") or ()
    labels = list(dict.fromkeys(str(x).strip() for x in given if str(x).strip()))
    if not 1 <= len(labels) <= MOST_LABELS:
        raise BadSetting(setting="labels", value=len(labels), allowed=f"1–{MOST_LABELS}")
    return labels


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    repo = str(options.get("repo", folder.name))
    return ZeroShotRunner(TorchPairClassifier(folder, options), repo)


TASK = Task(
    id="zero-shot-classification",
    modality="text",
    title={
        "en": "Sort into categories of your own",
        "fr": "Classer selon vos catégories",
    },
    purpose={
        "en": "You name the categories; each text gets the one that fits best, without any example of it.",
        "fr": "Vous nommez les catégories ; chaque texte reçoit celle qui convient le mieux, sans aucun exemple.",
    },
    words={
        "en": (
            "zero-shot", "own", "custom", "invented", "untrained", "without", "training", "examples", "arbitrary",
            "choice", "assign", "theme", "label", "category", "sort", "classify",
        ),
        "fr": (
            "propres", "inventer", "mesure", "zéro", "sans", "entraînement", "exemple", "choix", "attribuer",
            "affecter", "thème", "étiquette", "catégorie", "trier", "classer",
        ),
    },
    input_kind="text",
    output_kind="labels",
    hub_tags=("zero-shot-classification",),
    sample_inputs={
        "en": ("My card has not arrived and nobody answers.", "How do I change my PIN?"),
        "fr": ("Ma carte n’est pas arrivée et personne ne répond.", "Comment changer mon code ?"),
    },
    metrics=("accuracy", "macro-f1"),
    load_torch=_load,
    default_parameters={
        "labels": ("complaint", "question", "praise"),
        "hypothesis": HYPOTHESIS,
        "several": False,
    },
    asks_labels=True,
)  # fmt: skip
