# SPDX-License-Identifier: Apache-2.0
"""A decision file opened in the window: the job as it was decided, without the examples."""

from __future__ import annotations

from pathlib import Path

from selector.decide.codec import evaluation_from_json
from selector.decide.document import save
from selector.desk.desk import Desk
from selector.paths import locations
from tests.unit.test_report import document, evaluation
from ui.decision_opening import project_of_decision


def test_scores_errors_and_the_comparison_with_an_llm_come_back(tmp_path: Path) -> None:
    file = tmp_path / "a.petit.json"
    save(document(), file)
    desk = Desk(locations(tmp_path / "data").create())
    project = project_of_decision(desk, file)
    desk.close()
    assert project.evaluation is not None
    found, before = evaluation_from_json(project.evaluation), evaluation()
    assert found.models == before.models
    assert found.decision == before.decision
    assert (found.confusion, found.labels) == (before.confusion, before.labels)
    assert (found.need_llm, found.basis) == (before.need_llm, before.basis)
    assert project.decision_file == str(file)
