"""Every variable that the settings read can be found by whoever installs Lanewise."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Set by our own launcher and tests, or for developers only.
OURS = {"LANEWISE_ROLE", "TEST_DATABASE_NAME", "DEBUG"}
READ = re.compile(r"""\benv(?:\.\w+)?\(\s*"([A-Z0-9_]+)"|environ\.get\("([A-Z0-9_]+)\"""")


def variables() -> set[str]:
    sources = (ROOT / "config" / name for name in ("settings.py", "telephony.py"))
    found = {a or b for source in sources for a, b in READ.findall(source.read_text())}
    return found - OURS


def test_settings_are_read_from_the_environment() -> None:
    assert {"CONTACT_STATE_RULES", "TWILIO_NUMBER", "LOG_LEVEL"} <= variables()


@pytest.mark.parametrize("name", sorted(variables()))
def test_variable_stands_in_the_example(name: str) -> None:
    assert re.search(rf"^#?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    sorted(name for name in variables() if name.startswith(("CONTACT_", "REMINDER_", "WARMTH_"))),
)
def test_rule_of_the_dealership_is_explained_to_operators(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "operators.md").read_text()
