"""`manage.py get_ready`: tables and, in an empty database, the demo dealership."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, call_command

from crm.models import Customer


class Command(BaseCommand):
    help = "Prepare the database for `make run`: migrate, seed if empty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--report", type=Path, help="write the demo logins there (JSON)")

    def handle(self, *args: Any, report: Path | None, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.PRODUCTION and not Customer.objects.exists():
            self.stdout.write("The database is empty: building a demo dealership ...")
            call_command("seed_demo")
        if report is not None:
            report.write_text(json.dumps(self._demo_logins()))

    def _demo_logins(self) -> list[tuple[str, str, str]]:
        """Return (role, user name, password) of the demo users that exist, in the demo's order."""
        if settings.PRODUCTION:
            return []
        from crm.demo import LOGINS

        names = [username for _, username, _ in LOGINS]
        users = get_user_model().objects.filter(username__in=names, is_active=True)
        existing = set(users.values_list("username", flat=True))
        return [login for login in LOGINS if login[1] in existing]
