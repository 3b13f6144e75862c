# SPDX-License-Identifier: Apache-2.0
"""``petit decide``."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.cli.evaluate_command import show_evaluation
from selector.cli.insights import show_asked
from selector.desk.desk import Desk
from selector.desk.requests import PredictionsRequest


def decide(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Decide on outputs that were produced elsewhere."""
    evaluation = desk.decide_predictions(
        PredictionsRequest(
            data=options.predictions,
            task=options.task,
            input_column=options.input_column,
            label_column=options.label_column,
            metric=options.metric,
            kind=options.kind,
            margin=options.margin,
            confidence=options.confidence,
            cost=options.cost,
            failed=options.failed or "wrong",
            label_map=tuple(options.label_map),
            tests=options.tests,
            targets=tuple(options.targets),
            sizes=tuple(options.sizes),
            llms=tuple(options.llms),
            trained_on=options.trained_on,
            slice_columns=tuple(options.slice_columns),
        )
    )
    if screen.as_json:
        screen.document(evaluation.to_json())
        return
    show_evaluation(screen, evaluation)
    show_asked(screen, evaluation, options)
