"""`manage.py remove_demo`: takes the demonstration data away and nothing else."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm import demo
from crm.context import acting


class Command(BaseCommand):
    help = "Remove demonstration customers with all that hangs on them, and the demo logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo.exists():
            self.stdout.write("There is no demonstration data.")
            return
        if not options["yes"] and not _confirmed():
            raise CommandError("Nothing was removed. Answer yes, or give --yes.", returncode=2)
        with acting(label="remove_demo", source="command"):
            removed = demo.remove()
        for what, count in removed.items():
            self.stdout.write(f"{what:16} {count:>7,} removed")


def _confirmed() -> bool:
    try:
        return input("Remove all demonstration data? [yes/no] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
