# SPDX-License-Identifier: Apache-2.0
"""Judges one model for one task on one machine: engine, precision, fit, risks. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import ModelFacts
from selector.fit.base import Fit
from selector.hub import checked
from selector.hub.candidate import Candidate, Licence, Reason
from selector.hub.facts import facts_from_info, planned_weights
from selector.hub.licences import strictest
from selector.hub.reading import read, with_model
from selector.hub.repository_facts import NOTHING_KNOWN, RepositoryFacts
from selector.machine.facts import Machine
from selector.tasks.base import Task

Predict = Callable[[ModelFacts, Task, Machine, str, str], Fit]
_TEST_MODEL = re.compile(r"internal-testing/|tiny-random|(^|/)(dummy|random)-", re.IGNORECASE)
# ISO 639-1, as pairs of letters.
_CODES = (
    "aaabafakamarasayazbabebgbnbobrbscacocscydadedvdzeeeleneoeseteufafffifofrfygagdglgngugvhahehihrht"
    "huhyiaidieigisitiujajvkakkklkmknkokukwkylalblglnloltlvmgmimkmlmnmrmsmtmynbnenlnnnonyocomorospapl"
    "psptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwugukuruzvevivowawo"
    "xhyiyozazhzu"
)
_LANGUAGES = {_CODES[i : i + 2] for i in range(0, len(_CODES), 2)} | {"multilingual"}
_SOUNDEST = ("fits", "tight", "unknown", "no")


@dataclass(frozen=True, slots=True)
class Row:
    """One model before it is judged: its facts and what its page says."""

    facts: ModelFacts
    licence: Licence
    gated: bool = False
    languages: tuple[str, ...] = ()
    downloads: int = 0
    likes: int = 0
    last_modified: str | None = None
    task_tag: str | None = None
    on_disk: bool = False
    about: RepositoryFacts = NOTHING_KNOWN
    siblings: tuple[Row, ...] = ()
    """Repositories that hold other forms of the same model."""
    here: frozenset[str] = frozenset()
    """Files of it that are on this disk."""


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
    return row_of_page(raw, facts_from_info(raw))


def row_of_page(raw: Mapping[str, Any], facts: ModelFacts) -> Row:
    """A row of ``facts`` and what a page says; nothing is vital, so nothing raises."""
    card, tags = checked.mapping(raw.get("cardData")), checked.texts(raw.get("tags"))
    about = read(raw, facts)
    return Row(
        facts=facts,
        about=about,
        licence=_licence(card, tags),
        gated=about.gated.value not in {None, "no"},
        languages=languages_of(card, tags),
        downloads=checked.whole(raw.get("downloads")) or 0,
        likes=checked.whole(raw.get("likes")) or 0,
        last_modified=checked.text(raw.get("lastModified"), 40),
        task_tag=about.task_tag.value,
    )


def _variant(
    facts: ModelFacts, task: Task, machine: Machine, engine: Engine, predict: Predict
) -> tuple[str, Fit]:
    """The first precision that fits; failing that, the one that comes closest."""
    tried = [(p, predict(facts, task, machine, engine.info.id, p)) for p in engine.info.precisions]
    return min(tried, key=lambda pair: _SOUNDEST.index(pair[1].verdict))


def choose(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    engines: Mapping[str, Engine],
    predict: Predict,
) -> tuple[str | None, str | None, Fit, Reason | None]:
    """Engine, precision and fit for a model; or None and the reason why nothing here loads it."""
    reason: Reason | None = None
    for name, engine in engines.items():
        loadable = engine.can_load(facts, task)
        if loadable.ok and not planned_weights(engine.files(facts, engine.info.precisions[0])):
            reason = reason or Reason("risk.no_weights", {})
        elif loadable.ok and not engine.probe().ok:
            reason = reason or Reason("risk.engine_missing", {"engine": name})
        elif loadable.ok:
            precision, fit = _variant(facts, task, machine, engine, predict)
            return name, precision, fit, None
        else:
            reason = reason or Reason(loadable.reason, dict(loadable.facts or {}))
    unknown = Fit("unknown", None, None, "tokens/s" if task.streams else "inputs/s", facts.basis)
    return None, None, unknown, reason or Reason("risk.no_engine", {})


def _download_bytes(facts: ModelFacts, engine: Engine | None, precision: str | None) -> int | None:
    if engine is None or precision is None:
        return None
    sizes = {file.path: file.size for file in facts.files}
    planned = engine.files(facts, precision)
    weights = [path for path in planned if planned_weights([path])]
    if weights and all(sizes[path] for path in weights):
        return sum(sizes[path] for path in planned)
    return facts.stored_bytes  # the list has no file sizes; the header's count is close


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


def candidate_of(
    row: Row, task: Task, machine: Machine, engines: Mapping[str, Engine], predict: Predict
) -> Candidate:
    """The candidate, not ranked yet."""
    engine, precision, fit, refused = choose(row.facts, task, machine, engines, predict)
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
        download_bytes=_download_bytes(row.facts, engines.get(engine or ""), precision),
        engine=engine,
        precision=precision,
        fit=fit,
        risks=_risks(row, refused, fit),
        on_disk=row.on_disk,
        about=with_model(row.about, row.facts),
    )
