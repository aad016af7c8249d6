from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telephony.agent.reference import with_reference


class Command(BaseCommand):
    help = "Write the reference of the voice agent's tools into docs/voice-agent.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        default = settings.BASE_DIR / "docs" / "voice-agent.md"
        parser.add_argument("page", nargs="?", type=Path, default=default)

    def handle(self, *args: Any, page: Path, **options: Any) -> None:
        try:
            text = page.read_text()
            renewed = with_reference(text)
        except (OSError, ValueError) as error:
            raise CommandError(f"{page}: {error}", returncode=2) from error
        if renewed == text:
            self.stdout.write("Nothing to change.")
            return
        scratch = page.with_suffix(".new")
        scratch.write_text(renewed)
        scratch.replace(page)
        self.stdout.write(f"{page} is up to date.")
