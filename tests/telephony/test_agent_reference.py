"""docs/voice-agent.md says what the tools take, because it is written from them."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from telephony import verification as rules
from telephony.agent.reference import BEGIN, END, with_reference
from telephony.agent.tools import TOOLS

PAGE = Path(settings.BASE_DIR) / "docs" / "voice-agent.md"


def test_page_is_what_the_schema_says() -> None:
    text = PAGE.read_text()
    assert with_reference(text) == text, "run manage.py agent_reference"
    assert all(f"### {name}\n" in text for name in TOOLS)


def test_worked_examples_of_the_page_hold() -> None:
    assert rules.is_enough(["calling_number", "date_of_birth"])
    assert not rules.is_enough(["date_of_birth"])
    assert rules.is_enough(["date_of_birth", "vehicle"])
    assert not rules.is_enough(["calling_number", "vehicle", "address"])


def test_command_renews_a_page_and_leaves_one_that_is_right(tmp_path: Any, capsys: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}\nOUTDATED\n{END}\nAfter\n")
    call_command("agent_reference", str(page))
    assert "### book" in page.read_text() and "OUTDATED" not in page.read_text()
    assert page.read_text().startswith("Before\n") and page.read_text().endswith("\nAfter\n")
    call_command("agent_reference", str(page))
    assert "Nothing to change" in capsys.readouterr().out


def test_page_without_a_place_is_refused(tmp_path: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text("Nothing")
    with pytest.raises(CommandError) as error:
        call_command("agent_reference", str(page))
    assert error.value.returncode == 2
