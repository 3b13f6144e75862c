"""Deciding by one's own judgement in the window: few labels and blind votes, by keyboard, resumed, concluded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from selector.decide.codec import evaluation_from_json
from selector.decide.document import load
from selector.desk.asking import Progress, Question
from selector.engines.endpoint.config import Endpoint
from selector.wording import Wording
from tests.loopback_llm import LoopbackLlm
from tests.tiny_models import make_decoder
from tests.ui.cached_models import put_in_cache
from tests.ui.measured_before import answered_before, right_answer, written_before
from tests.ui.test_decide_page import open_page, settled
from tests.ui.test_pages_look import accessible_name, clipped
from tests.ui.worker_processes import workers
from ui.models.scores_model import probability_text
from ui.pages.label_panel import LabelPanel
from ui.pages.vote_panel import VotePanel

LONG = "Une réponse qui n’en finit pas, avec tout ce que personne n’a demandé. " * 12


@pytest.fixture
def unlabelled(desk, tmp_path):
    return answered_before(desk, tmp_path)


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    return make_decoder(tmp_path_factory.mktemp("models") / "writer", hidden=16)


@pytest.fixture
def prompts(desk, tmp_path, writer):
    refs = [put_in_cache(writer, f"acme/writer-{number}") for number in range(3)]
    return written_before(desk, tmp_path, refs)


def ready(page, qtbot):
    qtbot.waitUntil(lambda: page.asking._job is None, timeout=60_000)
    settled(page.bench, qtbot, 60_000)
    assert not page.banner.isVisibleTo(page), page.banner.text


def opened(bench, qtbot, way):
    page = open_page(bench, qtbot)
    page.bench = bench
    page.asking.offer.buttons[way].click()
    ready(page, qtbot)
    return page


def label_until_over(page, qtbot, most=80):
    asked = 0
    while page.asking.session is not None and asked < most:
        question, panel = page.asking.labels.question, page.asking.labels
        right = question.answers.index(right_answer(question.input))
        QTest.keyClick(panel, Qt.Key(Qt.Key.Key_1 + right))
        qtbot.waitUntil(lambda: page.asking._job is None, timeout=20_000)
        asked += 1
    settled(page.bench, qtbot, 20_000)
    return asked


# -- few labels ---------------------------------------------------------------------------------------


def test_inputs_without_right_answers_are_labelled_by_keyboard_until_it_is_decided(
    make_bench, qtbot, unlabelled
):
    page = opened(make_bench(unlabelled), qtbot, "labels")
    panel = page.asking.labels
    assert panel.isVisibleTo(page)
    assert not page.question.measure.isVisibleTo(page)
    assert len(panel.choices) == len(panel.question.answers) + 1
    asked = label_until_over(page, qtbot)
    assert 20 <= asked <= 60
    kept = evaluation_from_json(page.bench.services.project.evaluation)
    assert (kept.basis, kept.n, kept.inputs) == ("labels", asked, 300)
    assert kept.decision.choice.partition("#")[0] == unlabelled.refs[1]
    assert load(Path(page.bench.services.project.decision_file))["metric"]["basis"] == "labels"
    verdict = page.results.verdict
    assert verdict.headline.text().startswith("bank-messages-small is good enough")
    assert "no absolute score" in verdict.basis.text()
    assert page.results.table.isColumnHidden(1)
    shown = [row.score for row in page.results.charts.bars.rows]
    assert max(shown) == 0
    assert min(shown) < -0.05
    assert page.results.charts.bars.rows[0].label == "bank-messages-nano"
    assert page.export.button.isEnabled()
    assert workers("calculator") == []


def test_a_session_is_undone_skipped_stopped_and_goes_on_another_day(make_bench, qtbot, unlabelled):
    bench = make_bench(unlabelled)
    page = opened(bench, qtbot, "labels")
    panel = page.asking.labels
    first = panel.question
    QTest.keyClick(panel, Qt.Key.Key_1)
    ready(page, qtbot)
    assert panel.question != first
    QTest.keyClick(panel, Qt.Key.Key_U)
    ready(page, qtbot)
    assert panel.question == first
    QTest.keyClick(panel, Qt.Key.Key_0)
    ready(page, qtbot)
    QTest.keyClick(panel, Qt.Key.Key_S)
    ready(page, qtbot)
    assert panel.count.text().startswith("2 of at most 100")
    asked = panel.question
    panel.stop.click()
    ready(page, qtbot)
    assert workers("calculator") == []
    assert bench.services.project.evaluation["decision"]["status"] == "undecided"
    assert page.results.verdict.headline.text().startswith("Undecided: these 2 labels")
    assert page.asking.offer.buttons["labels"].text() == "Go on labelling"
    another = opened(make_bench(bench.services.project), qtbot, "labels")
    assert another.asking.labels.question == asked
    another.asking.drop()


def test_what_is_pressed_while_an_answer_is_on_its_way_is_not_taken(make_bench, qtbot, unlabelled):
    page = opened(make_bench(unlabelled), qtbot, "labels")
    panel = page.asking.labels
    for _ in range(3):
        QTest.keyClick(panel, Qt.Key.Key_1)
    ready(page, qtbot)
    assert page.asking.session.progress.done == 1
    page.asking.drop()


def test_a_spent_budget_ends_the_questions_and_more_can_be_given(make_bench, qtbot, unlabelled):
    bench = make_bench(replace(unlabelled, extra={"ask_budget": {"labels": 10}}))
    page = opened(bench, qtbot, "labels")
    assert label_until_over(page, qtbot) == 10
    assert any("budget" in said for said in page.results.verdict.sentences())
    page.asking.offer.buttons["labels"].click()
    ready(page, qtbot)
    assert page.asking.session.progress.budget == 50
    page.asking.drop()


def test_another_margin_decides_anew_from_the_same_labels(make_bench, qtbot, unlabelled):
    bench = make_bench(unlabelled)
    page = opened(bench, qtbot, "labels")
    label_until_over(page, qtbot)
    before = bench.services.project.evaluation["n"]
    page.question.margin.setValue(50)
    page.question.flush()
    ready(page, qtbot)
    kept = bench.services.project.evaluation
    assert (kept["margin"], kept["n"]) == (0.5, before)
    assert kept["decision"]["choice"].partition("#")[0] == unlabelled.refs[0]
    page.asking.offer.back.click()
    ready(page, qtbot)
    assert page.asking.labels.isVisibleTo(page)
    assert page.asking.session.progress.done == before - 1
    page.asking.drop()


def test_another_job_ends_the_session(make_bench, qtbot, unlabelled):
    bench = make_bench(unlabelled)
    page = opened(bench, qtbot, "labels")
    bench.change(replace(unlabelled, id=2, data_path=None))
    settled(bench, qtbot)
    assert page.asking.session is None
    assert workers("calculator") == []


def test_other_models_end_the_session_and_its_margin_stands_still(make_bench, qtbot, unlabelled):
    bench = make_bench(unlabelled)
    page = opened(bench, qtbot, "labels")
    assert not page.question.margin.isEnabled()
    QTest.keyClick(page.asking.labels, Qt.Key.Key_1)
    ready(page, qtbot)
    bench.change(replace(unlabelled, refs=unlabelled.refs[:2]))
    settled(bench, qtbot)
    assert page.asking.session is None
    assert workers("calculator") == []
    assert page.question.margin.isEnabled()
    page.asking.offer.buttons["labels"].click()
    ready(page, qtbot)
    assert page.asking.session.progress.done == 1
    assert page.asking.session.progress.entered == 2
    page.asking.drop()


def test_the_session_ends_with_its_page(make_bench, qtbot, unlabelled):
    page = opened(make_bench(unlabelled), qtbot, "labels")
    assert len(workers("calculator")) == 1
    page.asking.card.setParent(None)
    page.asking.card.deleteLater()
    qtbot.waitUntil(lambda: workers("calculator") == [], timeout=10_000)


def test_stopping_before_the_first_question_keeps_what_models_answered(
    make_bench, qtbot, unlabelled
):
    bench = make_bench(unlabelled)
    page = open_page(bench, qtbot)
    page.asking.offer.buttons["labels"].click()
    page.question.cancel.click()
    settled(bench, qtbot, 20_000)
    assert "goes on from there" in page.question.status.text()
    assert page.asking.offer.isVisibleTo(page)
    assert workers("calculator") == []


def test_a_damaged_file_of_answers_is_a_sentence(make_bench, qtbot, unlabelled, desk):
    bench = make_bench(unlabelled)
    desk.locations.judgements.mkdir(parents=True, exist_ok=True)
    page = open_page(bench, qtbot)
    path = desk.answers_of(page.examples.examples, unlabelled.task, "labels")
    path.write_text("index,label\n9999,lost\n")
    page.asking.offer.buttons["labels"].click()
    settled(bench, qtbot, 20_000)
    assert page.banner.isVisibleTo(page)
    assert page.asking.offer.isVisibleTo(page)


# -- blind votes --------------------------------------------------------------------------------------


def test_votes_are_blind_by_arrow_keys_and_end_with_win_rates(make_bench, qtbot, prompts):
    bench = make_bench(replace(prompts, margin=0.1))
    page = opened(bench, qtbot, "votes")
    panel = page.asking.votes
    sides = set()
    votes = 0
    while page.asking.session is not None and votes < 80:
        left, right = (box.text for box in panel.sides)
        assert "writer" not in left + right
        sides.add(len(left) > len(right))
        QTest.keyClick(panel, Qt.Key.Key_Left if len(left) > len(right) else Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: page.asking._job is None, timeout=20_000)
        votes += 1
    settled(bench, qtbot, 20_000)
    assert sides == {True, False}
    kept = evaluation_from_json(bench.services.project.evaluation)
    assert (kept.basis, kept.n) == ("votes", votes)
    assert kept.decision.choice.partition("#")[0] == prompts.refs[2]
    assert page.results.scores.headerData(1, Qt.Orientation.Horizontal) == "Win rate"
    assert "blind votes" in page.results.verdict.basis.text()
    assert page.results.verdict.headline.text().startswith("writer-2 is good enough")


def test_more_than_four_models_cannot_be_voted_on_and_one_alone_not_judged(
    make_bench, qtbot, prompts
):
    five = replace(prompts, refs=tuple(f"acme/m{i}@{'0' * 40}" for i in range(5)))
    page = open_page(make_bench(five), qtbot)
    assert not page.asking.offer.buttons["votes"].isEnabled()
    assert page.asking.offer.buttons["labels"].isEnabled()
    assert "two to four" in page.asking.offer.state.text()
    page = open_page(make_bench(replace(prompts, refs=prompts.refs[:1])), qtbot)
    assert not page.asking.offer.buttons["votes"].isEnabled()


# -- look ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", [LabelPanel, VotePanel])
def test_panels_are_not_clipped_and_every_control_has_a_name(
    make_bench, qtbot, kind, language, scale
):
    make_bench(None, language, "light", scale)
    panel = kind(Wording(language))
    qtbot.addWidget(panel)
    panel.show_question(
        Question(3, LONG * 2, (LONG, "card_arrival")),
        Progress(12, 80, ("a", "b"), 3, "a", 0.4),
        0.95,
    )
    panel.resize(640 * scale, 700 * scale)
    panel.show()
    qtbot.wait(20)
    assert clipped(panel) == []
    controls = [panel.skip, panel.undo, panel.stop, panel.input]
    assert all(accessible_name(each) for each in controls)
    assert "a" not in panel.note.text().split()


def test_no_probability_is_shown_as_certain():
    words = Wording("en")
    assert [probability_text(x, words) for x in (1.0, 0.9995, 0.999, 0.0005)] == [
        "> 99.9%",
        "> 99.9%",
        "99.9%",
        "< 0.1%",
    ]


def test_a_chat_model_takes_part_in_blind_votes_once_the_person_has_seen_what_it_gets(
    make_bench, qtbot, desk, tmp_path, writer
):
    with LoopbackLlm(lambda body: "well well well well " + body["messages"][-1]["content"]) as llm:
        desk.keep_endpoint(Endpoint("big", llm.address, "model-1"))
        refs = [put_in_cache(writer, "acme/writer-0")]
        job = replace(written_before(desk, tmp_path, refs, 40), margin=0.1)
        bench = make_bench(job)
        page = open_page(bench, qtbot)
        page.bench = bench
        offer = page.asking.offer
        assert not offer.buttons["votes"].isEnabled()  # one model alone
        offer.llm.click()
        settled(bench, qtbot, 20_000)
        assert llm.requests == []
        page.llm.dialog.send.click()
        ready(page, qtbot)
        assert len(llm.requests) == 40
        assert page.asking.votes.isVisibleTo(page)
        assert "big" not in page.asking.votes.note.text()
        for _ in range(80):
            if page.asking.session is None:
                break
            left, right = (box.text for box in page.asking.votes.sides)
            page.asking.votes.buttons["left" if len(left) > len(right) else "right"].click()
            qtbot.waitUntil(lambda: page.asking._job is None, timeout=20_000)
        settled(bench, qtbot, 20_000)
        kept = evaluation_from_json(bench.services.project.evaluation)
        assert kept.decision.choice == "endpoint:big"
        assert bench.services.project.refs == job.refs  # it is no model that other pages could load
        offer.leave.click()
        assert "llm" not in bench.services.project.extra
        assert not offer.leave.isVisibleTo(page)


def test_a_long_text_wraps_beside_its_scroll_bar_and_a_short_one_has_none(make_bench, qtbot):
    make_bench()
    panel = LabelPanel(Wording("fr"))
    qtbot.addWidget(panel)
    panel.resize(640, 700)
    panel.show()
    progress = Progress(12, 80, ("a", "b"), 3, "a", 0.4)
    box = panel.input
    panel.show_question(Question(3, LONG * 4, ("x", "y")), progress, 0.95)
    qtbot.waitUntil(lambda: box.verticalScrollBar().isVisible(), timeout=2000)
    qtbot.wait(20)
    line = box.document().firstBlock().layout().lineAt(0)
    assert line.width() <= box.viewport().width()
    panel.show_question(Question(4, "short", ("x", "y")), progress, 0.95)
    qtbot.waitUntil(lambda: not box.verticalScrollBar().isVisible(), timeout=2000)
