# SPDX-License-Identifier: Apache-2.0
"""The Python project with a Jupyter notebook that makes the decision again, step by step.

The code in its cells is the same for every model and comes from ``resources/exports/notebook``; what is
told of a model stands in the words between them, with its markup taken away.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from selector.exports.base import Export, ExportRequest
from selector.exports.locked import write_hashed
from selector.exports.python_model import templates
from selector.exports.python_project import readme_facts, write_project, write_text
from selector.exports.target import files_below, filling
from selector.paths import resources_root
from selector.wording import Wording

FILE = "decision.ipynb"


def _write(request: ExportRequest) -> list[Path]:
    with filling(request.folder) as folder:
        write_project(request, folder, "notebook")
        write_hashed(folder, request.contestant.engine)
        page = json.dumps(notebook(request), ensure_ascii=True, indent=1) + "\n"
        write_text(folder / FILE, page)
    return files_below(request.folder)


def notebook(request: ExportRequest) -> dict[str, Any]:
    """In Jupyter's format 4.5."""
    source = resources_root() / "exports" / "notebook" / "cells.json"
    words, facts = Wording(request.language), readme_facts(request, request.contestant)
    cells = []
    for number, cell in enumerate(json.loads(source.read_text(encoding="utf-8"))):
        made: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}}
        if "words" in cell:
            text = words.text(f"export.notebook.{cell['words']}", **facts)
            made |= {"cell_type": "markdown", "source": text.splitlines(keepends=True)}
        else:
            text = "\n".join(cell["code"])
            made |= {"cell_type": "code", "source": text.splitlines(keepends=True)}
            made |= {"execution_count": None, "outputs": []}
        cells.append(made)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _suits(task: str, engine: str) -> bool:
    return bool(templates(task, engine))


EXPORT = Export(
    id="notebook",
    rank=40,
    title={"en": "Notebook", "fr": "Carnet Jupyter"},
    purpose={
        "en": "The Python project with a Jupyter notebook that checks the files and makes the decision again.",
        "fr": "Le projet Python avec un carnet Jupyter qui vérifie les fichiers et refait la décision.",
    },
    write=_write,
    runs=True,
    suits=_suits,
)
