# SPDX-License-Identifier: Apache-2.0
"""Sureness in words and tables, for the command line and the window alike."""

from __future__ import annotations

from selector.decide.calibration_facts import AbstainPoint, Calibration, Tuned
from selector.wording import Wording


def summary(found: Calibration, name: str, words: Wording) -> str:
    """Whether sureness fits what is right, and by how much it does not."""
    kind = "fits" if found.low <= 0 else "surer" if found.surer > 0 else "less_sure"
    facts = {"error": found.error, "low": found.low, "high": found.high}
    chance = words.text("calibration.chance", chance=found.by_chance)
    return f"{words.text(f'calibration.{kind}', name=name, **facts)} {chance}"


def bins(found: Calibration, words: Wording) -> tuple[list[str], list[tuple[str, ...]]]:
    """Columns and rows: how sure, how often right, of how many."""
    columns = [words.text(f"calibration.column.{x}") for x in ("sure", "right", "n")]
    rows: list[tuple[str, ...]] = [
        (words.percent(x.sure), _with_range(x.right, x.low, x.high, words), words.count(x.n))
        for x in found.bins
    ]
    return columns, rows


def curve(found: Calibration, words: Wording) -> tuple[list[str], list[tuple[str, ...]]]:
    """Columns and rows: threshold, share answered, how often right."""
    columns = [words.text(f"calibration.column.{x}") for x in ("threshold", "coverage", "right")]
    return columns, [_point(x, words) for x in found.curve]


def _point(point: AbstainPoint, words: Wording) -> tuple[str, ...]:
    nothing = words.text("calibration.all")
    return (
        words.percent(point.threshold) if point.threshold else nothing,
        words.percent(point.coverage),
        _with_range(point.right, point.low, point.high, words),
    )


def _with_range(right: float, low: float, high: float, words: Wording) -> str:
    ends = (words.number(round(100 * x)) for x in (low, high))
    return f"{words.percent(round(right, 2))} ({'–'.join(ends)})"


def advice(found: Calibration, words: Wording) -> list[str]:
    """What thresholds bring, as checked on the half kept aside."""
    reached = [each for each in found.tuned if each.threshold is not None]
    missed = [each for each in found.tuned if each.threshold is None]
    # What is out of reach stays so for every higher target.
    told = [_tuned(each, words) for each in (*reached, *missed[:1])]
    if (cut := found.cut) is not None:
        low, gap, high = cut.difference
        gained = "better" if low > 0 else "worse" if high < 0 else "no_gain"
        told.append(
            words.text(
                f"calibration.cut.{gained}",
                positive=cut.positive,
                threshold=cut.threshold,
                before=cut.before,
                after=cut.after,
                low=low,
                high=high,
                gap=gap,
                n=cut.n,
            )
        )
    return told


def _tuned(each: Tuned, words: Wording) -> str:
    if each.threshold is None or each.checked is None:
        return words.text("calibration.tuned.none", target=each.target)
    checked = each.checked
    return words.text(
        f"calibration.tuned.{each.held}",
        target=each.target,
        threshold=each.threshold,
        coverage=checked.coverage,
        right=checked.right,
        low=checked.low,
        high=checked.high,
        n=each.n,
    )
