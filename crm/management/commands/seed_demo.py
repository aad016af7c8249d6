"""`manage.py seed_demo`: a believable dealership for today, with logins."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crm import demo
from crm.context import acting
from crm.exceptions import Refused
from crm.models import Customer


class Command(BaseCommand):
    help = "Build the demonstration dealership, with a login for each role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there are customers"
        )
        parser.add_argument("--remove", action="store_true", help="the same as remove_demo")
        parser.add_argument(
            "--reset", action="store_true", help="remove the old one and build it for today"
        )
        parser.add_argument("--yes", action="store_true", help="with --remove: do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            call_command("remove_demo", yes=options["yes"], stdout=self.stdout)
            return
        if demo.exists() and not options["reset"]:
            self.stdout.write("The demonstration data is there already; nothing was done.")
            return
        if options["if_empty"] and Customer.objects.exists():
            self.stdout.write("The database has customers; nothing was done.")
            return
        try:
            with acting(label="seed_demo", source="seed"), transaction.atomic():
                if demo.exists():
                    demo.remove()
                written = demo.build()
        except Refused as error:
            raise CommandError(f"Nothing was written. {error}", returncode=2) from error
        self.stdout.write(f"{written['customers']:,} customers, {written['vehicles']:,} vehicles.")
        for role, username, password in demo.LOGINS:
            self.stdout.write(f"{role:12} {username:10} {password}")
