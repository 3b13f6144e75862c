# SPDX-License-Identifier: Apache-2.0
"""Translations: each family is told its languages as it wants them, and others are refused by name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.errors import BadSetting
from selector.tasks.language_codes import LANGUAGES, LanguageChoice, choice_of, chooses
from selector.tasks.outputs import Failed, Finished, Text
from selector.tasks.torch_seq2seq import TorchRewriter
from selector.tasks.translation import TranslationRunner
from tests.tiny_models import make_translator

CODES = ["eng_Latn", "fra_Latn", "deu_Latn"]


def with_tokens(folder: Path, tokens: Sequence[str]) -> Path:
    """Put tokens for languages in the places of letters of the tokenizer's vocabulary."""
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text())
    vocabulary = data["model"]["vocab"]
    for number, token in enumerate(tokens):
        place = vocabulary.pop(f"##{'zyxwv'[number]}")
        vocabulary[token] = place
        data["added_tokens"].append(
            {
                "id": place, "content": token, "special": True, "single_word": False,
                "lstrip": False, "rstrip": False, "normalized": False,
            }
        )  # fmt: skip
    path.write_text(json.dumps(data))
    return folder


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_translator(tmp_path_factory.mktemp("pair") / "tiny")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_tokens(make_translator(tmp_path_factory.mktemp("many") / "tiny"), CODES)


def texts(folder: Path, given: Sequence[str], **parameters: object) -> list[str]:
    runner = registry.task("translation").load_torch(folder, {"threads": 1})
    events = runner.run(given, {"max_new_tokens": 12, **parameters}, lambda: False)
    found = {x.index: x.output for x in events if isinstance(x, Finished)}
    outputs = [found[i] for i in range(len(given))]
    return [output.text for output in outputs if isinstance(output, Text)]


def test_a_model_of_one_pair_needs_no_languages_and_batches_change_nothing(pair: Path) -> None:
    given = ["my card is lost", "refund", "where is the card " * 30]
    together = texts(pair, given)
    assert together == texts(pair, given, source="de", target="es")
    assert together == [texts(pair, [text])[0] for text in given]


def test_the_answer_begins_in_the_language_asked_for(many: Path) -> None:
    model = TorchRewriter(many, {"threads": 1})
    told = choice_of("en", "fr", model.knows)
    assert told == LanguageChoice("eng_Latn", before_is_token=True, first="fra_Latn")
    encoded, cut = model._encode(["my card", "refund " * 100], told)
    vocabulary = model._vocabulary
    assert [row[0] for row in encoded["input_ids"]] == [vocabulary["eng_Latn"]] * 2
    assert len(encoded["input_ids"][1]) == 64
    assert cut[0] == 0 < cut[1]
    # The model that is forced to begin otherwise goes on otherwise.
    assert texts(many, ["my card is lost"], target="fr") != texts(
        many, ["my card is lost"], target="de"
    )
    assert not any(code in text for text in texts(many, ["my card"]) for code in CODES)


def test_a_language_that_the_model_does_not_name_is_refused(many: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as caught:
        texts(many, ["my card"], target="ja")
    assert caught.value.facts["value"] == "en → ja"
    t5 = make_translator(tmp_path / "t5")
    path = t5 / "config.json"
    named = {"task_specific_params": {"translation_en_to_fr": {"prefix": "refund: "}}}
    path.write_text(json.dumps({**json.loads(path.read_text()), **named}))
    runner = TranslationRunner(TorchRewriter(t5, {}))
    assert runner._told("en", "fr") == LanguageChoice("refund: ")
    with pytest.raises(BadSetting) as caught:
        runner._told("fr", "en")
    assert caught.value.facts["allowed"] == "en_to_fr"


def test_an_empty_text_is_named_and_the_others_go_on(pair: Path) -> None:
    runner = registry.task("translation").load_torch(pair, {"threads": 1})
    events = runner.run(["my", " ", "card"], {"max_new_tokens": 3}, lambda: False)
    found = {x.index: type(x) for x in events}
    assert found == {0: Finished, 1: Failed, 2: Finished}


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        (["__en__", "__fr__"], LanguageChoice("__en__", True, "__fr__")),
        (["eng_Latn", "fra_Latn"], LanguageChoice("eng_Latn", True, "fra_Latn")),
        (["en_XX", "fr_XX"], LanguageChoice("en_XX", True, "fr_XX")),
        (["<2fr>", "<2en>"], LanguageChoice("<2fr>", True)),
        ([">>fra<<", ">>spa<<"], LanguageChoice(">>fra<<", True)),
        (["fr", "en"], None),
        ([], None),
    ],
)
def test_each_family_has_its_own_way(tokens: list[str], wanted: LanguageChoice | None) -> None:
    assert choice_of("en", "fr", tokens.__contains__) == wanted
    assert chooses(tokens.__contains__) == (wanted is not None)


@given(st.text(max_size=8), st.text(max_size=8))
def test_any_words_for_languages_are_a_choice_or_none(source: str, target: str) -> None:
    known = {"eng_Latn", "fra_Latn", "__en__", "__fr__", *LANGUAGES}
    found = choice_of(source, target, known.__contains__)
    assert found is None or (found.before in known and found.first in known)
