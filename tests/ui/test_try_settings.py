# SPDX-License-Identifier: Apache-2.0
"""What the Try page asks for beside texts: categories, languages, pictures."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QApplication

from selector import registry
from selector.wording import Wording
from tests.tiny_tasks import IMAGES
from ui.models.answers_model import input_text
from ui.pages.try_inputs import TryInputs
from ui.pages.try_settings import TrySettings


def test_only_what_a_task_wants_is_asked(qapp: QApplication) -> None:
    settings = TrySettings(Wording("fr"))
    settings.show_task(registry.task("text-classification"))
    assert settings.isHidden()
    assert (settings.labels(), settings.values(), settings.complete()) == ((), {}, True)
    settings.show_task(registry.task("zero-shot-classification"))
    assert not settings.isHidden()
    assert not settings.complete()
    settings.categories.setText(" réclamation, question,, question ")
    assert settings.labels() == ("réclamation", "question")
    assert settings.complete()
    settings.show_task(registry.task("translation"))
    assert settings.categories.isHidden()
    assert settings.values() == {"source": "en", "target": "fr"}
    assert settings.labels() == ()


def test_pictures_that_are_dropped_are_inputs_with_all_their_signs(qapp: QApplication) -> None:
    inputs = TryInputs(Wording("en"))
    inputs.show_task(registry.task("image-classification"))
    assert not inputs.browse.isHidden()
    dropped = QMimeData()
    paths = [str(IMAGES / "disc.png"), "/tmp/two  spaces.jpg"]
    dropped.setUrls([QUrl.fromLocalFile(path) for path in paths])
    inputs.box.insertFromMimeData(dropped)
    inputs.box.add_lines(["/tmp/three.png"])
    assert inputs.inputs() == (*paths, "/tmp/three.png")
    inputs.show_task(registry.task("text-classification"))
    assert inputs.browse.isHidden()


def test_a_picture_is_shown_by_its_name_and_a_text_as_it_is() -> None:
    assert input_text(str(IMAGES / "disc.png")) == "disc.png"
    assert input_text("look at a.png") == "look at a.png"
