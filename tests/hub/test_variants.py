# SPDX-License-Identifier: Apache-2.0
"""One model in all its forms: found, joined, judged, picked with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import FileFact, ModelFacts
from selector.fit.base import Fit, Verdict
from selector.fit.predict import predict
from selector.hub.candidate import Reason, Variant
from selector.hub.client import HubClient
from selector.hub.forms import EMPTY, forms_of, is_empty
from selector.hub.judge import Row, brief_of, candidate_of, row_of, with_all_forms
from selector.hub.licences import classify
from selector.hub.results import candidate_from_json, candidate_to_json
from selector.hub.search import search
from selector.hub.siblings import base_of, group
from selector.hub.variants import Offer, explained, lead, pick, variants_of
from selector.intervals import Interval
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.tasks.base import Task
from tests.hub.conftest import CLASSIFIER, folder
from tests.loopback_hub import LoopbackHub, Repository

SHA = "a" * 40
TASK = registry.task("text-classification")
LAPTOP = Machine("Linux", Cpu("cpu", 4, 8), Memory(16 * 10**9, 8 * 10**9), (), Disk("/", 10**11))


def model(*paths: str, size: int = 1000, **fields: Any) -> ModelFacts:
    files = tuple(FileFact(path, size * (n + 1)) for n, path in enumerate(paths))
    base = ModelFacts(
        "org/m", SHA, files, config=dict(CLASSIFIER), parameters=10_000_000,
        parameters_by_dtype={"F32": 10_000_000}, weight_format="safetensors", basis="header",
    )  # fmt: skip
    return replace(base, **fields)


# -- forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["model.safetensors"], [("safetensors", "fp32")]),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], [("safetensors", "fp32")]),
        (["model.fp16.safetensors", "model.safetensors"], [("safetensors", "fp16"), ("safetensors", "fp32")]),
        (["onnx/model.onnx", "onnx/model_quantized.onnx", "onnx/model_q4f16.onnx"],
         [("onnx", "fp32"), ("onnx", "int8"), ("onnx", "q4f16")]),
        (["m-Q4_K_M.gguf", "m.q8_0.gguf", "m-IQ3_XXS.gguf", "m-BF16.gguf", "mmproj-m-f16.gguf"],
         [("gguf", "q4_k_m"), ("gguf", "q8_0"), ("gguf", "iq3_xxs"), ("gguf", "bf16")]),
        (["big-Q8_0-00001-of-00002.gguf", "big-Q8_0-00002-of-00002.gguf"], [("gguf", "q8_0")]),
        (["pytorch_model.bin", "vocab.txt", "optimizer.pt"], [("pickle", "stored")]),
        (["unet/model.safetensors", "adapter_model.safetensors"], []),
    ],
)  # fmt: skip
def test_forms_are_read_off_file_names(paths: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(form.format, form.precision) for form in forms_of(model(*paths))] == expected


def test_numbers_beside_a_large_onnx_model_belong_to_it() -> None:
    (form,) = forms_of(model("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1"))
    assert set(form.paths) == {
        "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1"
    }  # fmt: skip


@given(st.lists(st.text(min_size=1, max_size=30), max_size=8))
def test_any_file_names_have_forms(paths: list[str]) -> None:
    named = {path for form in forms_of(model(*paths)) for path in form.paths}
    assert named <= set(paths)


# -- one repository ---------------------------------------------------------------------------------


def test_what_no_engine_here_runs_is_listed_with_its_bytes_and_the_reason(machine: Machine) -> None:
    facts = model("config.json", "model.safetensors", "m-Q4_K_M.gguf", "pytorch_model.bin")
    only_torch = {"torch": registry.engine("torch")}
    found = variants_of(facts, TASK, machine, only_torch, predict)
    usable = [(v.engine, v.precision, v.format) for v in found if v.usable]
    assert usable == [("torch", p, "safetensors") for p in ("fp32", "bf16", "fp16")]
    others = {
        v.format: (v.precision, v.download_bytes, v.reason.code) for v in found if not v.usable
    }
    assert others["gguf"] == ("q4_k_m", 3000, "variant.no_engine")
    assert others["pickle"] == ("stored", 4000, "variant.pickle")
    assert {v.download_bytes for v in found if v.usable} == {3000}


def test_every_engine_offers_its_variants_without_this_module_knowing_it(machine: Machine) -> None:
    class Reader:
        """An engine for a format that has none here: what a new file in engines/ would hold."""

        info = EngineInfo("reader", "Reader", ("gguf",), ("q4_k_m", "q8_0"), ())

        def probe(self) -> Loadable:
            return Loadable(True)

        def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
            return Loadable("gguf" in facts.weight_formats)

        def offered(self, facts: ModelFacts) -> tuple[str, ...]:
            return tuple(p for p in self.info.precisions if self.files(facts, p))

        def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
            return tuple(f.path for f in facts.files if f.path.endswith(f"-{precision}.gguf"))

        def load(self, *_: Any) -> Any:
            raise NotImplementedError

    facts = model("m-q4_k_m.gguf", "m-q8_0.gguf", "m-q2_k.gguf", "model.safetensors", "config.json")
    engines = {"reader": Reader(), "torch": registry.engine("torch")}
    found = variants_of(facts, TASK, machine, engines, predict)  # type: ignore[arg-type]
    refs = [v.ref for v in found if v.usable]
    assert refs[0] == f"org/m@{SHA}#torch-fp32"
    assert f"org/m@{SHA}#reader-q8_0" in refs
    assert [(v.precision, v.reason.code) for v in found if not v.usable] == [
        ("q2_k", "variant.not_offered")
    ]


def test_empty_weights_are_no_weights(machine: Machine) -> None:
    facts = model("config.json", "model.safetensors")
    empty = replace(facts.files[1], size=0, git_sha1=min(EMPTY, key=len))
    assert is_empty(empty)
    assert not is_empty(FileFact("model.safetensors", 0))  # a list without sizes
    facts = replace(facts, files=(facts.files[0], empty))
    row = Row(facts, classify("mit"))
    found = candidate_of(row, TASK, machine, registry.engines(), predict)
    assert found.engine is None
    assert found.risks[0].code == "risk.empty_weights"


def test_names_with_spaces_and_letters_of_the_world_keep_their_form() -> None:
    names = ["modèle à moi-Q8_0.gguf", "模型 q4_0.gguf", "x y/z-Q4_K_M.gguf"]
    assert [f.precision for f in forms_of(model(*names))] == ["q8_0", "q4_0", "q4_k_m"]


# -- picking ----------------------------------------------------------------------------------------


def variant(precision: str, *, weights: str = "safetensors", verdict: Verdict = "fits",
            speed: float | None = 100, size: int = 1000, memory: float = 1e9,
            repo: str = "org/m", engine: str | None = "torch") -> Variant:  # fmt: skip
    rate = Interval(speed, speed, speed) if speed else None
    fit = Fit(verdict, Interval(memory, memory, memory), rate, "inputs/s", "hub")
    return Variant(
        repo,
        SHA,
        weights,
        precision,
        engine,
        size,
        fit if engine else None,
        Reason("variant.other"),
    )


SORTING, WRITING = TASK, registry.task("text-generation")


def picked(*variants: Variant, task: Task = SORTING) -> tuple[str, str]:
    found = pick(variants, task)
    assert found is not None
    return f"{found.engine}-{found.precision}", found.reason.code


def test_the_closest_to_the_original_wins_however_fast_another_is() -> None:
    fp32, int8 = variant("fp32"), variant("int8", weights="onnx", engine="onnx", speed=9000)
    assert picked(int8, fp32) == ("torch-fp32", "variant.closest")
    assert picked(fp32) == ("torch-fp32", "variant.only")


def test_at_the_same_quality_the_engine_for_the_kind_of_task_wins_and_says_over_what() -> None:
    torch = variant("fp32")
    onnx = variant("fp32", weights="onnx", engine="onnx")
    llama = variant("q8_0", weights="gguf", engine="llama", size=400)
    assert picked(torch, onnx, llama) == ("onnx-fp32", "variant.faster")
    assert picked(torch, onnx, llama, task=WRITING) == ("llama-q8_0", "variant.faster")
    found = pick([torch, llama], WRITING)
    assert found is not None
    assert found.reason.facts == {"other": "torch-fp32"}


def test_four_bits_are_for_memory_not_for_speed() -> None:
    q4 = variant("q4_k_m", weights="gguf", engine="llama", speed=900)
    assert picked(variant("fp32"), q4)[0] == "torch-fp32"
    too_big = variant("fp32", verdict="no", memory=9e9)
    assert picked(too_big, q4) == ("llama-q4_k_m", "variant.largest_that_fits")


def test_half_precision_of_the_same_file_is_for_short_memory() -> None:
    assert picked(variant("fp32"), variant("bf16", speed=190)) == ("torch-fp32", "variant.closest")
    assert picked(variant("fp32", verdict="tight", memory=4e9), variant("bf16", memory=2e9)) == (
        "torch-bf16", "variant.largest_that_fits",
    )  # fmt: skip


def test_where_nothing_fits_the_one_that_needs_least_is_shown() -> None:
    big, small = (
        variant("fp32", verdict="no", memory=9e9),
        variant("bf16", verdict="no", memory=5e9),
    )
    assert picked(big, small) == ("torch-bf16", "variant.least_memory")
    assert pick([variant("q4_0", engine=None)], SORTING) is None


def test_the_others_say_why_they_were_not_picked() -> None:
    fp32 = variant("fp32")
    int8 = variant("int8", weights="onnx", engine="onnx", size=300)
    heavy = variant("fp16", verdict="no", memory=5e9)
    none = variant("q4_0", weights="gguf", engine=None)
    said = {
        v.precision: v.reason.code
        for v in explained([int8, fp32, heavy, none], pick([fp32], SORTING))
    }
    assert said == {
        "fp32": "variant.only", "int8": "variant.further", "fp16": "variant.worse_fit",
        "q4_0": "variant.other",
    }  # fmt: skip


_VARIANTS = st.lists(
    st.builds(
        variant,
        st.sampled_from(["fp32", "bf16", "int8", "q8_0", "q4_k_m", "q2_k", "odd"]),
        weights=st.sampled_from(["safetensors", "onnx", "gguf"]),
        verdict=st.sampled_from(["fits", "tight", "no", "unknown"]),
        speed=st.none() | st.floats(0.01, 1e5),
        engine=st.sampled_from(["torch", "onnx", None]),
        repo=st.sampled_from(["org/m", "other/m-gguf"]),
    ),
    max_size=8,
)


@given(_VARIANTS)
def test_a_pick_is_usable_sound_and_independent_of_the_order(variants: list[Variant]) -> None:
    found = pick(variants, SORTING)
    usable = [v for v in variants if v.usable]
    assert (found is None) == (not usable)
    if found is None or found.fit is None:
        return
    order = ["fits", "tight", "unknown", "no"]
    best = min(order.index(v.fit.verdict) for v in usable if v.fit)
    assert order.index(found.fit.verdict) == best
    assert len(explained(variants, found)) <= len(variants)


@given(_VARIANTS)
def test_the_same_is_picked_where_no_more_is_predicted_than_it_takes(
    variants: list[Variant],
) -> None:
    usable = [each for each in variants if each.usable]
    fits = [each.fit for each in usable]
    asked: list[int] = []

    def told(facts: ModelFacts, task: Task, machine: Machine, engine: str, precision: str) -> Fit:
        number = int(facts.revision)
        asked.append(number)
        fit = fits[number]
        assert fit is not None
        return fit

    offers = [
        (
            Offer(
                replace(model("w", size=1000), repo=each.repo, revision=str(number)),
                each.engine or "", each.precision, each.format, ("w",), frozenset({"w"}),
            ),
            frozenset[str](),
        )
        for number, each in enumerate(usable)
    ]  # fmt: skip
    found, expected = lead(offers, SORTING, LAPTOP, told), pick(usable, SORTING)
    assert (found is None) == (expected is None)
    assert len(asked) == len(set(asked)) <= len(usable)
    if found is not None and expected is not None:
        assert usable[int(found.revision)].fit == found.fit == expected.fit
        assert (found.engine, found.precision) == (expected.engine, expected.precision)


@pytest.mark.parametrize("gigabytes", [0.001, 0.05, 0.1, 0.3, 8])
def test_a_brief_judgement_and_its_forms_are_the_whole_one(gigabytes: float) -> None:
    machine = replace(LAPTOP, memory=Memory(16 * 10**9, round(gigabytes * 10**9)))
    alone = Row(model("config.json", "model.safetensors"), classify("mit"))
    onnx = model("model.onnx", "onnx/model_quantized.onnx", repo="org/m-onnx")
    family = replace(alone, siblings=(Row(onnx, classify("mit"), on_disk=True),))
    empty = Row(model("config.json", "pytorch_model.bin", weight_format="pickle"), classify(None))
    for each in (alone, family, empty):
        judge = (each, TASK, machine, registry.engines(), predict)
        brief, whole = brief_of(*judge), candidate_of(*judge)
        assert with_all_forms(brief, *judge) == whole
        left_out = {"variants": (), "about": whole.about}
        assert replace(brief, **left_out) == replace(whole, **left_out)


# -- siblings ---------------------------------------------------------------------------------------


def row(repo: str, base: str | None = None, relation: str = "quantized", downloads: int = 1,
        names: tuple[str, ...] = ("m-Q4_K_M.gguf",)) -> Row:  # fmt: skip
    tags = [f"base_model:{base}", f"base_model:{relation}:{base}"] if base else []
    siblings = [{"rfilename": name} for name in names]
    card = {"base_model": base} if base else {}
    return row_of(
        {"id": repo, "sha": SHA, "siblings": siblings, "tags": tags, "cardData": card,
         "downloads": downloads}
    )  # fmt: skip


ORIGINAL = row("org/m", names=("model.safetensors", "config.json"), downloads=5)


def test_quantisations_join_their_base_whatever_is_more_popular() -> None:
    rows = [row("x/m-GGUF", "org/m", downloads=900), ORIGINAL, row("y/m-GGUF", "Org/M")]
    kept, joined = group(rows)
    assert joined == 2
    assert [r.facts.repo for r in kept] == ["org/m"]
    assert [r.facts.repo for r in kept[0].siblings] == ["x/m-GGUF", "y/m-GGUF"]


def test_without_the_base_the_most_downloaded_form_leads() -> None:
    kept, joined = group([row("x/m-GGUF", "org/m"), row("y/m-GGUF", "org/m", downloads=50)])
    assert (joined, [r.facts.repo for r in kept]) == (1, ["y/m-GGUF"])


@pytest.mark.parametrize("relation", ["finetune", "adapter", "merge"])
def test_models_of_their_own_stay(relation: str) -> None:
    tuned = row("x/tuned", "org/m", relation, names=("model.safetensors",))
    assert base_of(tuned) is None
    assert group([ORIGINAL, tuned])[1] == 0


def test_a_conversion_whose_card_forgets_the_relation_is_joined_a_model_is_not() -> None:
    assert base_of(row("x/onnx", "org/m", "", names=("onnx/model.onnx",))) == "org/m"
    assert base_of(row("x/own", "org/m", "", names=("model.safetensors",))) is None


def test_cards_that_name_each_other_in_a_circle_lose_nobody() -> None:
    kept, joined = group([row("a/a", "b/b"), row("b/b", "a/a"), row("c/c", "c/c")])
    names = {r.facts.repo for r in kept} | {s.facts.repo for r in kept for s in r.siblings}
    assert names == {"a/a", "b/b", "c/c"}
    assert joined == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.none() | st.integers(0, 7)),
        max_size=9,
        unique_by=lambda p: p[0],
    )
)
def test_grouping_loses_and_doubles_nobody(pairs: list[tuple[int, int | None]]) -> None:
    rows = [row(f"o/{n}", None if base is None else f"o/{base}") for n, base in pairs]
    kept, joined = group(rows)
    names = [r.facts.repo for r in kept] + [s.facts.repo for r in kept for s in r.siblings]
    assert sorted(names) == sorted(r.facts.repo for r in rows)
    assert len(rows) == len(kept) + joined


def test_files_that_are_here_are_seen_for_each_variant(machine: Machine) -> None:
    local = replace(ORIGINAL, here=frozenset({"config.json"}), on_disk=True)
    (kept,), _ = group([ORIGINAL], [local])
    assert kept.on_disk
    found = candidate_of(
        replace(kept, facts=replace(kept.facts, config=dict(CLASSIFIER))),
        TASK, machine, registry.engines(), predict,
    )  # fmt: skip
    assert not found.on_disk  # the repository is, its weights in this form are not


# -- through a search -------------------------------------------------------------------------------


def test_a_search_gives_one_candidate_with_all_its_forms(
    hub: LoopbackHub, connect: Callable[..., HubClient], machine: Machine, tmp_path: Any
) -> None:
    card = "license: mit\nbase_model: org/small\nbase_model_relation: quantized\npipeline_tag: text-classification"
    forms: dict[str, bytes | str] = {"small-Q4_K_M.gguf": b"x" * 500, "small-Q8_0.gguf": b"x" * 900}
    place = folder(tmp_path / "gguf", forms, card=card, weights=0)
    hub.publish(Repository("who/small-GGUF", place))
    client = connect(hub.endpoint, timeout_s=2)
    engines = {"torch": registry.engine("torch")}
    found = search(client, TASK, machine, predict=predict, engines=engines)
    assert found.scanned == len(found.candidates) + sum(found.removed.values())
    assert found.removed["removed.other_form"] == 1
    assert "who/small-GGUF" not in {c.repo for c in found.candidates}
    small = next(c for c in found.candidates if c.repo == "org/small")
    assert small.ref == f"org/small@{small.revision}#torch-fp32"
    listed = {(v.repo, v.format, v.precision): v.usable for v in small.variants}
    assert listed["org/small", "safetensors", "fp32"]
    assert listed["who/small-GGUF", "gguf", "q4_k_m"] is False
    written = candidate_to_json(small)
    assert candidate_to_json(candidate_from_json(written)) == written
