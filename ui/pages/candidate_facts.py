# SPDX-License-Identifier: Apache-2.0
"""The facts of a candidate as lines of text, each with its source; what nobody states is named too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selector.fit.shape import shape_of
from selector.hub.candidate import Candidate, Variant
from selector.hub.known import Known
from selector.hub.repository_facts import BaseModel, Carbon, Claim
from selector.wording import Wording
from ui.widgets.plain import breakable

CLAIMS_SHOWN = 5


def fact_lines(candidate: Candidate, wording: Wording) -> tuple[list[str], list[str]]:
    """Known facts as lines with their sources, and the names of the unknown ones."""
    about, text = candidate.about, wording.text
    lines: list[str] = []
    unknown: list[str] = []

    def add(name: str, fact: Known[Any], write: Callable[[Any], str] = str) -> None:
        title = text(f"fact.{name}")
        if fact.value is None:
            unknown.append(title)
            return
        source = text(f"fact.source.{fact.source.replace(' ', '_')}")
        lines.append(
            breakable(text("fact.line", name=title, value=write(fact.value), source=source))
        )

    add("parameters", about.parameters, wording.parameters)
    add("dtype", about.dtype)
    add("architecture", about.architecture)
    shape = shape_of(candidate.facts.config)
    if shape.layers and shape.hidden:
        said = text("fact.shape_said", layers=shape.layers, width=shape.hidden)
        lines.append(
            text(
                "fact.line", name=text("fact.shape"), value=said, source=text("fact.source.config")
            )
        )
    add("context_tokens", about.context_tokens, wording.count)
    add("languages", about.languages, _joined)
    add("library", about.library)
    add("base_models", about.base_models, lambda found: _bases(found, wording))
    add("datasets", about.datasets, _joined)
    add("carbon", about.carbon, lambda found: _carbon(found, wording))
    add("created", about.created, lambda stamp: stamp[:10])
    add("modified", about.modified, lambda stamp: stamp[:10])
    add("downloads", about.downloads, wording.count)
    add("likes", about.likes, wording.count)
    return lines, unknown


def claim_lines(candidate: Candidate, wording: Wording) -> list[str]:
    """What its authors claim, said as a claim."""
    claims = candidate.about.claims.value or ()
    lines = [_claim(claim, wording) for claim in claims[:CLAIMS_SHOWN]]
    if len(claims) > CLAIMS_SHOWN:
        lines.append(wording.text("fact.more_claims", n=len(claims) - CLAIMS_SHOWN))
    return lines


def form_text(variant: Variant, wording: Wording) -> str:
    """A form in a few words: what runs it, how, and its download."""
    size = "–" if variant.download_bytes is None else wording.bytes(variant.download_bytes)
    name = f"{variant.engine or variant.format} · {variant.precision}"
    key = "fact.form_here" if variant.on_disk else "fact.form"
    return wording.text(key, name=name, format=variant.format, size=size)


def unusable_text(variant: Variant, wording: Wording) -> str:
    """A form that nothing here runs, and why."""
    why = wording.text(variant.reason.code, **variant.reason.facts)
    return wording.text("fact.unusable", form=form_text(variant, wording), why=why)


def _joined(values: tuple[str, ...]) -> str:
    more = f" +{len(values) - 8}" if len(values) > 8 else ""
    return ", ".join(values[:8]) + more


def _bases(found: tuple[BaseModel, ...], wording: Wording) -> str:
    return ", ".join(
        wording.text(f"fact.relation.{base.relation}", id=base.id) for base in found[:4]
    )


def _carbon(found: Carbon, wording: Wording) -> str:
    said = wording.text("fact.grams", grams=found.grams)
    return f"{said} ({found.how})" if found.how else said


def _claim(claim: Claim, wording: Wording) -> str:
    key = "fact.claim_verified" if claim.verified else "fact.claim"
    return wording.text(key, dataset=claim.dataset, metric=claim.metric, value=claim.value)
