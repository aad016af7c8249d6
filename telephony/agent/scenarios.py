"""Recorded conversations: what a caller says, which tools must be used, what must be heard."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from telephony.agent.dialogue import Ask, Dialogue, Phone, Turn

FOLDER = Path(__file__).parent.parent / "scenarios"
WRONG_BIRTH_DATE = "January first nineteen oh one"


@dataclass(frozen=True)
class Step:
    """The caller says `say`; the agent uses `tools` in this order and says `hears` last."""

    say: str
    tools: tuple[str, ...]
    hears: str


@dataclass(frozen=True)
class Scenario:
    """`caller` is customer, customer_with_visit or stranger; `outcome` what the log must say."""

    name: str
    title: str
    about: str
    caller: str
    steps: tuple[Step, ...]
    outcome: str

    @property
    def outcomes(self) -> frozenset[str]:
        """Outcomes that fit: whoever is handed over gets a person, or a call back after hours."""
        handed_over = frozenset({"transferred", "callback_requested"})
        return handed_over if self.outcome == "handed_over" else frozenset({self.outcome})


def scenarios() -> dict[str, Scenario]:
    """All recorded scenarios by name."""
    return {path.stem: load(path) for path in sorted(FOLDER.glob("*.json"))}


def load(path: Path) -> Scenario:
    """The scenario in a file; raises ValueError when it is not one."""
    try:
        data = json.loads(path.read_text())
        return Scenario(
            name=path.stem,
            title=data["title"],
            about=data["about"],
            caller=data["caller"],
            steps=tuple(
                Step(turn["say"], tuple(turn["tools"]), turn["hears"]) for turn in data["turns"]
            ),
            outcome=data["outcome"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is no scenario: {error!r}") from error


def said_by(birth_date: date | None) -> dict[str, str]:
    """What the places in a scenario's sentences stand for."""
    return {
        "birth_date": f"{birth_date:%B} {birth_date.day}, {birth_date.year}" if birth_date else "",
        "wrong_birth_date": WRONG_BIRTH_DATE,
    }


def play(
    scenario: Scenario,
    ask: Ask,
    *,
    shop: str,
    said: Mapping[str, str],
    phone: Phone | None = None,
) -> Iterator[tuple[Turn, str]]:
    """Each turn of the conversation as it happens, with what is wrong about it ("" if nothing)."""
    dialogue = Dialogue(ask, shop=shop, phone=phone)
    dialogue.ring()
    yield from ((turn, "") for turn in dialogue.turns)
    for step in scenario.steps:
        seen = len(dialogue.turns)
        dialogue.hear(step.say.format(**said))
        turns = dialogue.turns[seen:]
        yield from ((turn, "") for turn in turns[:-1])
        yield turns[-1], _wrong(step, turns)


def _wrong(step: Step, turns: list[Turn]) -> str:
    used = tuple(turn.tool for turn in turns if turn.who == "tool")
    if used != step.tools:
        return f"used {', '.join(used) or 'no tool'}, recorded is {', '.join(step.tools) or 'none'}"
    if step.hears not in turns[-1].text:
        return f"said “{turns[-1].text}”, recorded is “{step.hears}”"
    return ""


def describe(turn: Turn) -> Any:
    """A line of the conversation for a terminal."""
    if turn.who != "tool":
        return f"{turn.who.title():7} {turn.text}"
    result = turn.reply["code"] or "ok"
    return f"   ->   {turn.tool}({', '.join(turn.arguments)}) {result}"
