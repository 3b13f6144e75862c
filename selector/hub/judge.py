# SPDX-License-Identifier: Apache-2.0
"""Judges one model for one task on one machine: engine, precision, fit, risks. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import ModelFacts
from selector.fit.base import Fit
from selector.hub import checked
from selector.hub.candidate import Candidate, Licence, Reason, Variant
from selector.hub.facts import facts_from_info
from selector.hub.licences import strictest
from selector.hub.lineage import with_gguf_summary
from selector.hub.reading import read, with_model
from selector.hub.repository_facts import NOTHING_KNOWN, RepositoryFacts
from selector.hub.variants import (
    ASKED,
    by_format,
    explained,
    lead,
    named,
    offers_of,
    pick,
    variants_of,
)
from selector.hub.variants import Predict as Predict
from selector.machine.facts import Machine
from selector.tasks.base import Task

_TEST_MODEL = re.compile(r"internal-testing/|tiny-random|(^|/)(dummy|random)-", re.IGNORECASE)
# ISO 639-1, as pairs of letters.
_CODES = (
    "aaabafakamarasayazbabebgbnbobrbscacocscydadedvdzeeeleneoeseteufafffifofrfygagdglgngugvhahehihrht"
    "huhyiaidieigisitiujajvkakkklkmknkokukwkylalblglnloltlvmgmimkmlmnmrmsmtmynbnenlnnnonyocomorospapl"
    "psptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwugukuruzvevivowawo"
    "xhyiyozazhzu"
)
_MOST_VARIANTS = 60
"""Forms of one model that are kept, those that run here first; some are copied by the hundred."""
_LANGUAGES = {_CODES[i : i + 2] for i in range(0, len(_CODES), 2)} | {"multilingual"}


@dataclass(frozen=True, slots=True)
class Row:
    """One model before it is judged: its facts and what its page says."""

    facts: ModelFacts
    licence: Licence
    gated: bool = False
    languages: tuple[str, ...] = ()
    downloads: int | None = None
    """Of the last month; None where the Hub was not asked, or did not say."""
    likes: int | None = None
    last_modified: str | None = None
    task_tag: str | None = None
    on_disk: bool = False
    tags: tuple[str, ...] = ()
    age_s: float = 0.0
    about: RepositoryFacts = NOTHING_KNOWN
    siblings: tuple[Row, ...] = ()
    """Repositories that hold other forms of the same model."""
    here: frozenset[str] = frozenset()
    """Files of it that are on this disk."""

    @property
    def library(self) -> str | None:
        """The library it is made for; None when neither its page nor its files say."""
        return self.about.library.value


def _licence(card: Mapping[str, Any], tags: tuple[str, ...]) -> Licence:
    stated = checked.texts(card.get("license"), 8)
    if not stated:
        stated = tuple(t.partition(":")[2] for t in tags if t.startswith("license:"))
    name, link = checked.text(card.get("license_name"), 80), checked.text(card.get("license_link"))
    return strictest(stated, name, link)


def languages_of(card: Mapping[str, Any], tags: tuple[str, ...]) -> tuple[str, ...]:
    """Language codes a card or, without one, the tags declare."""
    stated = checked.texts(card.get("language"), 200) or tuple(t for t in tags if t in _LANGUAGES)
    return tuple(dict.fromkeys(code.lower()[:16] for code in stated))


def row_of(raw: Mapping[str, Any]) -> Row:
    """Read one entry of the Hub's list. Raises HubAnswerBad, UnsafePath."""
    return row_of_page(raw, with_gguf_summary(facts_from_info(raw), raw))


def row_of_page(raw: Mapping[str, Any], facts: ModelFacts) -> Row:
    """A row of ``facts`` and what a page says; nothing is vital, so nothing raises."""
    card, tags = checked.mapping(raw.get("cardData")), checked.texts(raw.get("tags"), 300)
    about = read(raw, facts)
    return Row(
        facts=facts,
        about=about,
        licence=_licence(card, tags),
        gated=about.gated.value not in {None, "no"},
        languages=languages_of(card, tags),
        downloads=checked.whole(raw.get("downloads")),
        likes=checked.whole(raw.get("likes")),
        last_modified=checked.text(raw.get("lastModified"), 40),
        task_tag=about.task_tag.value,
        tags=tags,
    )


def refusal(
    facts: ModelFacts, task: Task, engines: Mapping[str, Engine], variants: Sequence[Variant]
) -> Reason:
    """Why nothing here loads a model: what the first engine for its formats says."""
    if any(variant.reason.code == "risk.empty_weights" for variant in variants):
        return Reason("risk.empty_weights")
    reasons = []
    for engine in by_format(engines):
        loadable = engine.can_load(facts, task)
        if not loadable.ok:
            reasons.append(Reason(loadable.reason, dict(loadable.facts or {})))
        elif not engine.probe().ok:
            reasons.append(Reason("risk.engine_missing", {"engine": engine.info.id}))
        else:
            reasons.append(Reason("risk.no_weights"))
        # What the engine for a format that is there says counts more than what another lacks.
        if set(engine.info.formats) & set(facts.weight_formats):
            return reasons[-1]
    return reasons[0] if reasons else Reason("risk.no_engine")


def _risks(row: Row, refused: Reason | None, fit: Fit) -> tuple[Reason, ...]:
    facts = row.facts
    found = [refused] if refused else []
    if facts.needs_remote_code:
        found.append(Reason("risk.remote_code"))
    if facts.weight_format == "pickle":
        found.append(Reason("risk.pickle_only"))
    if facts.weight_format is None:
        found.append(Reason("risk.no_weights"))
    if row.gated:
        found.append(Reason("risk.gated"))
    scan = row.about.scan.value
    if scan is not None and scan.state == "issues":
        found.append(Reason("risk.unsafe_file", {"files": [path for path, _ in scan.files]}))
    if row.licence.id is None:
        found.append(Reason("risk.no_licence"))
    elif row.licence.kind in {"non-commercial", "restricted"}:
        found.append(
            Reason(f"risk.licence_{row.licence.kind.replace('-', '_')}", {"id": row.licence.id})
        )
    if facts.parameters is None:
        found.append(Reason("risk.unknown_size"))
    if fit.verdict == "no":
        found.append(Reason("risk.too_big"))
    if _TEST_MODEL.search(facts.repo):
        found.append(Reason("risk.test_model"))
    return tuple({risk.code: risk for risk in reversed(found)}.values())[::-1]


def _variants(
    row: Row, task: Task, machine: Machine, engines: Mapping[str, Engine], predict: Predict
) -> list[Variant]:
    found: list[Variant] = []
    for each in (row, *row.siblings):
        found += variants_of(each.facts, task, machine, engines, predict, _here(each))
    return sorted(found, key=lambda variant: not variant.usable)[:_MOST_VARIANTS]


def _here(row: Row) -> frozenset[str]:
    if row.on_disk and not row.here:  # only that the model is here is known, not which files
        return frozenset(file.path for file in row.facts.files)
    return row.here


def with_all_forms(
    candidate: Candidate,
    row: Row,
    task: Task,
    machine: Machine,
    engines: Mapping[str, Engine],
    predict: Predict,
) -> Candidate:
    """What ``brief_of`` left out: every form of ``row``, and why each is or is not the chosen one."""
    variants = _variants(row, task, machine, engines, predict)
    about = with_model(row.about, row.facts)
    whole = replace(candidate, about=about, variants=tuple(variants))
    return with_variant(whole, pick(variants, task))


def brief_of(
    row: Row, task: Task, machine: Machine, engines: Mapping[str, Engine], predict: Predict
) -> Candidate:
    """As ``candidate_of``, in half the time: of the forms only the chosen one is judged.

    What is told of the model is what its page says, without what its configuration adds.
    """
    offers = [
        (offer, _here(each))
        for each in (row, *row.siblings)
        for offer in offers_of(each.facts, task, engines)
    ][:_MOST_VARIANTS]
    chosen = lead(offers, task, machine, predict)
    if chosen is None:
        return candidate_of(row, task, machine, engines, predict)
    return _judged(row, row.about, task, engines, (chosen,), chosen)


def candidate_of(
    row: Row, task: Task, machine: Machine, engines: Mapping[str, Engine], predict: Predict
) -> Candidate:
    """The candidate, not ranked yet."""
    variants = _variants(row, task, machine, engines, predict)
    about = with_model(row.about, row.facts)
    return _judged(row, about, task, engines, variants, pick(variants, task))


def _judged(
    row: Row,
    about: RepositoryFacts,
    task: Task,
    engines: Mapping[str, Engine],
    variants: Sequence[Variant],
    chosen: Variant | None,
) -> Candidate:
    unit = "tokens/s" if task.streams else "inputs/s"
    fit = Fit("unknown", None, None, unit, row.facts.basis)
    if chosen is not None:
        fit = chosen.fit or fit
    refused = None if chosen else refusal(row.facts, task, engines, variants)
    # Made at once, and not step by step: hundreds are made before a list is shown.
    return Candidate(
        repo=row.facts.repo,
        revision=row.facts.revision,
        facts=row.facts,
        licence=row.licence,
        gated=row.gated,
        languages=row.languages,
        downloads=row.downloads,
        likes=row.likes,
        last_modified=row.last_modified,
        download_bytes=chosen.download_bytes if chosen else None,
        engine=chosen.engine if chosen else None,
        precision=chosen.precision if chosen else None,
        fit=fit,
        risks=_risks(row, refused, fit),
        on_disk=chosen.on_disk if chosen else row.on_disk,
        age_s=row.age_s,
        about=about,
        variants=explained(variants, chosen),
    )


def with_variant(candidate: Candidate, chosen: Variant | None) -> Candidate:
    """The candidate in one of its forms, which then stands first among them."""
    if chosen is None:
        return candidate
    return replace(
        candidate,
        engine=chosen.engine,
        precision=chosen.precision,
        fit=chosen.fit or candidate.fit,
        download_bytes=chosen.download_bytes,
        on_disk=chosen.on_disk,
        variants=explained(candidate.variants, chosen),
    )


def refitted(
    candidate: Candidate, facts: ModelFacts, task: Task, machine: Machine, predict: Predict
) -> Candidate:
    """The candidate with other facts of its own repository, every form predicted anew."""
    variants = tuple(
        replace(each, fit=predict(facts, task, machine, each.engine, each.precision))
        if each.engine and each.repo == candidate.repo
        else each
        for each in candidate.variants
    )
    about = with_model(candidate.about, facts)
    risks = tuple(risk for risk in candidate.risks if risk.code != "risk.unknown_size")
    changed = replace(candidate, facts=facts, about=about, variants=variants, risks=risks)
    before = candidate.chosen
    if before is not None and before.reason.code == ASKED:
        return with_variant(changed, named(variants, before.engine, before.precision, task))
    return with_variant(changed, pick(variants, task))
