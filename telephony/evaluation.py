"""How often an analyser is right on utterances that people have labelled. No Django."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from telephony.analyser import Analyser


@dataclass(frozen=True)
class Utterance:
    sentiment: str
    intent: str
    text: str


@dataclass(frozen=True)
class Score:
    """One label's count: how many there are, how many were named so, how many rightly."""

    label: str
    labelled: int
    named: int
    right: int

    @property
    def recall(self) -> float:
        """Share of those labelled so that were found, 0-1."""
        return self.right / self.labelled if self.labelled else 0.0

    @property
    def precision(self) -> float:
        """Share of those named so that are right, 0-1."""
        return self.right / self.named if self.named else 0.0


@dataclass(frozen=True)
class Evaluation:
    """`wrong` are (expected, answered, text) of one kind of label."""

    total: int
    right: int
    scores: tuple[Score, ...]
    wrong: tuple[tuple[str, str, str], ...]

    @property
    def accuracy(self) -> float:
        return self.right / self.total


def read_utterances(path: Path) -> list[Utterance]:
    """A CSV file with the columns sentiment, intent and text; raises KeyError without them."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Utterance(row["sentiment"], row["intent"], row["text"]) for row in csv.DictReader(file)
        ]


def evaluate(analyser: Analyser, utterances: Iterable[Utterance]) -> dict[str, Evaluation]:
    """How `analyser` does at "sentiment" and at "intent"."""
    judged = [(known, analyser.analyse(known.text)) for known in utterances]
    return {
        name: _score([(getattr(known, name), getattr(found, name), known.text)
                      for known, found in judged])
        for name in ("sentiment", "intent")
    }  # fmt: skip


def _score(answers: list[tuple[str, str, str]]) -> Evaluation:
    labelled = Counter(expected for expected, _, _ in answers)
    named = Counter(answered for _, answered, _ in answers)
    right = Counter(expected for expected, answered, _ in answers if expected == answered)
    labels = sorted(set(labelled) | set(named))
    return Evaluation(
        total=len(answers),
        right=right.total(),
        scores=tuple(Score(label, labelled[label], named[label], right[label]) for label in labels),
        wrong=tuple(answer for answer in answers if answer[0] != answer[1]),
    )
