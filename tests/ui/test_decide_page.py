"""The page that measures models on labelled examples and names the smallest that is good enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from selector.decide.codec import evaluation_from_json
from selector.decide.data import read_examples
from selector.decide.document import load, save
from selector.desk.evaluating import data_key
from selector.desk.requests import EvaluateRequest
from selector.hub.candidate import Reason
from selector.store.database import Database
from selector.store.outputs import remember_output
from selector.store.projects import Project
from selector.tasks.outputs import to_json
from selector.trial.measurement import TrialEvent
from selector.wording import Wording
from tests.ui.measured_before import N, measured_before
from tests.ui.prepared import (
    MODELS,
    NAMES,
    REFS,
    TASK,
    answers,
    decided,
    one_failed,
    score,
    undecided,
)
from tests.ui.test_pages_look import clipped, sample_job
from tests.ui.worker_processes import workers
from ui.models.disagreements_model import DisagreementsModel
from ui.models.scores_model import Column, ScoresModel
from ui.models.short_names import short_name
from ui.models.shown_answer import AnswerRole
from ui.pages.decide_page import DecidePage
from ui.pages.decide_progress import DecideProgress
from ui.pages.decide_sentences import caveats, headline, reason_text

DATA = "text,label\nI lost my card,lost\nwhat is your rate for yen,rate\nclose my account,close\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "mails.csv"
    path.write_text(DATA, encoding="utf-8")
    return path


@pytest.fixture
def job(data: Path) -> Project:
    return Project(
        id=1, task=TASK, refs=MODELS, data_path=str(data), input_column="text", label_column="label"
    )


def settled(bench, qtbot, timeout=5000):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=timeout)
    qtbot.wait(50)


def open_page(bench, qtbot, size=(1100, 900)):
    page = DecidePage(bench.services)
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    bench.show(page)
    page.activate()
    settled(bench, qtbot)
    return page


def holding(evaluation, job: Project) -> Project:
    return replace(job, evaluation=evaluation.to_json(), decision_file="/decisions/a.petit.json")


@pytest.fixture
def measured(desk, tmp_path) -> Project:
    """A job whose models have answered every example before: deciding runs no model again."""
    return measured_before(desk, tmp_path)


def decide(page, bench, qtbot):
    settled(bench, qtbot, timeout=100_000)
    assert not page.banner.isVisibleTo(page), page.banner.text
    return bench.services.project.evaluation


def decisions_of(bench):
    """How often the desk has decided: each time it saves a file."""
    folder = bench.desk.locations.decisions
    return len(list(folder.iterdir())) if folder.is_dir() else 0


# -- what is missing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "step"), [({"task": None}, 1), ({"refs": ()}, 2), ({"data_path": None}, 1)]
)
def test_what_is_missing_leads_to_where_it_is_chosen(make_bench, qtbot, job, change, step):
    bench = make_bench(replace(job, **change))
    page = open_page(bench, qtbot)
    assert page.empty.isVisibleTo(page)
    page.empty.button.click()
    assert bench.steps == [step]


def test_examples_without_right_answers_are_judged_by_the_person(make_bench, qtbot, tmp_path):
    path = tmp_path / "plain.txt"
    path.write_text("one line\nanother line\n", encoding="utf-8")
    bench = make_bench(Project(id=1, task=TASK, refs=MODELS, data_path=str(path)))
    page = open_page(bench, qtbot)
    assert page.asking.offer.buttons["labels"].isVisibleTo(page)
    assert not page.asking.offer.buttons["votes"].isVisibleTo(page)
    assert not page.question.measure.isVisibleTo(page)
    assert not page.waiting.isVisibleTo(page)


def test_where_nobody_can_judge_at_a_glance_right_answers_are_asked_for(
    make_bench, qtbot, tmp_path
):
    path = tmp_path / "plain.txt"
    path.write_text("one line\nanother line\n", encoding="utf-8")
    job = Project(id=1, task="feature-extraction", refs=MODELS, data_path=str(path))
    bench = make_bench(job)
    page = open_page(bench, qtbot)
    assert "right answers" in page.banner.text
    assert not page.question.measure.isEnabled()
    page.banner.action.click()
    assert bench.steps == [1]


def test_a_file_that_is_gone_is_a_sentence(make_bench, qtbot, job):
    bench = make_bench(replace(job, data_path="/nowhere/mails.csv"))
    page = open_page(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    assert page.banner.text
    assert not page.question.measure.isEnabled()


# -- measuring --------------------------------------------------------------------------------------


def test_measuring_ends_with_the_recommendation_and_is_kept(make_bench, qtbot, measured):
    bench = make_bench(measured)
    page = open_page(bench, qtbot)
    page.question.measure.click()
    kept = decide(page, bench, qtbot)
    assert kept["decision"]["choice"].partition("#")[0] == measured.refs[0]
    assert kept["n"] == N
    told = page.results.verdict.headline.text()
    assert told.startswith("bank-messages-nano is good enough: ")
    assert told == headline(evaluation_from_json(kept), Wording("en"))
    file = Path(bench.services.project.decision_file)
    assert load(file)["data"]["name"] == Path(measured.data_path).name
    assert page.export.button.isEnabled()


def test_the_headline_gives_size_difference_and_certainty(make_bench, qtbot, job):
    page = open_page(make_bench(holding(decided(), job)), qtbot)
    assert page.results.verdict.headline.text() == (
        "tiny-banker is good enough: 4.1 times smaller than the best, between 1.1 points better and"
        " 4.2 points worse (95%), and 98.4% sure to be within your 5 points."
    )
    assert page.export.button.isEnabled()


def test_cancelling_says_that_measuring_goes_on_from_there(make_bench, qtbot, measured):
    bench = make_bench(measured)
    page = open_page(bench, qtbot)
    page.measure()
    qtbot.waitUntil(lambda: page.progress.over and workers("calculator") != [], timeout=20_000)
    page.question.cancel.click()
    settled(bench, qtbot, timeout=20_000)
    assert "goes on from there" in page.question.status.text()
    assert page.question.measure.isVisibleTo(page)
    assert bench.services.project.evaluation is None
    assert workers("calculator") == []


def test_a_crash_while_measuring_is_shown_and_measuring_is_possible_again(
    make_bench, qtbot, measured
):
    bench = make_bench(measured)
    page = open_page(bench, qtbot)
    page.measure()
    qtbot.waitUntil(lambda: workers("calculator") != [], timeout=20_000)
    workers("calculator")[0].kill()
    settled(bench, qtbot, timeout=20_000)
    assert page.banner.isVisibleTo(page)
    assert page.banner.text
    assert page.question.measure.isEnabled()


def test_another_margin_decides_anew_without_asking(make_bench, qtbot, measured):
    bench = make_bench(holding(decided(), measured))
    page = open_page(bench, qtbot)
    page.question.margin.setValue(2)
    page.question.flush()
    kept = decide(page, bench, qtbot)
    assert kept["margin"] == 0.02
    assert decisions_of(bench) == 1
    assert bench.services.project.margin == 0.02
    assert page.results.verdict.headline.text().startswith("Undecided")


def test_another_metric_is_asked_for_and_kept(make_bench, qtbot, measured):
    bench = make_bench(holding(decided(), measured))
    page = open_page(bench, qtbot)
    page.question.metric_box.setCurrentIndex(1)
    page.question.metric_box.activated.emit(1)
    assert decide(page, bench, qtbot)["metric"] == "macro-f1"
    assert bench.services.project.extra["metric"] == "macro-f1"


def test_another_meaning_of_small_decides_anew_and_is_kept(make_bench, qtbot, measured):
    bench = make_bench(holding(decided(), measured))
    page = open_page(bench, qtbot)
    page.question.cost_box.setCurrentIndex(page.question.cost_box.findData("memory"))
    page.question.cost_box.activated.emit(page.question.cost_box.currentIndex())
    done = decide(page, bench, qtbot)
    assert done["cost"] == "memory"
    assert {x["cost"] for x in done["models"]} == {412_000_000}
    assert bench.services.project.extra["cost"] == "memory"
    assert page.results.charts.axis.currentData() == "memory"


def test_before_measuring_the_page_says_what_will_be_here(make_bench, qtbot, job):
    page = open_page(make_bench(job), qtbot)
    assert page.waiting.isVisibleTo(page)
    assert not page.results.isVisibleTo(page)
    assert page.question._end.text() == "on the 3 examples of mails.csv?"


def test_a_resumed_measurement_counts_on_from_where_it_stopped(make_bench, qtbot):
    progress = DecideProgress(make_bench().services.wording)
    qtbot.addWidget(progress)
    progress.start(MODELS, 440)
    progress.take([TrialEvent("output", REFS[0], 320), TrialEvent("failed", REFS[1])])
    assert progress.details() == ["321 of 440", "Failed; the others go on", "Waits for its turn"]
    assert not progress.over


# -- what an evaluation says ------------------------------------------------------------------------


def test_an_undecided_evaluation_says_how_many_examples_would_decide(make_bench, qtbot, job):
    bench = make_bench(holding(undecided(), job))
    page = open_page(bench, qtbot)
    verdict = page.results.verdict
    assert verdict.headline.text().startswith("Undecided: these 24 examples")
    assert verdict.more.text() == "About 310 more labelled examples would probably decide."
    verdict.examples.click()
    assert bench.steps == [1]
    assert not page.export.button.isEnabled()


def test_the_margin_that_would_decide_is_one_click_away(make_bench, qtbot, measured):
    bench = make_bench(holding(undecided(), measured))
    page = open_page(bench, qtbot)
    assert page.results.verdict.use_margin.text() == "Use 7.5 points"
    page.results.verdict.use_margin.click()
    assert decide(page, bench, qtbot)["margin"] == 0.075
    assert decisions_of(bench) == 1
    assert page.results.verdict.headline.text().startswith("bank-messages-nano is good enough")


def test_reopening_shows_the_last_evaluation_without_measuring(make_bench, qtbot, job):
    bench = make_bench(holding(decided(), job))
    page = open_page(bench, qtbot)
    assert page._running is None
    assert decisions_of(bench) == 0
    assert page.results.isVisibleTo(page)
    assert page.results.scores.rowCount() == 3


def test_a_decision_opened_without_its_examples_is_shown_but_cannot_be_measured(
    make_bench, qtbot, job
):
    bench = make_bench(replace(holding(decided(disagreements=(1,)), job), data_path=None))
    page = open_page(bench, qtbot)
    assert page.results.isVisibleTo(page)
    assert not page.question.measure.isEnabled()
    assert "not at hand" in page.results.disagreements.note.text()


def test_an_evaluation_that_cannot_be_read_is_left_out_with_a_word(make_bench, qtbot, job):
    bench = make_bench(replace(job, evaluation={"models": 3}))
    page = open_page(bench, qtbot)
    assert not page.results.isVisibleTo(page)
    assert page.banner.isVisibleTo(page)
    assert page.question.measure.isEnabled()


def test_a_failed_model_stays_in_the_table_and_its_error_is_told(make_bench, qtbot, job):
    bench = make_bench(holding(one_failed(), job))
    page = open_page(bench, qtbot)
    scores = page.results.scores
    assert scores.index(0, Column.SCORE).data() == "–"
    told = scores.index(0, Column.MODEL).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "tiny-banker, failed"
    assert any("tiny-banker failed" in said for said in page.results.verdict.sentences())
    assert [row.key for row in page.results.charts.bars.rows] == list(REFS[1:])


def test_numbers_that_are_none_are_dashes_everywhere(make_bench, qtbot, job):
    nan = float("nan")
    odd = score(0, nan, interval=(nan, nan), difference=(nan, nan, nan), good_enough=nan)
    odd = replace(odd, latency_s=nan)
    bench = make_bench(holding(replace(decided(), models=(odd, *decided().models[1:])), job))
    page = open_page(bench, qtbot)
    scores = page.results.scores
    row = [scores.index(0, column).data() for column in range(Column.SCORE, Column.PARAMETERS)]
    assert row == ["–", "–", "–"]
    scores.sort(Column.SCORE)
    assert scores.index(2, 0).data() == "tiny-banker"
    assert "nan" not in " ".join(page.results.verdict.sentences()).lower()
    assert "nan" not in page.results.verdict.headline.text().lower().split()
    page.grab()


def test_when_all_models_failed_nothing_is_recommended():
    error = {"code": "engine.memory", "facts": {}}
    failed = replace(undecided(), models=tuple(score(i, None, error=error) for i in range(3)))
    assert headline(failed, Wording("en")).startswith("Nothing could be decided")


def test_no_sentence_claims_certainty_and_unknown_codes_stay_silent():
    words = Wording("en")
    names = dict(zip(REFS, NAMES, strict=True))
    facts = {"ref": REFS[0], "probability": 1.0, "confidence": 0.975}
    assert "99.9%" in reason_text(Reason("reason.provisional", facts), names, words)
    assert reason_text(Reason("reason.from_a_newer_version", {}), names, words) == ""
    assert caveats(undecided(), words) == [
        "24 examples decide next to nothing; 30 are a start, a few hundred are good."
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_code_of_the_verdict_has_a_sentence(language):
    words = Wording(language)
    reasons = "provisional open only_one best_score smallest_good_enough same_answers ruled_out faster slower"
    limits = (
        "few_examples duplicates failed_contestant missing_outputs one_contestant shared_timing"
        " unknown_cost llm_last labels_do_not_match all_failed all_bad"
    )
    wanted = [f"reason.{x}" for x in reasons.split()] + [f"caveat.{x}" for x in limits.split()]
    assert [code for code in wanted if not words.has(code)] == []


# -- tables and tabs --------------------------------------------------------------------------------


def test_the_table_sorts_by_numbers_and_gives_the_first_order_back(qtmodeltester, make_bench):
    model = ScoresModel(make_bench().services.wording)
    model.set_scores(decided().models, REFS[0])
    qtmodeltester.check(model)
    model.sort(Column.SCORE, Qt.SortOrder.DescendingOrder)
    assert [model.index(row, 0).data() for row in range(3)] == [NAMES[1], NAMES[0], NAMES[2]]
    model.sort(-1)
    assert [model.index(row, 0).data() for row in range(3)] == list(NAMES)


def test_contested_examples_are_read_back_from_what_was_stored(make_bench, desk, qtbot, job, data):
    examples = read_examples(data, "text", "label")
    with Database(desk.locations.database) as store:
        for ref, outputs in zip(REFS, answers(), strict=True):
            for item, output in enumerate(outputs):
                remember_output(store, data_key(examples), TASK, ref, item, output, 0.01)
    evaluation = decided(disagreements=(1,), data_sha256=examples.sha256)
    bench = make_bench(holding(evaluation, job))
    page = open_page(bench, qtbot)
    model = page.results.disagreements.model
    assert model.rowCount() == 1
    assert model.index(0, 0).data() == "what is your rate for yen"
    assert [model.index(0, c).data(AnswerRole.ANSWER).right for c in (2, 3, 4)] == [
        False,
        True,
        True,
    ]
    assert isinstance(model, DisagreementsModel)


def test_the_model_of_disagreements_keeps_qts_rules(qtmodeltester, make_bench):
    qtmodeltester.check(DisagreementsModel(make_bench().services.wording))


def test_confusions_are_told_in_words_and_follow_the_chosen_model(make_bench, qtbot, job):
    bench = make_bench(holding(decided(), job))
    page = open_page(bench, qtbot)
    tab = page.results.confusion
    assert tab.model_box.currentText() == "tiny-banker"
    assert tab.worst.text() == (
        "Most frequent mistakes: lost taken for rate (2), rate taken for lost (1)."
    )
    page.results.charts.picked.emit(REFS[2])
    assert tab.model_box.currentText() == "base-banker"
    page.results.tabs.setCurrentWidget(tab)
    tab.chart.grab()
    assert tab.chart.accessibleDescription() == tab.worst.text()


def test_the_cost_axis_can_be_chosen(make_bench, qtbot, job):
    bench = make_bench(holding(decided(), job))
    page = open_page(bench, qtbot)
    charts = page.results.charts
    charts.axis.setCurrentIndex(charts.axis.findData("latency"))
    charts.axis.activated.emit(charts.axis.currentIndex())
    assert [point.cost for point in charts.trade.points] == [0.0004, 0.0008, 0.0016]


# -- export -----------------------------------------------------------------------------------------


@pytest.fixture
def decision(desk, measured) -> Project:
    """The measured job with its decision, saved as a file by the desk."""
    request = EvaluateRequest(measured.refs, TASK, Path(measured.data_path))
    found = desk.evaluate(request, lambda _: None)
    return replace(measured, evaluation=found.evaluation.to_json(), decision_file=str(found.file))


def test_any_measured_model_can_be_exported_and_the_file_says_whose_choice_it_was(
    make_bench, qtbot, decision, tmp_path
):
    page = open_page(bench := make_bench(decision), qtbot)
    export, evaluation = page.export, evaluation_from_json(decision.evaluation)
    refs = {x.ref for x in evaluation.models}
    assert {export.model.itemData(i) for i in range(export.model.count())} == refs
    choice = evaluation.decision.choice
    assert export.model.currentData() == choice
    other = next(ref for ref in sorted(refs) if ref != choice)
    export.model.setCurrentIndex(export.model.findData(other))
    assert export.button.isEnabled()
    name = short_name(other)
    (tmp_path / f"{name}-decision").mkdir()
    export.export_to("decision", tmp_path)
    settled(bench, qtbot, 100_000)
    assert not page.banner.isVisibleTo(page), page.banner.text
    written = tmp_path / f"{name}-decision-2" / f"{name}.petit.json"
    document = load(written)
    assert document["contestant"]["ref"] == other
    assert document["chosen_by"] == "user"
    score = next(x for x in evaluation.models if x.ref == other)
    assert document["metric"]["score"] == score.score
    assert document["samples"]
    assert export.files.text() == written.name
    assert export.open_button.isVisibleTo(page)


def test_formats_that_cannot_carry_a_model_are_off_and_say_so(make_bench, qtbot, job):
    page = open_page(make_bench(holding(decided(), job)), qtbot)
    actions = dict(zip(page.export.formats, page.export.menu.actions(), strict=True))
    assert list(actions)[:3] == ["decision", "report", "python"]
    assert all(action.isEnabled() for action in actions.values())
    page.export._show_formats("endpoint:big")
    assert {name for name, action in actions.items() if action.isEnabled()} == {
        "decision",
        "report",
    }
    assert "endpoint" in actions["python"].toolTip()


def test_an_undecided_result_waits_for_the_users_choice_before_it_exports(make_bench, qtbot, job):
    bench = make_bench(holding(undecided(), job))
    page = open_page(bench, qtbot)
    assert page.export.model.currentIndex() == -1
    assert not page.export.button.isEnabled()
    page.export.model.setCurrentIndex(1)
    assert page.export.button.isEnabled()
    assert "yourself" not in page.export.button.toolTip()


def test_an_export_that_cannot_be_written_is_a_sentence(make_bench, qtbot, decision, tmp_path):
    # With samples in the file no model has to run before there is something to write.
    file = Path(decision.decision_file)
    sample = {"input": "hello", "output": to_json(answers()[0][0])}
    save({**load(file), "samples": [sample]}, file)
    page = open_page(bench := make_bench(decision), qtbot)
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    page.export.export_to("decision", taken)
    settled(bench, qtbot, 60_000)
    assert page.banner.isVisibleTo(page)
    assert str(taken) in page.banner.text
    assert page.export.button.isEnabled()
    assert page.banner.isVisibleTo(page)
    assert str(taken) in page.banner.text
    assert page.export.button.isEnabled()


# -- look -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("make", [decided, undecided, one_failed])
def test_results_are_not_clipped(make_bench, qtbot, job, make, language, scale):
    bench = make_bench(holding(make(), job), language, "light", scale)
    page = open_page(bench, qtbot, (1000 * scale, 1400 * scale))
    assert clipped(page) == []
    page.results.tabs.setCurrentWidget(page.results.confusion)
    assert clipped(page) == []


@pytest.mark.timeout(280)
def test_the_sample_is_decided_for_real_and_a_second_time_from_what_is_stored(
    make_bench, desk, qtbot
):
    desk.offline = True
    bench = make_bench(sample_job(desk))
    page = open_page(bench, qtbot)
    page.question.measure.click()
    qtbot.waitUntil(lambda: page._running is None, timeout=240_000)
    settled(bench, qtbot)
    assert not page.banner.isVisibleTo(page), page.banner.text
    project = bench.services.project
    assert project.evaluation["n"] > 100
    assert Path(project.decision_file).is_file()
    assert page.results.disagreements.model.rowCount() > 0
    again = DecidePage(bench.services)
    qtbot.addWidget(again)
    bench.show(again)
    again.activate()
    settled(bench, qtbot)
    assert again.results.disagreements.model.rowCount() > 0
    first = again.results.disagreements.model.index(0, 2).data(AnswerRole.ANSWER)
    assert first is not None
    assert first.right is not None
    page._take_margin(0.02)
    qtbot.waitUntil(lambda: page._running is None, timeout=60_000)
    assert bench.services.project.evaluation["margin"] == 0.02


def test_a_race_stops_early_says_what_it_saved_and_is_remembered(make_bench, qtbot, measured):
    bench = make_bench(measured)
    page = open_page(bench, qtbot)
    page.question.race.click()
    page.question.measure.click()
    kept = evaluation_from_json(decide(page, bench, qtbot))
    assert bench.services.project.extra["race"] is True
    assert kept.race.evaluations < kept.race.total == 3 * N
    assert kept.n < N
    assert any("was not needed" in said for said in page.results.verdict.sentences())
    page.question.metric_box.setCurrentIndex(1)
    page.question.metric_box.activated.emit(1)
    assert not page.question.race.isEnabled()  # a metric of the whole cannot be raced
    whole = evaluation_from_json(decide(page, bench, qtbot))
    assert (whole.metric, whole.race, whole.n) == ("macro-f1", None, N)


def test_the_progress_of_a_race_counts_answers_in_any_order_and_says_who_is_out(make_bench, qtbot):
    progress = DecideProgress(make_bench().services.wording)
    qtbot.addWidget(progress)
    progress.start(MODELS, 440, race=True)
    said = [TrialEvent("output", REFS[0], index) for index in (320, 7, 320)]
    progress.take([*said, TrialEvent("finished", REFS[1], facts={"dropped": True})])
    assert progress.details() == [
        "2 of 440",
        "Out of the race: surely not the answer",
        "Waits for its turn",
    ]
