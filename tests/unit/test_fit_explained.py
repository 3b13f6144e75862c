# SPDX-License-Identifier: Apache-2.0
"""A prediction says where memory goes, what its speed rests on, and what it would take to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.fit.predict import TIGHT, predict, predict_memory
from selector.fit.workload import Workload
from selector.hub.candidate import Candidate
from selector.hub.explained import (
    Explained,
    change_lines,
    explain,
    memory_line,
    parts_of,
    speed_lines,
)
from selector.hub.judge import candidate_of, row_of_page
from selector.machine.facts import Experience, Machine, Memory
from selector.wording import LANGUAGES, Wording
from tests.unit.test_fit import BERT, CLASSIFY, LLAMA, MACHINE, WRITE, G, M

SMALL = [("config.json", 700), ("tokenizer.json", 700_000), ("tokenizer_config.json", 300)]


def found(
    config: Mapping[str, Any], parameters: int, files: list[tuple[str, int]], task: str, machine: Machine
) -> tuple[Candidate, Explained]:  # fmt: skip
    facts = ModelFacts(
        "a/b", "0" * 40, tuple(FileFact(*each) for each in [*SMALL, *files]), config=config,
        parameters=parameters, parameters_by_dtype={"F32": parameters}, weight_format="safetensors",
        basis="header",
    )  # fmt: skip
    wanted = registry.task(task)
    row = row_of_page({"id": facts.repo}, facts)
    candidate = candidate_of(row, wanted, machine, registry.engines(), predict)
    explained = explain(candidate, wanted, machine)
    assert explained is not None
    return candidate, explained


def here(total: int, free: int) -> Machine:
    return replace(MACHINE, memory=Memory(total, free))


WEIGHTS = [("model.safetensors", 438 * M)]


def test_the_parts_are_the_whole() -> None:
    _, explained = found(BERT, 109 * M, WEIGHTS, CLASSIFY, MACHINE)
    fit = explained.fit
    assert fit.memory_bytes is not None
    assert sum(size for _, size in fit.parts) == pytest.approx(fit.memory_bytes.expected)
    assert {"engine", "weights"} <= {name for name, _ in parts_of(fit)}
    assert explained.changes == ()  # it fits


def test_what_is_said_is_said_in_both_languages_without_gaps() -> None:
    used = replace(
        here(2 * G, 500 * M), experience=(Experience("speed", "torch", "llama", 3, 0.0),)
    )
    for machine in (MACHINE, used):
        for config, task in ((BERT, CLASSIFY), (LLAMA, WRITE), ({}, CLASSIFY)):
            _, explained = found(config, 400 * M, WEIGHTS, task, machine)
            for language in LANGUAGES:
                words = Wording(language)
                lines = [
                    memory_line(explained.fit, words),
                    *speed_lines(explained.fit, words),
                    *change_lines(explained, words),
                ]
                assert len(lines) > 4
                for line in lines:
                    assert line
                    assert "…" not in line
                    assert "fit_says" not in line
                    assert "would_take" not in line


def test_a_smaller_form_is_what_it_takes() -> None:
    files = [("model.safetensors", 1600 * M), ("onnx/model_quantized.onnx", 100 * M)]
    machine = here(4 * G, 1200 * M)
    candidate, _ = found({**BERT, "num_hidden_layers": 56}, 400 * M, files, CLASSIFY, machine)
    torch = next(v for v in candidate.variants if (v.engine, v.precision) == ("torch", "fp32"))
    large = replace(
        candidate,
        variants=(torch, *(v for v in candidate.variants if v is not torch)),
        engine="torch",
        precision="fp32",
    )
    explained = explain(large, registry.task(CLASSIFY), machine)
    assert explained is not None
    assert explained.fit.verdict in {"no", "tight"}
    codes = [change.code for change in explained.changes]
    assert codes[0] == "would_take.form"
    assert explained.changes[0].facts["form"] == "onnx-int8"
    assert codes[-1] in {"would_take.more", "would_take.other_machine"}


def test_a_shorter_text_is_what_it_takes_where_the_cache_is_too_large() -> None:
    wide = {**LLAMA, "num_key_value_heads": 9, "num_hidden_layers": 60}
    machine = here(4 * G, 1500 * M)
    candidate, explained = found(wide, 150 * M, [("model.safetensors", 600 * M)], WRITE, machine)
    if explained.fit.verdict == "fits":
        machine = here(4 * G, 1100 * M)
        candidate, explained = found(
            wide, 150 * M, [("model.safetensors", 600 * M)], WRITE, machine
        )
    context = [c for c in explained.changes if c.code == "would_take.context"]
    for change in context:
        memory = predict_memory(
            candidate.facts, str(candidate.precision), str(candidate.engine),
            work=Workload(1, change.facts["tokens"], 0), machine=machine,
        )  # fmt: skip
        assert memory is not None
        assert memory.high <= TIGHT * machine.memory.available_bytes


def test_more_free_memory_or_another_machine_is_told_apart() -> None:
    _, closed = found(BERT, 109 * M, WEIGHTS, CLASSIFY, here(16 * G, 300 * M))
    _, small = found(BERT, 109 * M, WEIGHTS, CLASSIFY, here(600 * M, 300 * M))
    assert closed.changes[-1].code == "would_take.more"
    assert small.changes[-1].code == "would_take.other_machine"
    enough = closed.changes[-1].facts["bytes"] + 300 * M
    _, then = found(BERT, 109 * M, WEIGHTS, CLASSIFY, here(16 * G, enough + 1))
    assert then.fit.verdict == "fits"


def test_nothing_to_run_is_nothing_to_explain() -> None:
    facts = ModelFacts("a/b", "0" * 40, (FileFact("pytorch_model.bin", 9),), weight_format="pickle")
    wanted = registry.task(CLASSIFY)
    row = row_of_page({"id": facts.repo}, facts)
    candidate = candidate_of(row, wanted, MACHINE, registry.engines(), predict)
    assert explain(candidate, wanted, MACHINE) is None
