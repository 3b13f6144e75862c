# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.engines.facts import ModelFacts
from selector.errors import BadSetting
from selector.fit.base import Fit, Verdict
from selector.hub.candidate import Candidate, Reason
from selector.hub.claims import percentiles
from selector.hub.known import Known
from selector.hub.licences import classify
from selector.hub.ranking import adoption, rank, smallness
from selector.hub.repository_facts import NOTHING_KNOWN, Claim, RepositoryFacts
from selector.hub.score import Weights
from selector.hub.why import why_text
from selector.intervals import Interval
from selector.wording import Wording


def candidate(name: str, parameters: int | None = 100_000_000, **fields: Any) -> Candidate:
    verdict: Verdict = fields.pop("verdict", "fits")
    base = Candidate(
        repo=f"org/{name}",
        revision="a" * 40,
        facts=ModelFacts(f"org/{name}", "a" * 40, (), parameters=parameters),
        licence=classify("apache-2.0"),
        gated=False,
        languages=("en",),
        downloads=10_000,
        likes=1,
        last_modified="2026-01-01T00:00:00.000Z",
        download_bytes=None,
        engine="torch",
        precision="fp32",
        fit=Fit(verdict, Interval(1, 2, 3), None, "inputs/s", "hub"),
    )
    return replace(base, **fields)


def names(candidates: list[Candidate]) -> list[str]:
    return [found.repo.removeprefix("org/") for found in candidates]


def codes(found: Candidate) -> set[str]:
    return {reason.code for reason in found.reasons}


def test_what_fits_stands_before_what_does_not() -> None:
    order = rank(
        [
            candidate("no", verdict="no", downloads=10**7),
            candidate("unknown", verdict="unknown"),
            candidate("tight", verdict="tight"),
            candidate("fits"),
        ]
    )
    assert names(order) == ["fits", "tight", "unknown", "no"]


def test_among_similar_ones_the_smaller_stands_first() -> None:
    order = rank(
        [candidate("large", 400_000_000, downloads=12_000), candidate("small", 60_000_000)]
    )
    assert names(order) == ["small", "large"]


def test_the_first_rows_are_of_different_sizes() -> None:
    same = [candidate(f"base{i}", 110_000_000, downloads=50_000 - i) for i in range(6)]
    order = rank(
        [*same, candidate("tiny", 14_000_000, downloads=2_000), candidate("big", 350_000_000)]
    )
    assert {"tiny", "big"} <= set(names(order)[:4])
    assert "reason.best_of_size" in codes(order[0])


def test_a_test_model_does_not_win_by_its_downloads() -> None:
    risky = candidate("random", 1000, downloads=10**7, risks=(Reason("risk.test_model"),))
    assert names(rank([risky, candidate("real", downloads=100)])) == ["real", "random"]


def test_a_popular_real_model_beats_an_unused_tiny_one() -> None:
    order = rank(
        [
            candidate("unused", 5_000_000, downloads=0),
            candidate("used", 66_000_000, downloads=10**6),
        ]
    )
    assert names(order) == ["used", "unused"]


def test_reasons_say_why() -> None:
    found = rank(
        [candidate("a", 20_000_000, on_disk=True)],
        language="en",
        now=datetime(2026, 2, 1, tzinfo=UTC),
    )[0]
    assert codes(found) == {
        "reason.fits", "reason.small", "reason.popular", "reason.permissive", "reason.language",
        "reason.fresh", "reason.on_disk", "reason.best_of_size",
    }  # fmt: skip


def test_labels_by_name_count() -> None:
    config = {"id2label": {"0": "Refund", "1": "card lost"}}
    labelled = candidate("labelled")
    labelled = replace(labelled, facts=replace(labelled.facts, config=config))
    order = rank([candidate("other", 50_000_000), labelled], labels=["refund", "card lost"])
    assert order[0].repo == "org/labelled"
    assert "reason.label_match" in codes(order[0])


@pytest.mark.parametrize(
    ("sort", "expected"), [("downloads", "b"), ("likes", "c"), ("recent", "d"), ("size", "a")]
)
def test_other_orders(sort: str, expected: str) -> None:
    rows = [
        candidate("a", 1_000_000, downloads=1),
        candidate("b", downloads=10**6),
        candidate("c", likes=99),
        candidate("d", last_modified="2026-06-01T00:00:00.000Z"),
        candidate("e", None, downloads=0, last_modified=None),
    ]
    assert names(rank(rows, sort=sort))[0] == expected


_ANY = st.builds(
    candidate,
    st.text("abc", min_size=1, max_size=4),
    st.none() | st.integers(1, 10**13),
    downloads=st.integers(0, 10**12),
    verdict=st.sampled_from(["fits", "tight", "no", "unknown"]),
    engine=st.sampled_from(["torch", None]),
    last_modified=st.sampled_from([None, "nonsense", "2026-01-01", "2026-01-01T00:00:00Z"]),
)


@given(st.lists(_ANY, max_size=12))
def test_nothing_is_lost_and_scores_fall(rows: list[Candidate]) -> None:
    order = rank(rows, language="en", now=datetime(2026, 2, 1, tzinfo=UTC))
    assert sorted(names(order)) == sorted(names(rows))
    scores = [found.score for found in order]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert names(rank(list(reversed(rows)), language="en")) == names(rank(rows, language="en"))


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_parts_stay_between_0_and_1(downloads: int, parameters: int) -> None:
    assert 0 <= adoption(downloads) <= 1
    assert 0 <= smallness(parameters) <= 1


# -- components, weights ----------------------------------------------------------------------------

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@given(st.lists(_ANY, max_size=8), st.builds(Weights, *[st.integers(0, 100)] * 10))
def test_a_score_is_its_components_times_its_factors_and_nothing_else(
    rows: list[Candidate], weights: Weights
) -> None:
    for found in rank(rows, language="en", labels=["a"], now=NOW, weights=weights):
        total = sum(part.weight for part in found.components) or 1
        for part in found.components:
            assert 0 <= part.share <= 1
            assert part.weight == getattr(weights, part.id)
            assert part.contribution == pytest.approx(part.weight * part.share / total)
        score = sum(part.contribution for part in found.components)
        score *= math.prod(factor.value for factor in found.factors)
        assert found.score == pytest.approx(score, abs=1e-6)


def test_each_component_has_its_value_in_its_unit() -> None:
    speed = Interval(50, 100, 200)
    row = candidate("a", fit=Fit("fits", Interval(1, 2, 3), speed, "inputs/s", "hub"))
    (found,) = rank([row], language="en", labels=["x"], now=NOW)
    parts = {part.id: (part.value, part.unit) for part in found.components}
    assert parts == {
        "fit": (2, "bytes"), "speed": (100, "inputs/s"), "size": (100_000_000, "parameters"),
        "quality": (None, "percentile"), "adoption": (10_000, "downloads/month"), "freshness": (31.0, "days"),
        "language": ("en", "languages"), "labels": (0.0, "share"), "licence": ("permissive", "class"),
        "documentation": (0, "of 6"),
    }  # fmt: skip


def test_what_was_not_asked_for_has_no_part_in_the_score() -> None:
    (found,) = rank([candidate("a")])
    assert {part.id for part in found.components}.isdisjoint({"language", "labels"})


@pytest.mark.parametrize(
    ("weights", "first"),
    [
        ("adoption=100", "used"), ("size=100", "small"), ("speed=100", "fast"), ("freshness=100", "new"),
        ("licence=100", "free"), ("language=100", "french"), ("documentation=100", "documented"),
        ("quality=100", "claimed"), ("fit=100", "fitting"),
    ],
)  # fmt: skip
def test_the_user_decides_what_counts(weights: str, first: str) -> None:
    only = ",".join(f"{field.name}=0" for field in fields(Weights))
    base: dict[str, Any] = {
        "languages": ("en",), "downloads": 100, "licence": classify("gemma"),
        "last_modified": "2022-01-01", "verdict": "tight",
    }  # fmt: skip

    def claims(value: float) -> RepositoryFacts:
        return replace(NOTHING_KNOWN, claims=Known((Claim("sst2", "acc", value, True),), "card"))

    rows = [
        candidate(name, 300_000_000 + n, **{**base, **changes})
        for n, (name, changes) in enumerate(
            {
                "used": {"downloads": 10**6},
                "new": {"last_modified": "2026-01-20"},
                "free": {"licence": classify("mit")},
                "french": {"languages": ("fr",)},
                "documented": {
                    "about": replace(NOTHING_KNOWN, documented=Known(("card",), "card"))
                },
                "claimed": {"about": claims(0.99)},
                "fitting": {"verdict": "fits"},
                **{f"claim{k}": {"about": claims(0.5 + k / 100)} for k in range(5)},
            }.items()
        )
    ]
    fast = Fit("tight", Interval(1, 2, 3), Interval(900, 900, 900), "inputs/s", "hub")
    rows += [
        candidate("small", 5_000_000, **base),
        candidate("fast", 300_000_099, **{**base, "fit": fast}),
    ]
    order = rank(rows, language="fr", now=NOW, weights=Weights.read(f"{only},{weights}"))
    assert names(order)[0] == first


def test_weights_survive_being_written_and_nonsense_is_told() -> None:
    changed = Weights.read("adoption=0, speed=40")
    assert (changed.adoption, changed.speed, changed.size) == (0, 40, Weights().size)
    assert Weights.read(str(changed)) == changed
    assert str(Weights()) == ""
    for text in ("speed", "speed=", "speed=x", "speed=nan", "speed=-1", "speed=101", "beauty=3"):
        with pytest.raises(BadSetting):
            Weights.read(text)
        assert Weights.read_or_default(text) == Weights()


@given(st.text(max_size=40))
def test_any_setting_gives_weights(text: str) -> None:
    assert isinstance(Weights.read_or_default(text), Weights)


def test_ranking_again_keeps_the_percentiles_of_the_larger_pool() -> None:
    def row(n: int) -> Candidate:
        claim = Claim("sst2", "accuracy", n / 10, False)
        return candidate(f"m{n}", about=replace(NOTHING_KNOWN, claims=Known((claim,), "card")))

    order = rank([row(n) for n in range(8)])
    kept = rank(order[:2], again=True)
    assert [part.value for part in kept[0].components] == [p.value for p in order[0].components]


# -- claims -----------------------------------------------------------------------------------------


def claiming(*claims: Claim) -> Candidate:
    return candidate(
        "c",
        about=replace(NOTHING_KNOWN, claims=Known(claims or None, "card" if claims else "unknown")),
    )


def test_results_are_compared_only_where_enough_models_claim_the_same() -> None:
    few = [claiming(Claim("sst2", "accuracy", n / 10, False)) for n in range(4)]
    assert percentiles(few) == [None] * 4
    many = [claiming(Claim("SST-2", "Accuracy", n / 10, False)) for n in range(4)]
    found = percentiles([*few, *many, claiming()])
    assert found[-1] is None
    assert found[3] is not None
    assert found[3] > 0.6


def test_a_verified_result_moves_further_and_errors_count_downwards() -> None:
    words = [claiming(Claim("ls", "wer", float(n), n == 0)) for n in range(6)]
    best, worst = percentiles(words)[0], percentiles(words)[5]
    assert best == pytest.approx(0.75)  # verified: half the way up
    assert worst == pytest.approx(0.5 - 0.5 * 0.5 / 1.5)


def test_per_cent_and_shares_are_the_same_scale() -> None:
    rows = [claiming(Claim("d", "f1", value, False)) for value in (0.1, 20, 0.3, 40, 0.5)]
    found = percentiles(rows)
    assert found == sorted(found)  # type: ignore[type-var]


# -- the sentence -----------------------------------------------------------------------------------


def sized(name: str, parameters: int, layers: int | None, rate: float, **fields: Any) -> Candidate:
    fit = Fit("fits", Interval(1, 2, 3), Interval(rate, rate, rate), "inputs/s", "hub")
    row = candidate(name, parameters, fit=fit, **fields)
    config = {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": layers}
    return replace(row, facts=replace(row.facts, config=config if layers else {}))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Runs here with memory to spare; half the layers of L12 (6 instead of 12), about twice as fast; "
               "much used, 10,000 downloads in a month."),
        ("fr", "Fonctionne ici avec de la mémoire en réserve ; moitié moins de couches que L12 (6 au lieu de 12), "
               "environ deux fois plus rapide ; très utilisé, 10\u202f000 téléchargements en un mois."),
    ],
)  # fmt: skip
def test_the_sentence_says_why_this_one(language: str, said: str) -> None:
    order = rank([sized("L12", 33_000_000, 12, 50), sized("L6", 22_000_000, 6, 100)])
    small = next(found for found in order if found.repo == "org/L6")
    assert why_text(small.why, Wording(language)) == said


def test_without_a_configuration_the_size_is_compared() -> None:
    order = rank([sized("big", 300_000_000, None, 10), sized("small", 30_000_000, None, 90)])
    small, big = (next(c for c in order if c.repo == f"org/{name}") for name in ("small", "big"))
    assert "10 times smaller than big, about 9 times as fast" in why_text(small.why, Wording("en"))
    assert "10 times larger than small: more room for nuance" in why_text(big.why, Wording("en"))


def test_neighbours_of_the_same_size_are_not_compared() -> None:
    order = rank([sized("a", 100_000_000, None, 10), sized("b", 101_000_000, None, 10)])
    assert all(len(found.why) == 2 for found in order)


@given(st.lists(_ANY, max_size=8))
def test_every_candidate_has_a_sentence_in_both_languages(rows: list[Candidate]) -> None:
    for found in rank(rows, language="en", now=NOW):
        for language in ("en", "fr"):
            said = why_text(found.why, Wording(language))
            assert said.endswith(".")
            assert "…" not in said
            assert "why_this" not in said


def test_every_sentence_is_in_the_catalogue() -> None:
    words = Wording("en")
    for size in ("half", "third", "fewer", "more"):
        for part in ("layers", "parameters"):
            for pace in ("", "_faster", "_slower", *(["_twice"] if size == "half" else [])):
                assert words.has(f"why_this.{size}_{part}{pace}")
