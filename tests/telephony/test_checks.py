"""Settings of the telephone that mean nothing are refused."""

from dataclasses import replace
from typing import Any

import pytest

from config.checks import telephone


@pytest.mark.parametrize(
    ("changes", "production", "ids"),
    [
        ({}, True, []),
        ({"provider": "twilio"}, True, []),
        ({"provider": "fake"}, False, []),
        ({"provider": "fake"}, True, ["lanewise.E020"]),
        ({"provider": "pigeon"}, False, ["lanewise.E020"]),
        ({"agent_mode": "sometimes"}, False, ["lanewise.E021"]),
    ],
)
def test_telephone_is_checked(
    changes: dict[str, str], production: bool, ids: list[str], settings: Any
) -> None:
    settings.PRODUCTION = production
    settings.TELEPHONY = replace(settings.TELEPHONY, **changes)
    assert [problem.id for problem in telephone(None)] == ids
