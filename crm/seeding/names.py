"""Names of people and streets: Faker's tables with their frequencies, drawn by index."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crm.seeding.columns import Texts, texts

_SUFFIXES = (
    "Street",
    "Avenue",
    "Road",
    "Drive",
    "Lane",
    "Court",
    "Circle",
    "Way",
    "Boulevard",
    "Trail",
)


@dataclass(frozen=True)
class Names:
    """Pools; each `*_weights` runs parallel to its pool."""

    first: Texts
    first_weights: np.ndarray
    last: Texts
    last_weights: np.ndarray
    streets: Texts


@lru_cache(maxsize=1)
def load() -> Names:
    """The pools, read once a process. Drawing through Faker would cost 30-70 µs a value."""
    from faker.providers.person.en_US import Provider

    last = list(Provider.last_names)
    return Names(
        first=texts(list(Provider.first_names)),
        first_weights=np.array(list(Provider.first_names.values()), dtype=float),
        last=texts(last),
        last_weights=np.array(list(Provider.last_names.values()), dtype=float),
        streets=texts([f"{name} {suffix}" for name in last for suffix in _SUFFIXES]),
    )
