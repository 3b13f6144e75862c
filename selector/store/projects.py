# SPDX-License-Identifier: Apache-2.0
"""Projects: one job each, saved after every change, so that Petit reopens where it was left."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from selector.store.database import Database


@dataclass(frozen=True, slots=True)
class Project:
    """One job and how far it has come."""

    id: int | None = None
    title: str = ""
    sample: bool = False
    task: str | None = None
    words: str = ""
    data_path: str | None = None
    input_column: str | None = None
    label_column: str | None = None
    inputs: tuple[str, ...] = ()
    """What to try side by side."""
    refs: tuple[str, ...] = ()
    """Contestants, fully pinned."""
    margin: float = 0.05
    step: int = 0
    """The page shown last, 0 to 4."""
    evaluation: dict[str, Any] | None = None
    """The last evaluation (JSON of the command line)."""
    decision_file: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def save_project(database: Database, project: Project) -> int:
    """Insert or update; returns the project's id."""
    state = {k: v for k, v in asdict(project).items() if k not in {"id", "title"}}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if project.id is None:
        return database.write(
            "INSERT INTO project (title, state, updated_at) VALUES (?, ?, ?)",
            (project.title, json.dumps(state), now),
        )
    database.write(
        "UPDATE project SET title = ?, state = ?, updated_at = ? WHERE id = ?",
        (project.title, json.dumps(state), now, project.id),
    )
    return project.id


def delete_project(database: Database, number: int) -> None:
    """Forget one; it is no error that it is not there."""
    database.write("DELETE FROM project WHERE id = ?", (number,))


def last_project(database: Database) -> Project | None:
    """The project that was changed last; None when there is none or it cannot be read."""
    found = recent_projects(database, 1)
    return found[0] if found else None


def recent_projects(database: Database, limit: int) -> list[Project]:
    """Projects, the one changed last first; rows that cannot be read are left out."""
    rows = database.rows(
        "SELECT id, title, state FROM project ORDER BY updated_at DESC, id DESC LIMIT ?", (limit,)
    )
    return [project for row in rows if (project := _project(row)) is not None]


def _project(row: tuple[object, ...]) -> Project | None:
    known = set(Project.__dataclass_fields__) - {"id", "title"}
    try:
        state = json.loads(str(row[2]))
        fields: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in state.items() if k in known
        }
        return Project(id=int(str(row[0])), title=str(row[1]), **fields)
    except (ValueError, TypeError, AttributeError):
        return None
