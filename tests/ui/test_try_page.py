"""The page that runs the same inputs through every chosen model."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from selector.store.projects import Project
from selector.tasks.outputs import Similarity, Text, Vector
from selector.trial.agreement import with_agreement
from selector.trial.measurement import TrialEvent
from tests.tiny_models import make_decoder
from tests.ui.cached_models import put_in_cache
from tests.ui.prepared import INPUTS, MODELS, NAMES, REFS, TASK, answers, events_of, measurement
from tests.ui.test_pages_look import clipped, sample_job
from tests.ui.worker_processes import workers
from ui.models.answers_model import AnswersModel
from ui.models.short_names import same_model, short_names
from ui.models.shown_answer import AnswerRole, standing_apart
from ui.pages.try_page import TryPage

JOB = Project(id=1, task=TASK, refs=MODELS, inputs=INPUTS)
CRASH = {"code": "worker.crashed", "facts": {"outcome": "killed"}}


def open_page(bench, qtbot, size=(1100, 800)):
    page = TryPage(bench.services)
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    bench.show(page)
    return page


def settled(bench, qtbot, timeout=5000):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=timeout)
    qtbot.wait(50)


def show_trial(page, rows=()):
    """As after a trial whose events and measurements are these or the prepared ones."""
    page.board.start(INPUTS, page.trial.seats)
    page.trial.inputs = INPUTS
    for position, outputs in enumerate(answers()):
        page.trial.take(events_of(position, outputs))
    made = [measurement(i, outputs) for i, outputs in enumerate(answers())]
    page.trial.show_rows(tuple(rows or made))
    page._finished()


def job_of(sample, *places, inputs=INPUTS):
    """Some models of the sample, which are on this disk, with inputs of our own."""
    refs = tuple(sample.refs[place] for place in places)
    return Project(id=1, task=TASK, refs=refs, inputs=tuple(inputs))


def cell(page, row, column):
    return page.board.model.index(row, column).data(AnswerRole.ANSWER)


def test_without_a_task_the_page_leads_to_the_task(bench, qtbot):
    page = open_page(bench, qtbot)
    page.empty.button.click()
    assert bench.steps == [1]


def test_without_models_the_page_leads_to_the_candidates(make_bench, qtbot):
    bench = make_bench(Project(id=1, task=TASK))
    page = open_page(bench, qtbot)
    page.empty.button.click()
    assert bench.steps == [2]


def test_every_answer_is_in_the_column_of_its_model(make_bench, qtbot):
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    show_trial(page)
    assert [x.name.text() for x in page.board._cards] == list(NAMES)
    assert cell(page, 0, 1).text == "lost"
    assert cell(page, 1, 1).text == "refund"
    assert cell(page, 1, 2).note == "90%"
    assert all(seat.phase == "done" for seat in page.trial.seats)


def test_only_the_answer_unlike_the_others_is_marked(make_bench, qtbot):
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    show_trial(page)
    marked = [(r, c) for r in range(3) for c in range(1, 4) if cell(page, r, c).differs]
    assert marked == [(1, 1)]
    spoken = page.board.model.index(1, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Differs from what the other models say" in spoken
    assert "1 gets different answers" in page.status.text()


def test_a_failed_model_is_marked_beside_the_answers_of_the_others(make_bench, qtbot):
    rows = [measurement(i, outputs) for i, outputs in enumerate(answers())]
    rows[1] = measurement(1, (None,) * 3, error=CRASH, latency=None, throughput=None)
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    page.board.start(INPUTS, page.trial.seats)
    page.trial.take([TrialEvent("loading", REFS[1]), TrialEvent("failed", REFS[1], facts=CRASH)])
    page.trial.show_rows(tuple(rows))
    page._finished()
    assert cell(page, 0, 2).kind == "failed"
    assert cell(page, 0, 3).text == "lost"
    assert "1 model failed; the others went on." in page.status.text()


@pytest.mark.timeout(240)
def test_a_model_whose_process_dies_says_why_in_its_column_and_the_others_go_on(
    make_bench, desk, qtbot
):
    bench = make_bench(job_of(desk.sample(), 0, 1))
    page = open_page(bench, qtbot)
    page.run_button.click()
    qtbot.waitUntil(lambda: len(workers("model")) == 1, timeout=20_000)
    workers("model")[0].kill()  # while it loads
    settled(bench, qtbot, timeout=200_000)
    card = page.board._cards[0]
    assert card.problem.isVisibleTo(page)
    assert card.problem.text()
    assert "worker.crashed" not in card.problem.text()
    assert [seat.phase for seat in page.trial.seats] == ["failed", "done"]
    assert cell(page, 0, 1).kind == "failed"
    assert all(cell(page, row, 2).kind == "answer" for row in range(len(INPUTS)))
    assert "1 model failed; the others went on." in page.status.text()


@pytest.mark.timeout(240)
def test_cancelling_keeps_the_answers_that_arrived(make_bench, desk, qtbot):
    inputs = [f"{text} {i}" for i in range(60) for text in INPUTS]
    bench = make_bench(job_of(desk.sample(), 0, 2, inputs=inputs))
    page = open_page(bench, qtbot)
    page.run()
    qtbot.waitUntil(lambda: len(workers("model")) == 2, timeout=100_000)
    qtbot.waitUntil(lambda: page.trial.seats[1].load_s is not None, timeout=100_000)
    max(workers("model"), key=lambda process: process.create_time()).suspend()  # it hangs
    seen = page.trial.seats[0].outputs
    qtbot.waitUntil(lambda: bool(seen) and cell(page, 0, 1).kind == "answer", timeout=20_000)
    assert page.cancel_button.isVisibleTo(page)
    page.cancel_button.click()
    settled(bench, qtbot, timeout=20_000)
    assert cell(page, 0, 1).kind == "answer"
    assert cell(page, 0, 1).text
    assert {seat.phase for seat in page.trial.seats} == {"stopped"}
    assert page.run_button.isVisibleTo(page)
    assert workers("model") == []


def test_a_model_that_is_not_on_this_disk_is_a_sentence_with_a_way_out(make_bench, qtbot):
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    page.run()
    settled(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    page.banner.action.click()
    assert bench.steps == [2]


def test_nothing_written_asks_for_an_input_instead_of_running(make_bench, qtbot):
    bench = make_bench(replace(JOB, inputs=()))
    page = open_page(bench, qtbot)
    page.run()
    assert not page.trial.running
    assert bench.services.background.busy == []
    assert page.status.text() == "Write at least one input first."


def test_what_is_typed_is_kept_in_the_project(make_bench, qtbot):
    bench = make_bench(replace(JOB, inputs=()))
    page = open_page(bench, qtbot)
    page.inputs.box.setPlainText("one\n\n  two  words \n")
    page.inputs.flush()
    assert bench.services.project.inputs == ("one", "two words")


def test_ctrl_enter_in_the_box_runs(make_bench, qtbot):
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    qtbot.keyClick(page.inputs.box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert page.trial.running
    assert page.trial.inputs == INPUTS
    assert bench.services.background.busy == ["try"]


def test_a_task_on_pairs_takes_two_texts_a_line(make_bench, qtbot):
    bench = make_bench(replace(JOB, task="sentence-similarity", inputs=("a cat\ta dog",)))
    page = open_page(bench, qtbot)
    assert page.inputs.second.isVisibleTo(page)
    assert page.inputs.second.toPlainText() == "a dog"
    page.inputs.box.setPlainText("a cat\nlonely")
    page.inputs.second.setPlainText("a dog\n")
    assert page.inputs.inputs() == ("a cat\ta dog",)


def test_generated_text_streams_into_a_card_for_each_model(make_bench, qtbot):
    story = ("Tell me\na story",)
    bench = make_bench(replace(JOB, task="text-generation", inputs=story))
    page = open_page(bench, qtbot)
    assert page.inputs.inputs() == story
    page.board.start(story, page.trial.seats)
    pieces = ("Once", " upon", " a time")
    page.trial.take([TrialEvent("partial", REFS[0], 0, text=piece) for piece in pieces])
    said = Text("<b>The end</b>", 4)
    page.trial.take([TrialEvent("output", REFS[1], 0, output=said, seconds=0.5)])
    assert page.board.texts[0].text == "Once upon a time"
    assert page.board.texts[1].text == "<b>The end</b>"


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    # Deep enough for an answer to take more than a second: a cancel must find it at work.
    return make_decoder(tmp_path_factory.mktemp("models") / "teller", layers=24)


@pytest.mark.timeout(240)
def test_a_model_that_writes_is_shown_as_it_writes_and_a_cancel_keeps_its_words(
    make_bench, qtbot, decoder
):
    ref = put_in_cache(decoder, "acme/teller")
    inputs = tuple(f"my card is lost {number}" for number in range(9))
    job = Project(id=1, task="text-generation", refs=(ref,), inputs=inputs)
    bench = make_bench(job)
    page = open_page(bench, qtbot)
    page.run()
    qtbot.waitUntil(lambda: page.board.texts[0].text != "", timeout=200_000)
    assert page.trial.seats[0].outputs == {}, "shown before the answer is complete"
    shown = page.board.texts[0].text
    page.cancel()
    settled(bench, qtbot, timeout=20_000)
    assert page.board.texts[0].text.startswith(shown)
    assert page.trial.seats[0].phase == "stopped"


def test_scores_that_are_not_numbers_never_reach_a_bar(make_bench, qtbot):
    bench = make_bench(JOB)
    page = open_page(bench, qtbot)
    page.board.start(INPUTS, page.trial.seats)
    nan = float("nan")
    page.board.add_answers(
        {(0, 0): Similarity(nan), (1, 0): Similarity(0.5), (2, 0): Vector((1, 2))}
    )
    assert cell(page, 0, 1).share is None
    assert cell(page, 1, 1).share == 0.5
    assert cell(page, 2, 1).text == "2 numbers"
    page.grab()


def test_the_model_of_answers_keeps_qts_rules(qtmodeltester, make_bench):
    model = AnswersModel(make_bench().services.wording)
    model.start(INPUTS, NAMES)
    model.add({(r, c): x for c, row in enumerate(answers()) for r, x in enumerate(row)})
    model.set_note(0, "failed", "Failed")
    qtmodeltester.check(model)


def test_answers_without_a_majority_all_stand_apart():
    one, two = answers()[0][:2]
    assert standing_apart([one, two]) == [True, True]
    assert standing_apart([one, one, two]) == [False, False, True]
    assert standing_apart([one, None, None]) == [False, False, False]
    assert standing_apart([Similarity(0.9), Similarity(0.88), Similarity(0.1)]) == [
        False,
        False,
        True,
    ]


def test_names_grow_only_where_two_models_would_share_one():
    refs = ["a/x@1#torch-fp32", "b/x@1", "c/y@2#torch-fp32", "c/y@2#torch-fp16"]
    assert list(short_names(refs).values()) == ["a/x", "b/x", "y torch-fp32", "y torch-fp16"]
    assert same_model("a/x@1", "a/x@1#torch-fp32")
    assert not same_model("a/x@1#torch-fp16", "a/x@1#torch-fp32")


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_results_with_a_failure_are_not_clipped(make_bench, qtbot, language, scale):
    bench = make_bench(JOB, language, "dark", scale)
    page = open_page(bench, qtbot, (1000 * scale, 800 * scale))
    rows = [measurement(i, outputs) for i, outputs in enumerate(answers())]
    rows[2] = measurement(2, (None,) * 3, error=CRASH, latency=None)
    page.board.start(INPUTS, page.trial.seats)
    page.trial.inputs = INPUTS
    page.trial.show_rows(tuple(rows))
    page._finished()
    qtbot.wait(30)
    assert clipped(page) == []


@pytest.mark.parametrize(("language", "word"), [("en", "Reference"), ("fr", "Référence")])
def test_forms_of_one_model_say_how_far_they_agree(make_bench, qtbot, language, word):
    forms = tuple(f"{MODELS[0]}#{form}" for form in ("torch-fp32", "onnx-fp32", "onnx-int8"))
    bench = make_bench(Project(id=1, task=TASK, refs=forms, inputs=INPUTS), language)
    page = open_page(bench, qtbot, (912, 760))
    for seat in page.trial.seats:
        seat.phase = "waiting"
    page.board.start(INPUTS, page.trial.seats)
    assert not any(card.label("agree").isVisible() for card in page.board.measures)
    said = answers()
    outputs = (said[1], said[1], said[0])
    rows = [
        replace(measurement(0, x), ref=ref, engine=ref.split("#")[1][:-5], precision=ref[-4:])
        for ref, x in zip(forms, outputs, strict=True)
    ]
    page.trial.show_rows(with_agreement(rows))
    shown = [
        tuple(card.label(key).text() for key in ("agree", "differ")) for card in page.board.measures
    ]
    assert shown[0] == (word, "–")
    assert shown[1][0].startswith("100")
    assert shown[2][0][:2] == "66"
    assert shown[2][1] in {"0.5", "0,5"}
    assert all(card.label("agree").isVisible() for card in page.board.measures)
    settled(bench, qtbot)
    assert clipped(page) == []


@pytest.mark.timeout(240)
def test_the_sample_runs_for_real_and_the_window_stays_awake(make_bench, desk, qtbot, capsys):
    desk.offline = True
    bench = make_bench(sample_job(desk))
    page = open_page(bench, qtbot)
    gaps, last = [], [time.monotonic()]

    def tick() -> None:
        now = time.monotonic()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(tick)
    page.activate()
    timer.start()
    last[0] = time.monotonic()
    page.run()
    qtbot.waitUntil(lambda: not page.trial.running, timeout=200_000)
    timer.stop()
    with capsys.disabled():
        sys.stdout.write(
            f"\nlongest event-loop gap while three models loaded and ran: {max(gaps) * 1e3:.0f} ms\n"
        )
    assert not page.banner.isVisibleTo(page), page.banner.text
    assert all(seat.phase == "done" for seat in page.trial.seats)
    rows = page.board.model.rowCount()
    assert rows == len(bench.services.project.inputs) > 0
    for column, seat in enumerate(page.trial.seats, 1):
        assert page.board._cards[column - 1].name.text() == seat.name
        best = [max(x.labels, key=lambda y: y.score).label for x in seat.measurement.outputs]
        assert [cell(page, row, column).text for row in range(rows)] == best
    assert all(seat.memory_bytes and seat.measurement.latency for seat in page.trial.seats)
    assert max(gaps) < 0.5


def said(page):
    texts = [w.text() for w in page.findChildren(QLabel) if w.isVisibleTo(page)]
    tips = [w.toolTip() for w in page.findChildren(QWidget) if w.isVisibleTo(page)]
    names = [w.accessibleName() for w in page.findChildren(QWidget) if w.isVisibleTo(page)]
    return " ".join([*texts, *tips, *names])


def test_names_sizes_and_times_can_be_hidden_and_come_back_with_the_answers(make_bench, qtbot):
    page = open_page(make_bench(JOB), qtbot)
    show_trial(page)
    before = [[cell(page, i, j + 1) for i in range(3)] for j in range(3)]
    page.blind.click()
    shown = said(page)
    assert not any(name in shown for name in NAMES)
    assert "k parameters" not in shown
    assert [card.name.text() for card in page.board._cards] == ["Model A", "Model B", "Model C"]
    assert not any(x.isVisibleTo(page) for x in page.board.measures)
    hidden = [[cell(page, i, j + 1) for i in range(3)] for j in range(3)]
    assert sorted(map(str, hidden)) == sorted(map(str, before))
    for number, seat in enumerate(page.trial.seats):  # each column has the answers of its own model
        assert hidden[number] == before[REFS.index(seat.pinned)]
    page.trial.take([TrialEvent("failed", REFS[0], facts=CRASH)])
    assert NAMES[0] not in said(page)
    page.blind.click()
    assert [seat.name for seat in page.trial.seats] == list(NAMES)
    assert [card.name.text() for card in page.board._cards] == list(NAMES)
    assert [[cell(page, i, j + 1) for i in range(3)] for j in range(3)][1:] == before[1:]
    assert all(x.isVisibleTo(page) for x in page.board.measures)


def test_what_is_written_while_names_are_hidden_stays_in_its_card(make_bench, qtbot):
    job = Project(id=1, task="text-generation", refs=MODELS, inputs=("Say hello",))
    page = open_page(make_bench(job), qtbot)
    page.board.start(job.inputs, page.trial.seats)
    page.trial.inputs = job.inputs
    page.trial.take([TrialEvent("partial", ref, 0, f"from {i} ") for i, ref in enumerate(REFS)])
    page.blind.click()
    page.trial.take([TrialEvent("partial", ref, 0, "more") for ref in REFS])
    for seat, card in zip(page.trial.seats, page.board.texts, strict=True):
        assert card.text == f"from {REFS.index(seat.pinned)} more"
        assert card.name == seat.alias
