from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from ui.pages.task_page import TaskPage


@pytest.fixture
def page(bench, qtbot):
    made = TaskPage(bench.services)
    qtbot.addWidget(made)
    made.resize(1000, 800)
    made.show()
    return bench.show(made)


def settled(bench, qtbot):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)
    qtbot.wait(50)


def first_card(page):
    return min(page.cards._cards.values(), key=lambda card: (card.y(), card.x()))


def write(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


ROWS = "message,topic\n" + "".join(
    f"text {i},{'card' if i % 3 else 'transfer'}\n" for i in range(40)
)


@pytest.mark.parametrize(
    ("words", "task"),
    [("sort messages", "text-classification"), ("classer", "text-classification")],
)
def test_that_plain_words_in_either_language_put_the_right_task_first(page, qtbot, words, task):
    page.words.setText(words)
    qtbot.wait(20)
    assert first_card(page).task.id == task


def test_that_a_click_on_a_card_sets_the_task_and_forgets_contestants_of_another(
    page, bench, qtbot
):
    from dataclasses import replace

    bench.change(replace(bench.services.project, task="text-generation", refs=("a/b@1",)))
    card = page.cards._cards["text-classification"]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.rect().center())
    assert bench.services.project.task == "text-classification"
    assert bench.services.project.refs == ()
    assert card.button.isChecked()


def test_that_the_way_on_is_closed_until_a_task_is_chosen(page, bench):
    assert not page.next.isEnabled()
    page.cards._cards["text-classification"].button.click()
    page.next.click()
    assert bench.steps == [2]


def test_that_the_words_are_kept_as_the_title_of_an_own_job(page, bench, qtbot):
    QTest.keyClicks(page.words, "trier des avis")
    qtbot.waitUntil(lambda: bench.services.project.words == "trier des avis", timeout=2000)
    assert bench.services.project.title == "trier des avis"


def test_that_a_dropped_file_is_read_and_its_columns_are_guessed_and_kept(
    page, bench, qtbot, tmp_path
):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(write(tmp_path, ROWS))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    page.examples.dropEvent(drop)
    settled(bench, qtbot)
    project = bench.services.project
    assert (project.input_column, project.label_column) == ("message", "topic")
    assert project.inputs[0] == "text 0"
    assert page.examples.preview.counts.model().rowCount() == 2
    assert "40 examples" in page.examples.preview._count.text()


def test_that_another_column_can_be_chosen(page, bench, qtbot, tmp_path):
    page.examples.file_chosen.emit(write(tmp_path, ROWS))
    settled(bench, qtbot)
    page.examples.preview.columns_chosen.emit("topic", "message")
    settled(bench, qtbot)
    assert bench.services.project.input_column == "topic"
    assert page.examples.preview.table.model().index(0, 0).data() == "transfer"


def test_that_an_unreadable_file_is_explained_where_it_was_chosen(page, bench, qtbot, tmp_path):
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\0\1\2")
    page.examples.file_chosen.emit(str(path))
    settled(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    assert "binary.csv" in page.banner.text
    assert not page.examples.preview.isVisibleTo(page)


def test_that_few_examples_are_warned_of(page, bench, qtbot, tmp_path):
    page.examples.file_chosen.emit(write(tmp_path, "text,label\nhello,a\nbye,b\n"))
    settled(bench, qtbot)
    assert "2 examples decide next to nothing" in page.examples.preview._warnings.text()


def test_that_nearly_equal_texts_with_other_answers_are_warned_of(page, bench, qtbot, tmp_path):
    text = "my card was declined twice in the shop this morning, why"
    rows = f'text,label\n"{text}",card\n"{text.upper()}!",fee\nbye,card\nsee you,card\n'
    page.examples.file_chosen.emit(write(tmp_path, rows))
    settled(bench, qtbot)
    said = page.examples.preview._warnings.text()
    assert said.count("1 ↔ 2") == 2
    assert text not in said


def test_that_typed_lines_become_inputs_and_a_tab_inside_a_line_stays(page, bench, qtbot):
    page.examples.tabs.setCurrentIndex(1)
    page.examples.typed.setPlainText("one\n\n  two \nleft\tright\n")
    qtbot.waitUntil(lambda: len(bench.services.project.inputs) == 3, timeout=2000)
    assert bench.services.project.inputs == ("one", "two", "left\tright")
