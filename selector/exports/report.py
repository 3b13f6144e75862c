# SPDX-License-Identifier: Apache-2.0
"""One HTML file for people who were not there: what was asked, measured, chosen, and what limits it.

It needs no network and no script, and prints well. Everything from outside is text: the template
escapes it, and the drawing is built as elements.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selector import __version__, registry
from selector.decide.document import check
from selector.decide.seal import digest
from selector.errors import HubProblem
from selector.exports import report_parts as parts
from selector.exports.base import Export, ExportRequest
from selector.exports.report_words import sentence
from selector.exports.target import files_below, filling
from selector.hub.candidate import LocalModel
from selector.hub.local_facts import readme_of, row_of_local
from selector.hub.repository_facts import RepositoryFacts
from selector.paths import resources_root
from selector.trial.measurement import Contestant
from selector.wording import Wording

FILE = "report.html"
_FILL = ("owner", "oversight", "monitoring", "approved", "review")


def _write(request: ExportRequest) -> list[Path]:
    check(request.document, str(request.folder))
    page = rendered(request)
    with filling(request.folder) as folder:
        (folder / FILE).write_text(page, encoding="utf-8", newline="\n")
    return files_below(request.folder)


def rendered(request: ExportRequest) -> str:
    """The page. Raises UnknownTask."""
    # The window reads this module for its EXPORT; the template engine is for the moment of writing.
    import jinja2
    from markupsafe import Markup

    folder = resources_root() / "exports" / "report"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined
    )
    words = Wording(request.language)
    environment.globals["t"] = lambda key: words.text(f"report.{key}")
    facts = _facts(request, words)
    # The only two texts that are markup by themselves: ours.
    facts["style"] = Markup((folder / "style.css").read_text(encoding="utf-8"))
    facts["chart"] = Markup(facts["chart"])
    return environment.get_template("report.html").render(facts) + "\n"


def _facts(request: ExportRequest, words: Wording) -> dict[str, Any]:
    document = request.document
    task = registry.task(str(document["task"]))
    seal = digest(document)
    title = task.title[words.language]
    use_for, use_not = parts.uses(document, task, words)
    return {
        "language": words.language,
        "title": words.text("report.title", task=title),
        "subtitle": words.text(
            "report.subtitle", date=str(document["created"])[:10], version=__version__
        ),
        "decided": document["chosen_by"] == "petit",
        "verdict": parts.verdict(document, words),
        "reasons": [text for x in document["decision"]["reasons"] if (text := sentence(x, words))],
        "purpose": task.purpose[words.language],
        "question": parts.question(document, task, words),
        "considered": parts.considered(document, words),
        "results": parts.results(document, words),
        "results_note": parts.results_note(document, words),
        "chart": parts.chart(document, words),
        "errors": parts.errors(document, words),
        "llm": parts.llm(document, words),
        "machine": parts.machine(document, words),
        "licence": parts.licence(document, words),
        "card": parts.card(_card(request.contestant), words),
        "use_for": use_for,
        "use_not": use_not,
        "limits": parts.limits(document, words),
        "review": parts.review(words),
        "to_fill": [words.text(f"report.fill.{name}") for name in _FILL],
        "provenance": parts.provenance(document, seal, words),
        "files": parts.files(document, words),
        "versions": parts.versions(document, words),
        "footer": words.text("report.footer", digest=seal),
    }


def _card(contestant: Contestant) -> RepositoryFacts | None:
    """What the model's own files say of it; None without a README, or for an endpoint."""
    if not contestant.folder:
        return None
    model = LocalModel(
        contestant.ref, contestant.repo, contestant.revision, contestant.folder, 0, verified=True,
        files=contestant.files,
    )  # fmt: skip
    try:
        return row_of_local(model).about if readme_of(model) else None
    except HubProblem:
        return None


EXPORT = Export(
    id="report",
    rank=20,
    title={"en": "Report", "fr": "Rapport"},
    purpose={
        "en": "One HTML file to read or print: the question, what was measured, the choice, costs, licence, limits.",
        "fr": "Un fichier HTML à lire ou imprimer : la question, les mesures, le choix, les coûts, la licence, les limites.",
    },
    write=_write,
)
