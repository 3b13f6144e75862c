# SPDX-License-Identifier: Apache-2.0
"""Translation: a text in one language in, the same in another out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import BadSetting
from selector.tasks.base import Task, TaskRunner
from selector.tasks.language_codes import ENGLISH, LANGUAGES, LanguageChoice, choice_of, chooses
from selector.tasks.outputs import Event, Failed, Finished, Text
from selector.tasks.readable import without_empty
from selector.tasks.torch_seq2seq import TorchRewriter

MAX_NEW_TOKENS = 256


class TranslationRunner:
    """An encoder-decoder, greedy; the languages are said as its family wants them."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchRewriter) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner. Parameters: source, target (codes of languages), max_new_tokens.

        Raises BadSetting for a language that the model does not name.
        """
        most = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        source = str(parameters.get("source") or "en").strip()
        target = str(parameters.get("target") or "fr").strip()
        told = self._told(source, target)
        kept, refused = without_empty(inputs)
        for refusal in refused:
            yield Failed(int(refusal.facts["index"]), refusal)
        texts = [inputs[i] for i in kept]
        for found in self._model.rewrite(texts, most, cancelled, told):
            yield Finished(kept[found.index], Text(found.text, found.tokens), found.cut)

    def _told(self, source: str, target: str) -> LanguageChoice:
        choice = choice_of(source, target, self._model.knows)
        if choice is not None:
            return choice
        if chooses(self._model.knows):
            pair = f"{source} → {target}"
            raise BadSetting(setting="target", value=pair, allowed=", ".join(LANGUAGES))
        prefixes = self._model.prefixes("translation_")
        if prefix := prefixes.get(f"translation_{source}_to_{target}"):
            return LanguageChoice(prefix)
        if prefixes:
            names = [name.removeprefix("translation_") for name in prefixes]
            pair = f"{source} → {target}"
            raise BadSetting(setting="target", value=pair, allowed=", ".join(sorted(names)))
        if self._model.family == "t5" and source in ENGLISH and target in ENGLISH:
            return LanguageChoice(f"translate {ENGLISH[source]} to {ENGLISH[target]}: ")
        return LanguageChoice()  # it knows one pair


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return TranslationRunner(TorchRewriter(folder, options))


TASK = Task(
    id="translation",
    modality="text",
    title={"en": "Translate texts", "fr": "Traduire des textes"},
    purpose={
        "en": "A text in one language goes in, the same in another comes out: messages, product pages, manuals.",
        "fr": "Un texte dans une langue entre, le même dans une autre ressort : messages, fiches, notices.",
    },
    words={
        "en": (
            "translate", "translation", "translator", "language", "languages", "french", "german", "spanish", "english",
            "into english", "into french", "foreign", "localise", "localize", "multilingual", "subtitle",
        ),
        "fr": (
            "traduire", "traduction", "traducteur", "traduis", "langue", "langues", "anglais", "allemand", "espagnol",
            "français", "en anglais", "en français", "étranger", "localiser", "multilingue", "sous-titre",
        ),
    },
    input_kind="text",
    output_kind="text",
    hub_tags=("translation", "text2text-generation"),
    sample_inputs={
        "en": ("My card has not arrived yet.", "The office is closed on Sundays."),
        "fr": ("Ma carte n’est toujours pas arrivée.", "Le bureau est fermé le dimanche."),
    },
    metrics=("chrf", "bleu", "exact-match"),
    load_torch=_load,
    default_parameters={"max_new_tokens": MAX_NEW_TOKENS, "source": "en", "target": "fr"},
)  # fmt: skip
