# SPDX-License-Identifier: Apache-2.0
"""The report: complete in both languages, one file that asks nobody for anything, and only text in it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.document import build, unmeasured
from selector.decide.need_llm import NeedLlm, Side
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.exports.base import ExportRequest
from selector.exports.report import EXPORT, rendered
from selector.exports.report_chart import HEIGHT, WIDTH, Point, trade_off
from selector.hub.candidate import Reason
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.tasks.base import Language
from selector.trial.measurement import Contestant, Measurement
from selector.wording import Wording

SHA = "a" * 40
REFS = tuple(f"bank/{name}@{SHA}#torch-fp32" for name in ("nano", "mini", "large"))
EVIL = "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>&amp;\u202e]]>"
NOW = datetime(2026, 3, 4, tzinfo=UTC)
VOID = {"meta", "br", "img", "input", "hr", "link"}


def contestant(folder: Path | str = "", ref: str = REFS[0]) -> Contestant:
    files = (("model.safetensors", "b" * 64, 1234), ("config.json", "c" * 64, 12))
    return Contestant(
        ref, "bank/nano", SHA, "torch", "fp32", str(folder), 300_000, 1246, files, licence="mit"
    )


def evaluation(**changes: Any) -> Evaluation:
    models = tuple(
        Score(
            ref,
            0.9 + 0.01 * i,
            (0.86 + 0.01 * i, 0.93 + 0.01 * i),
            (-0.05, -0.01, 0.01),
            0.98,
            300_000 * 5**i,
            0.002 * 2**i,
            400_000_000,
            1_000_000,
        )
        for i, ref in enumerate(REFS)
    )
    failed = Score(
        "bank/gone@1#torch-fp32", None, None, None, None, None, None, None, None,
        error={"code": "engine.memory", "facts": {"need_bytes": 1, "have_bytes": 0}},
    )  # fmt: skip
    facts = {
        "ref": REFS[0], "best": REFS[2], "difference_low": -0.05, "difference_high": 0.01,
        "probability": 0.98, "margin": 0.05,
    }  # fmt: skip
    local = Side(REFS[0], 0.9, (0.86, 0.93), latency_s=0.002, p95_s=0.004, cost_per_1000=0.0005)
    llm = Side(
        "endpoint:big", 0.91, (0.87, 0.94), latency_s=0.8, p95_s=1.4, tokens_in=120.0,
        tokens_out=8.0, place="elsewhere", host="api.example", cost_per_1000=0.2,
    )  # fmt: skip
    found = Evaluation(
        "text-classification",
        "accuracy",
        440,
        0.05,
        0.975,
        (*models, failed),
        Decision(
            REFS[0],
            "decided",
            (Reason("reason.smallest_good_enough", facts),),
            (Reason("caveat.duplicates", {"count": 3, "n": 440}),),
            None,
        ),
        "d" * 64,
        "messages.csv",
        disagreements=(1, 5, 9),
        confusion={ref: [[20, 2 + i], [1, 17]] for i, ref in enumerate(REFS)},
        labels=("lost", "rate"),
        need_llm=(NeedLlm(local, llm, (-0.03, -0.01, 0.01), 0.98, "no", 0.05, 0.975, 440),),
    )
    return replace(found, **changes)


def document(found: Evaluation | None = None, **more: Any) -> dict[str, Any]:
    machine = Machine("Linux", Cpu("A cpu", 4, 8), Memory(8 * 10**9, 1), (), Disk("/home/ann", 9))
    given = {
        "licence": {"id": "mit", "class": "permissive", "obligations": ["obligation.notice"]},
        "considered": {
            "at": "2026-03-03T10:00:00Z", "source": "hub", "scanned": 250, "listed": 31,
            "removed": {"removed.licence": 119, "removed.memory": 100}, "filters": {"language": "en"},
        },
    } | more  # fmt: skip
    found = found or evaluation()
    rows = [Measurement(REFS[0], "torch", "fp32", (), labels=("lost",), versions={"torch": "2.13"})]
    chosen = [contestant(), contestant(ref=REFS[1])]
    return build(found, rows, chosen, machine, {}, now=NOW, **given)


def page(what: dict[str, Any], language: Language = "en", folder: Path | str = "") -> str:
    return rendered(ExportRequest(what, contestant(folder), Path("x"), language))


class Reader(HTMLParser):
    """What a browser would see: elements, attributes, text; and whether all that opens is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


HEADINGS = (
    "question", "considered", "results", "chart", "errors", "llm", "machine", "licence", "card",
    "use", "limits", "review", "provenance", "files",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_part_is_there_in_both_languages(language: Language, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "---\nlanguage: [en, fr]\ndatasets: [acme/mails]\nbase_model: acme/base\n---\n"
        "# Nano\nSorts the messages of a bank into their categories, quickly and well.\n"
    )
    (tmp_path / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    found = Reader(page(document(), language, tmp_path))
    said, words = found.words, Wording(language)
    for heading in HEADINGS:
        assert " ".join(words.text(f"report.{heading}").split()) in said
    for fact in (
        "messages.csv", "d" * 64, "b" * 64, SHA, "A cpu", "lost → rate", "acme/mails", "acme/base",
        "mit", "2.13", words.text("removed.licence"), words.percent(0.93), words.count(250),
        words.text("obligation.notice", id="mit"), "api.example", "gone (torch-fp32)", REFS[2],
        words.error("engine.memory", {})[0][:10],
    ):  # fmt: skip
        assert " ".join(fact.split()) in said, fact
    assert not re.search(r"report\.[a-z]", said)
    assert "…" not in said
    assert ("lang", language) in found.attributes
    assert "/home/ann" not in said


def test_it_asks_nobody_for_anything_and_runs_nothing() -> None:
    found = Reader(page(document()))
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(found.tags)
    assert not [x for x in found.attributes if x[0].startswith("on")]
    loads = {"src", "href", "xlink:href", "style", "action", "background", "srcset"}
    assert not [x for x in found.attributes if x[0] in loads]
    policy = [value for name, value in found.attributes if name == "content"]
    assert "default-src 'none'; style-src 'unsafe-inline'" in policy
    assert "url(" not in page(document())
    assert "@import" not in page(document())


def test_whatever_comes_from_outside_stays_text(tmp_path: Path) -> None:
    base = evaluation()
    ref = f"{EVIL}@1"
    decision = replace(
        base.decision,
        reasons=(Reason("reason.same_answers", {"ref": EVIL, "others": [EVIL, EVIL]}),),
        caveats=(Reason(EVIL[:90], {}), Reason("caveat.one_contestant", {"ref": EVIL})),
    )
    models = (*base.models[:2], replace(base.models[2], ref=ref), replace(base.models[3], ref=EVIL))
    found = evaluation(
        data_name=EVIL, labels=(EVIL, "b"), decision=decision, models=models,
        confusion={ref: [[0, 3], [1, 0]], EVIL: [[0, 3], [1, 0]]},
        need_llm=(replace(base.need_llm[0], llm=replace(base.need_llm[0].llm, host=EVIL)),),
    )  # fmt: skip
    what = document(
        found,
        licence={"id": EVIL, "class": EVIL[:60], "obligations": [EVIL]},
        considered={
            "at": EVIL[:40], "source": "hub", "scanned": 1, "listed": 0, "removed": {EVIL: 1},
            "filters": {EVIL: EVIL},
        },
        parameters={EVIL: EVIL},
    )  # fmt: skip
    what["versions"] = {EVIL: EVIL[:90]}
    what["machine"] = {"os": EVIL, "cpu": {"name": EVIL}, "accelerators": [{"name": EVIL}]}
    (tmp_path / "README.md").write_text(
        f'---\ndatasets: ["{EVIL}"]\nlanguage: "{EVIL}"\n---\n{EVIL} ' * 3
    )
    plain, evil = Reader(page(document(), "fr")), Reader(page(what, "fr", tmp_path))
    assert "alert(1)" in evil.words
    assert "\u202e" not in page(what)
    assert set(evil.tags) == set(plain.tags)
    assert not [x for x in evil.attributes if x[0].startswith("on") or x[0] in {"src", "href"}]


def test_what_is_not_known_is_said_and_not_made_up() -> None:
    bare = unmeasured(contestant(), "text-generation", "chrf", None, None, NOW)
    said = Reader(page(bare)).words
    for key in ("say.no_search", "say.results_none", "say.no_table", "llm_none", "card_none"):
        assert Wording("en").text(f"report.{key}") in said
    assert "was not measured" in said
    assert "<svg" not in page(bare)
    undecided = evaluation(
        decision=Decision(None, "undecided", (Reason("reason.unheard_of", {}),), (), 100),
        confusion={},
        need_llm=(),
    )
    what = document(undecided, considered=None)
    assert "Undecided" in Reader(page(what)).words
    del what["errors"], what["considered"], what["need_llm"]  # a file from before they were kept
    assert "Undecided" in Reader(page(what)).words


def test_a_choice_of_the_users_own_is_called_that() -> None:
    what = document(chosen=REFS[1])
    said = Reader(page(what)).words
    assert "Chosen by a person: mini (torch-fp32)" in said
    assert "Petit recommends nano (torch-fp32)" in said
    assert 'class="verdict open"' in page(what)
    assert 'class="verdict"' in page(document())
    assert "/home/ann" not in str(what)


def test_only_a_model_that_is_ruled_out_is_called_out() -> None:
    base = evaluation()
    facts = {"ref": REFS[1], "difference_low": -0.2, "difference_high": -0.1, "probability": 0.4}
    for code, out in (("reason.ruled_out", True), ("reason.open", False)):
        reasons = (*base.decision.reasons, Reason(code, facts))
        found = replace(
            base, decision=replace(base.decision, reasons=reasons), models=base.models[:3]
        )
        text = page(document(found))
        assert (Wording("en").text("report.dropped") in text) is out


def test_no_errors_at_all_is_not_an_empty_table() -> None:
    found = evaluation(confusion={ref: [[5, 0], [0, 5]] for ref in REFS})
    assert "No model made an error" in Reader(page(document(found))).words


def test_it_is_one_file(tmp_path: Path) -> None:
    request = ExportRequest(document(), contestant(), tmp_path / "out")
    assert EXPORT.write(request) == [Path("report.html")]
    assert not EXPORT.runs


# -- the drawing --------------------------------------------------------------------------------------
NAMES = st.text(max_size=60)
NUMBERS = st.floats(0, 1)


@st.composite
def drawn(draw: st.DrawFn) -> Point:
    low, middle, high = sorted((draw(NUMBERS), draw(NUMBERS), draw(NUMBERS)))
    cost = draw(st.floats(1, 1e12))
    name = re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", "", draw(NAMES))
    return Point(name, cost, middle, low, high, draw(st.booleans()))


def draw_all(points: Sequence[Point]) -> str:
    words = Wording("en")
    return trade_off(points, words.percent, words.parameters, ("a", "b", "c"))


@given(st.lists(drawn(), min_size=2, max_size=12))
def test_the_drawing_is_well_formed_and_stays_on_its_paper(points: list[Point]) -> None:
    root = ElementTree.fromstring(draw_all(points))
    names = ("x", "x1", "x2", "cx", "y", "y1", "y2", "cy")
    for element in root.iter():
        for name in names:
            if name in element.attrib:
                value = float(element.attrib[name])
                assert math.isfinite(value)
                assert 0 <= value <= (WIDTH if name[-1] == "x" or "x" in name else HEIGHT)
    assert sum(x.tag.endswith("circle") for x in root.iter()) == len(points)


def test_smaller_is_further_left_and_better_is_higher() -> None:
    points = [Point("s", 1e6, 0.8, 0.7, 0.9, True), Point("l", 1e8, 0.9, 0.85, 0.95, False)]
    root = ElementTree.fromstring(draw_all(points))
    small, large = (x.attrib for x in root.iter() if x.tag.endswith("circle"))
    assert float(small["cx"]) < float(large["cx"])
    assert float(small["cy"]) > float(large["cy"])


def test_one_point_or_none_is_no_drawing() -> None:
    assert draw_all([]) == draw_all([Point("a", 10, 0.5, 0.4, 0.6, True)]) == ""
    assert draw_all([Point("a", math.nan, 0.5, 0.4, 0.6, True), Point("b", 1, 0, 0, 0, True)]) == ""
