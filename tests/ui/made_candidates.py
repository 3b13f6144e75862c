# SPDX-License-Identifier: Apache-2.0
"""Candidates made by hand for the table and the details that show them."""

from __future__ import annotations

from selector.engines.facts import FileFact, ModelFacts
from selector.fit.base import Fit
from selector.hub.candidate import Candidate, Licence, Reason
from selector.intervals import Interval

SHA = "0123456789abcdef0123456789abcdef01234567"
MB = 1_000_000


def make_fit(parameters: int | None = 4_000_000, verdict: str = "fits") -> Fit:
    peak = 450.0 * MB + 4 * (parameters or 0)
    known = parameters is not None
    return Fit(
        verdict=verdict,  # type: ignore[arg-type]
        memory_bytes=Interval(peak * 0.8, peak, peak * 1.2) if known else None,
        speed=Interval(20, 120, 300) if known else None,
        speed_unit="inputs/s",
        basis="header" if known else "unknown",
    )


def make_candidate(
    name: str,
    parameters: int | None = 4_000_000,
    *,
    verdict: str = "fits",
    licence: tuple[str | None, str] = ("apache-2.0", "permissive"),
    engine: str | None = "torch",
    on_disk: bool = False,
    downloads: int = 1000,
    risks: tuple[Reason, ...] = (),
) -> Candidate:
    files = (FileFact("model.safetensors", 4 * (parameters or 1)), FileFact("config.json", 600))
    return Candidate(
        repo=name,
        revision=SHA,
        facts=ModelFacts(name, SHA, files, parameters=parameters, basis="header"),
        licence=Licence(*licence),  # type: ignore[arg-type]
        gated=False,
        languages=("en",),
        downloads=downloads,
        likes=3,
        last_modified="2026-10-01T10:00:00+00:00",
        download_bytes=None if parameters is None else parameters * 4,
        engine=engine,
        precision="fp32" if engine else None,
        fit=make_fit(parameters, verdict),
        risks=risks,
        reasons=(Reason("reason.small", {"parameters": parameters}), Reason("reason.unheard_of")),
        on_disk=on_disk,
    )


def many_candidates() -> tuple[Candidate, ...]:
    return (
        make_candidate("prajjwal1/bert-tiny-banking-intents", 4_400_000, downloads=5_321),
        make_candidate("distilbert/distilbert-base-uncased-finetuned-sst-2-english", 66_955_010, downloads=4_100_000),
        make_candidate(
            "some-organisation/roberta-large-with-a-long-name", 355_000_000, verdict="tight",
            licence=("cc-by-nc-4.0", "non-commercial"),
            risks=(Reason("risk.licence_non_commercial", {"id": "cc-by-nc-4.0"}),),
        ),
        make_candidate(
            "big/seven-billion", 7_000_000_000, verdict="no", licence=("llama3", "restricted"),
            risks=(Reason("risk.too_big"),),
        ),
        make_candidate(
            "old/pickle-only", None, verdict="unknown", licence=(None, "unknown"), engine=None,
            risks=(Reason("risk.pickle_only"), Reason("risk.no_licence")),
        ),
    )  # fmt: skip
