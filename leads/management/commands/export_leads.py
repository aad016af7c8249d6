"""`manage.py export_leads`: stored leads as the seed's three files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.exceptions import Refused
from leads.filters import narrowed
from leads.services import exports

_FILTERS = {
    "state": "two letters, for example GA",
    "city": "for example “New Orleans”",
    "type": "light_truck, midweight_truck or suv",
    "model": "for example F-150",
    "cohort": "for example suv_coastal_hot",
    "urgency": "immediate, 24_hours or 48_hours",
    "band": "high, medium or low risk",
    "status": "new, contacted, booked, arrived, won, lost or expired",
    "source": "generated, imported or crm",
}
_NAMES = (*_FILTERS, "stressor", "min_mileage", "max_mileage")


class Command(BaseCommand):
    help = (
        "Write stored leads with their present scores as vin_leads_database_<time>.json, .csv "
        "and vin_leads_database_summary_<time>.txt. Filters may be repeated: any of the values "
        "of one, and all of the filters, must hold. Exit code 2: nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output-dir", type=Path, default=Path(), help="here if left out")
        for name, example in _FILTERS.items():
            parser.add_argument(f"--{name}", action="append", default=[], help=example)
        parser.add_argument(
            "--stressor",
            action="append",
            default=[],
            help="evidence present: temperature_cycling, ignition_frequency, soc_decline or "
            "short_trips; several must all be",
        )
        parser.add_argument("--min-mileage", type=int)
        parser.add_argument("--max-mileage", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            records = narrowed({name: options[name] for name in _NAMES})
            if not records.exists():
                raise CommandError("No lead matches; no file was written.", returncode=2)
            paths = exports.write_files(
                records, options["output_dir"], described=_described(options)
            )
        except Refused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        except OSError as error:
            raise CommandError(f"No file was written. {error}", returncode=2) from error
        for path in paths:
            self.stdout.write(str(path))


def _described(options: dict[str, Any]) -> str:
    given = {name: options[name] for name in _NAMES if options[name] not in ([], None)}
    parts = [
        f"{name}={','.join(value) if isinstance(value, list) else value}"
        for name, value in given.items()
    ]
    return "&".join(parts) or "none"
