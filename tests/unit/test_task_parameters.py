# SPDX-License-Identifier: Apache-2.0
"""What a user says of a task beside its inputs is checked against what the task has."""

from __future__ import annotations

import pytest

from selector import registry
from selector.desk.task_parameters import task_parameters
from selector.errors import BadSetting

TRANSLATE = registry.task("translation")
OWN = registry.task("zero-shot-classification")


def test_what_is_not_said_is_as_usual() -> None:
    assert task_parameters(TRANSLATE) == dict(TRANSLATE.default_parameters)
    assert task_parameters(OWN, ["a", "b"])["labels"] == ["a", "b"]
    assert task_parameters(TRANSLATE, ["a", "b"]) == dict(TRANSLATE.default_parameters)


def test_values_become_what_the_task_has_them_as() -> None:
    found = task_parameters(TRANSLATE, (), {"target": "de", "max_new_tokens": "9"})
    assert (found["target"], found["max_new_tokens"], found["source"]) == ("de", 9, "en")
    found = task_parameters(OWN, ["x"], {"labels": "lost card, refund,", "several": "yes"})
    assert (found["labels"], found["several"]) == (["lost card", "refund"], True)


@pytest.mark.parametrize(
    "given", [{"no_such": "1"}, {"max_new_tokens": "many"}, {"max_new_tokens": "0"}]
)
def test_what_the_task_does_not_have_is_refused_by_name(given: dict[str, str]) -> None:
    with pytest.raises(BadSetting) as caught:
        task_parameters(TRANSLATE, (), given)
    assert caught.value.facts["setting"] == next(iter(given))
    with pytest.raises(BadSetting):
        task_parameters(OWN, (), {"several": "perhaps"})
