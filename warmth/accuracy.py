"""How well scores told buyers from others. Standard library only.

Scores are whole hundredths or coarser, so customers come as groups of equal score: ten thousand
groups say as much about a million customers as the customers themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TOP_SHARE = 0.10
BINS = 10


@dataclass(frozen=True)
class Group:
    """`customers` had `score`; `buyers` of them bought within the horizon."""

    score: float
    customers: int
    buyers: int


@dataclass(frozen=True)
class Bin:
    """Customers whose predicted probability lies in [`low`, `high`): mean prediction and share
    of buyers, both 0-1."""

    low: float
    high: float
    customers: int
    predicted: float
    actual: float


@dataclass(frozen=True)
class Accuracy:
    """`auc` 0-1 (0.5 is chance) and `lift` (1 is chance) are None without buyers or without
    others; `brier` is the mean squared error of the probability, 0 is perfect."""

    customers: int
    buyers: int
    auc: float | None
    lift: float | None
    brier: float | None
    bins: list[Bin]


def measure(groups: Sequence[Group], probability: Callable[[float], float]) -> Accuracy:
    """Everything above; `probability` maps a score to the probability (0-1) of a purchase."""
    customers = sum(group.customers for group in groups)
    buyers = sum(group.buyers for group in groups)
    return Accuracy(
        customers=customers,
        buyers=buyers,
        auc=area_under_curve(groups),
        lift=lift(groups),
        brier=brier(groups, probability) if customers else None,
        bins=calibration(groups, probability),
    )


def area_under_curve(groups: Sequence[Group]) -> float | None:
    """Chance that a buyer had a higher score than somebody else, ties counting half."""
    buyers = sum(group.buyers for group in groups)
    others = sum(group.customers for group in groups) - buyers
    if not buyers or not others:
        return None
    won, below = 0.0, 0
    for group in sorted(_merged(groups), key=lambda group: group.score):
        rest = group.customers - group.buyers
        won += group.buyers * (below + rest / 2)
        below += rest
    return won / (buyers * others)


def lift(groups: Sequence[Group], share: float = TOP_SHARE) -> float | None:
    """Share of buyers among the warmest `share` of the customers, over that among all. A group
    that only partly belongs to them counts in part."""
    customers = sum(group.customers for group in groups)
    buyers = sum(group.buyers for group in groups)
    if not buyers:
        return None
    size = share * customers
    room, found = size, 0.0
    for group in sorted(groups, key=lambda group: -group.score):
        taken = min(group.customers, room)
        found += group.buyers * taken / group.customers if group.customers else 0.0
        room -= taken
    return (found / size) / (buyers / customers)


def brier(groups: Sequence[Group], probability: Callable[[float], float]) -> float:
    error = 0.0
    for group in groups:
        p = probability(group.score)
        error += group.buyers * (1 - p) ** 2 + (group.customers - group.buyers) * p**2
    return error / sum(group.customers for group in groups)


def calibration(groups: Sequence[Group], probability: Callable[[float], float]) -> list[Bin]:
    """BINS bins of equal width over the predicted probability, those without customers left out."""
    held: dict[int, list[tuple[Group, float]]] = {}
    for group in groups:
        p = probability(group.score)
        held.setdefault(min(int(p * BINS), BINS - 1), []).append((group, p))
    return [_bin(number, held[number]) for number in sorted(held)]


def logistic(midpoint: float, scale: float) -> Callable[[float], float]:
    return lambda score: 1 / (1 + math.exp(-(score - midpoint) / scale))


def _bin(number: int, members: Sequence[tuple[Group, float]]) -> Bin:
    customers = sum(group.customers for group, _ in members)
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        customers=customers,
        predicted=sum(p * group.customers for group, p in members) / customers,
        actual=sum(group.buyers for group, _ in members) / customers,
    )


def _merged(groups: Sequence[Group]) -> list[Group]:
    """One group for each score, so that ties are counted as such."""
    totals: dict[float, tuple[int, int]] = {}
    for group in groups:
        customers, buyers = totals.get(group.score, (0, 0))
        totals[group.score] = (customers + group.customers, buyers + group.buyers)
    return [Group(score, *counts) for score, counts in totals.items()]
