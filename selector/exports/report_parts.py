# SPDX-License-Identifier: Apache-2.0
"""The parts of a report, each from a decision document. Pure, but for the card that is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selector.decide import need_llm_text
from selector.decide.need_llm import need_llm_from_json
from selector.exports.report_chart import Point, trade_off
from selector.exports.report_words import (
    Table,
    error_text,
    metric_name,
    name_of,
    sentence,
    shown,
)
from selector.hub.repository_facts import RepositoryFacts
from selector.tasks.base import Task
from selector.wording import Wording

Json = Mapping[str, Any]
Pairs = list[tuple[str, str]]
_TOP_ERRORS = 12


def verdict(document: Json, words: Wording) -> str:
    """What was chosen, and by whom, in one sentence."""
    chosen, decision = document["contestant"], document["decision"]
    names = {"name": name_of(chosen["ref"] if chosen else None)}
    if chosen is None:
        key = "undecided"
    elif document["chosen_by"] == "petit":
        key = "decided"
    elif document["metric"]["score"] is None:
        key = "unmeasured"
    elif decision["choice"] is None:
        key = "user_open"
    else:
        key, names["recommended"] = "user", name_of(decision["choice"])
    return words.text(f"report.verdict.{key}", **names)


def question(document: Json, task: Task, words: Wording) -> Pairs:
    """The job, the examples and the rules."""
    metric, data = document["metric"], document["data"]
    found = [("task", task.title[words.language])]
    if metric["n"]:
        basis = f"report.basis.{metric.get('basis', 'examples')}"
        found += [
            ("basis", words.text(basis, n=metric["n"])),
            ("data", shown(data["name"])),
            ("data_hash", data["sha256"]),
            ("metric", metric_name(metric["id"], words)),
            ("margin", _unsigned(metric["margin"], words)),
            ("confidence", words.percent(metric["confidence"])),
        ]
    return _titled(found, words)


def considered(document: Json, words: Wording) -> dict[str, list[str]]:
    """What the search looked at and took away, and what failed when it was measured."""
    search, lines, removed = document.get("considered"), [], []
    if search:
        facts = {
            "date": shown(search["at"])[:10],
            "scanned": search["scanned"],
            "listed": search["listed"],
            "source": words.text(f"report.say.{search['source']}"),
        }
        lines.append(words.text(f"report.say.search{'' if search['removed'] else '_all'}", **facts))
        for code, n in sorted(search["removed"].items(), key=lambda pair: -pair[1]):
            why = words.text(code) if words.has(code) else shown(code)
            removed.append(words.text("report.say.removed", n=n, why=why))
    else:
        lines.append(words.text("report.say.no_search"))
    measured = [x for x in document["models"] if x["score"] is not None]
    if search and search["filters"]:
        asked = ", ".join(f"{shown(k)} {shown(v)}" for k, v in search["filters"].items())
        lines.insert(0, words.text("report.say.filters", filters=asked))
    refs = [words.text("report.say.measured", n=len(measured))] if measured else []
    refs += [shown(x["ref"]) for x in measured]
    dropped = [
        words.text("report.say.failed", ref=name_of(x["ref"]), why=error_text(x["error"], words))
        for x in document["models"]
        if x["error"] is not None
    ]
    dropped += [
        sentence(reason, words)
        for reason in document["decision"]["reasons"]
        if reason["code"] == "reason.ruled_out"
    ]
    return {"lines": lines, "removed": removed, "measured": refs, "dropped": dropped}


def results(document: Json, words: Wording) -> Table:
    """Every model with its score, interval, difference, size, time and memory."""
    names = ("model", "size", "score", "interval", "difference", "good_enough", "latency", "memory")
    rows, marked = [], []
    chosen = (document["contestant"] or {}).get("ref")
    for number, row in enumerate(document["models"]):
        interval, difference = row["interval"], row["difference"]
        rows.append(
            (
                name_of(row["ref"]),
                _or_dash(words.parameters, row["parameters"]),
                _or_dash(words.percent, row["score"]),
                "–"
                if interval is None
                else f"{words.percent(interval[0])} – {words.percent(interval[1])}",
                "–" if difference is None else words.points(difference[1]),
                _or_dash(words.percent, row["good_enough"]),
                _or_dash(words.seconds, row["latency_s"]),
                _or_dash(words.bytes, row["memory_peak_bytes"]),
            )
        )
        if row["ref"] == chosen:
            marked.append(number)
    return Table(_columns(names, words), rows, range(1, 8), marked=marked)


def results_note(document: Json, words: Wording) -> str:
    """How to read the table."""
    metric = document["metric"]
    facts = {
        "metric": metric_name(metric["id"], words),
        "n": metric["n"],
        "margin": _unsigned(metric["margin"], words),
    }
    if not metric["n"]:
        return words.text("report.say.results_none")
    key = "results_note" if metric.get("basis", "examples") == "examples" else "results_plain"
    return words.text(f"report.say.{key}", **facts)


def chart(document: Json, words: Wording) -> str:
    """Size against score as SVG; empty where there is nothing to compare."""
    chosen = (document["contestant"] or {}).get("ref")
    points = [
        Point(
            name_of(row["ref"]),
            float(row["parameters"]),
            float(row["score"]),
            float(row["interval"][0]),
            float(row["interval"][1]),
            row["ref"] == chosen,
        )
        for row in document["models"]
        if row["score"] is not None and row["interval"] and row["parameters"]
    ]
    titles = (
        words.text("report.chart"),
        words.text("report.column.size"),
        words.text("report.column.score"),
    )
    return trade_off(points, words.percent, words.parameters, titles)


def errors(document: Json, words: Wording) -> dict[str, Any]:
    """The most frequent confusions, one column for each model."""
    found = document.get("errors") or {"labels": [], "confusion": {}, "contested": 0}
    labels, confusion = found["labels"], found["confusion"]
    lines = []
    if len(confusion) > 1:
        lines.append(words.text("report.say.contested", n=found["contested"]))
    counts: dict[tuple[int, int], dict[str, int]] = {}
    for ref, rows in confusion.items():
        for right, row in enumerate(rows):
            for said, n in enumerate(row):
                if right != said and n and max(right, said) < len(labels):
                    counts.setdefault((right, said), {})[ref] = n
    if not confusion:
        return {"lines": [words.text("report.say.no_table")], "table": None}
    if not counts:
        return {"lines": [*lines, words.text("report.say.no_errors")], "table": None}
    refs = [x["ref"] for x in document["models"] if x["ref"] in confusion]
    worst = sorted(counts.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    rows = [
        (
            f"{shown(labels[right])} → {shown(labels[said])}",
            *(words.count(by.get(ref, 0)) for ref in refs),
        )
        for (right, said), by in worst[:_TOP_ERRORS]
    ]
    columns = (words.text("report.column.error"), *(name_of(ref) for ref in refs))
    lines.append(words.text("report.say.top_errors"))
    return {"lines": lines, "table": Table(columns, rows, range(1, len(columns)))}


def llm(document: Json, words: Wording) -> list[dict[str, Any]]:
    """Each comparison with a large language model: the answer, the table, what it rests on."""
    found = []
    for each in document.get("need_llm") or ():
        need = need_llm_from_json(each)
        columns, rows = need_llm_text.table(need, words)
        found.append(
            {
                "heading": shown(need_llm_text.heading(need, words)),
                "sentence": shown(need_llm_text.sentence(need, words)),
                "table": Table(
                    [shown(x) for x in columns], [[shown(x) for x in row] for row in rows], (1, 2)
                ),
                "notes": [shown(x) for x in need_llm_text.notes(need, words)],
            }
        )
    return found


def machine(document: Json, words: Wording) -> Pairs:
    """What the numbers were measured on; never where files lie on it."""
    there = document["machine"]
    cpu, memory = there.get("cpu") or {}, there.get("memory") or {}
    accelerators = [shown(x.get("name")) for x in there.get("accelerators") or () if x]
    found = [("os", shown(there.get("os") or "–")), ("cpu", shown(cpu.get("name") or "–"))]
    if cpu.get("physical_cores"):
        found.append(("cores", words.count(cpu["physical_cores"])))
    if memory.get("total_bytes"):
        found.append(("memory", words.bytes(memory["total_bytes"])))
    found.append(("accelerators", ", ".join(accelerators) or "–"))
    return _titled(found, words)


def licence(document: Json, words: Wording) -> Pairs:
    """Its id, what kind it is, and what one owes."""
    stated = document["licence"]
    kind = stated["class"] if stated["id"] else "none"
    key = f"candidates.licence.{kind or 'unknown'}"
    found = [("licence", shown(stated["id"] or "–"))]
    found.append(("class", words.text(key) if words.has(key) else shown(kind)))
    for owed in stated["obligations"]:
        text = words.text(owed, id=shown(stated["id"] or "")) if words.has(owed) else shown(owed)
        found.append(("obligations", text))
    return _titled(found, words)


def card(about: RepositoryFacts | None, words: Wording) -> Pairs:
    """What the card of the model states; nothing without one."""
    if about is None:
        return []
    found: Pairs = []
    if about.summary.value:
        found.append(("summary", shown(about.summary.value)))
    for name in ("languages", "datasets"):
        if values := getattr(about, name).value:
            found.append((name, ", ".join(shown(x) for x in values[:20])))
    if about.base_models.value:
        bases = [shown(x.id) for x in about.base_models.value[:5]]
        found.append(("base", ", ".join(bases)))
    if about.claims.value:
        claims = [
            f"{shown(x.metric)} {words.number(x.value)} ({shown(x.dataset)})"
            for x in about.claims.value[:6]
        ]
        found.append(("claims", ", ".join(claims)))
    if about.architecture.value:
        found.append(("architecture", shown(about.architecture.value)))
    if about.context_tokens.value:
        found.append(("context", words.text("report.item.tokens", n=about.context_tokens.value)))
    return _titled(found, words)


def provenance(document: Json, digest: str, words: Wording) -> Pairs:
    """The exact model, when it was chosen, and with what settings."""
    chosen, found = document["contestant"], []
    if chosen is not None:
        found += [
            ("reference", shown(chosen["ref"])),
            ("repository", shown(chosen["repo"])),
            ("commit", shown(chosen["revision"])),
            ("form", shown(f"{chosen['engine']} {chosen['precision']}")),
        ]
    found.append(("date", shown(document["created"])))
    settings = {k: v for k, v in document["parameters"].items() if k != "labels"}
    if settings:
        found.append(
            ("parameters", ", ".join(f"{shown(k)} {shown(v)}" for k, v in settings.items()))
        )
    found.append(("digest", digest))
    return _titled(found, words)


def files(document: Json, words: Wording) -> Table:
    """Every pinned file with its size and SHA-256."""
    pinned = (document["contestant"] or {}).get("files", ())
    rows = [(shown(x["path"]), words.bytes(x["size"]), x["sha256"]) for x in pinned]
    return Table(_columns(("file", "bytes", "hash"), words), rows, (1,), (2,))


def versions(document: Json, words: Wording) -> Table:
    """Of the libraries that ran it."""
    rows = [(shown(name), shown(version)) for name, version in sorted(document["versions"].items())]
    return Table(_columns(("library", "version"), words), rows)


def limits(document: Json, words: Wording) -> list[str]:
    """The decision's own caveats, then what holds for all."""
    found = [text for x in document["decision"]["caveats"] if (text := sentence(x, words))]
    names = ["machine", "bias", "attacks", "drift"]
    if document["metric"]["n"]:
        names.insert(0, "sample")
    return found + [words.text(f"report.limit.{name}", n=document["metric"]["n"]) for name in names]


def uses(document: Json, task: Task, words: Wording) -> tuple[str, list[str]]:
    """What it is meant for, and what not."""
    data, language = document["data"]["name"], words.language
    facts = {"task": task.title[language], "purpose": task.purpose[language], "data": shown(data)}
    meant = words.text("report.say.for" if data else "report.say.for_bare", **facts)
    names = ["other_texts", "alone"]
    names += {"labels": ["unknown"], "text": ["generated"]}.get(task.output_kind, [])
    return meant, [words.text(f"report.not.{name}") for name in names]


_WHERE = {
    "purpose": "use", "design": "considered", "data": "question", "training": "card",
    "accuracy": "results", "errors": "errors", "resources": "machine", "oversight": None,
    "monitoring": None, "versions": "provenance", "third_party": "licence",
}  # fmt: skip


def review(words: Wording) -> Table:
    """What reviewers ask, and the part of the report that says it."""
    rows = []
    for asked, part in _WHERE.items():
        where = (
            words.text("report.asked.open")
            if part is None
            else words.text("report.asked.section", title=words.text(f"report.{part}"))
        )
        rows.append((words.text(f"report.asked.{asked}"), where))
    return Table(_columns(("asked", "where"), words), rows)


def _columns(names: tuple[str, ...], words: Wording) -> list[str]:
    return [words.text(f"report.column.{name}") for name in names]


def _titled(found: Pairs, words: Wording) -> Pairs:
    return [(words.text(f"report.item.{name}"), value) for name, value in found]


def _unsigned(points: float, words: Wording) -> str:
    return words.points(points).removeprefix("+")


def _or_dash(write: Any, value: Any) -> str:
    return "–" if value is None else str(write(value))
