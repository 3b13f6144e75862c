"""Checks that this folder still answers as it did when it was exported: python -m unittest."""

from __future__ import annotations

import json
import unittest
from typing import Any

from predict import HERE, damaged_files, predict, settings

CLOSE = settings()["tolerance"]
"""Other processors add numbers in another order; a wrong model is off by far more."""


class TestPredict(unittest.TestCase):
    """Files and answers."""

    def test_files_are_the_pinned_ones(self) -> None:
        self.assertEqual(damaged_files(hashes=True), [])

    def test_answers_are_the_recorded_ones(self) -> None:
        samples = json.loads((HERE / "samples.json").read_text(encoding="utf-8"))
        for sample, answer in zip(samples, predict([x["input"] for x in samples])):
            with self.subTest(sample["input"][:60]):
                self.compare(answer, sample["output"])

    def compare(self, answer: Any, expected: Any) -> None:
        """The same shape and words; numbers may differ by ``CLOSE``, and labels that close change places."""
        if isinstance(expected, dict) and "labels" in expected:
            names = {x["label"]: x["score"] for x in answer["labels"]}
            self.assertEqual(names.keys(), {x["label"] for x in expected["labels"]})
            for x in expected["labels"]:
                self.assertAlmostEqual(names[x["label"]], x["score"], delta=CLOSE)
        elif isinstance(expected, dict):
            self.assertEqual(answer.keys(), expected.keys())
            for key, value in expected.items():
                self.compare(answer[key], value)
        elif isinstance(expected, list):
            self.assertEqual(len(answer), len(expected))
            for one, other in zip(answer, expected):
                self.compare(one, other)
        elif isinstance(expected, float):
            self.assertAlmostEqual(answer, expected, delta=CLOSE)
        else:
            self.assertEqual(answer, expected)


if __name__ == "__main__":
    unittest.main()
