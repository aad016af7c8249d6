"""`manage.py generate_leads`: synthetic leads as the seed's three files and in the database."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from crm.context import acting
from crm.exceptions import Refused
from jobs import arguments
from jobs.registry import shop_zone
from leads.exporting import files, generated
from leads.exporting.fields import Row
from leads.generator import DEFAULT_DAY, Plan
from leads.management.progress import progress
from leads.parameters import Parameters
from leads.services import generation
from leads.services import parameters as parameter_sets


class Command(BaseCommand):
    help = (
        "Generate synthetic VIN leads of the Southeast: vin_leads_database_<time>.json, .csv and "
        "vin_leads_database_summary_<time>.txt, and rows of the database with their vehicles and "
        "customers. The same count, seed, day and parameters give the same bytes. The seed's "
        "quality targets hold as of 2024 for its own parameters, seed-1.0. Exit code 2: nothing "
        "was done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=5_000, help="from 100 to 1,000,000")
        parser.add_argument("--seed", type=int, default=42)
        parser.add_argument(
            "--as-of",
            type=arguments.day,
            default=DEFAULT_DAY,
            help="the day for which mileages and ages hold, YYYY-MM-DD (%(default)s)",
        )
        parser.add_argument(
            "--output-dir",
            type=Path,
            default=Path(),
            help="where the three files go (here); made if missing",
        )
        parser.add_argument(
            "--parameters",
            metavar="SET",
            help="the parameter set that scores the files, such as seed-1.0 (the set in use, which "
            "always scores the rows of the database)",
        )
        parser.add_argument("--no-files", action="store_true", help="write no files")
        database = parser.add_mutually_exclusive_group()
        database.add_argument(
            "--to-database", action="store_true", default=True, help="add rows too (default)"
        )
        database.add_argument(
            "--no-database", action="store_false", dest="to_database", help="write files only"
        )
        parser.add_argument(
            "--remove",
            action="store_true",
            help="take the leads of --seed out of the database again, and do nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting(label="generate_leads", source="seed"):
                if options["remove"]:
                    self._remove(options["seed"])
                else:
                    plan = Plan(options["count"], options["seed"], options["as_of"])
                    self._generate(plan, options)
        except (Refused, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        except OSError as error:
            raise CommandError(f"No file was written. {error}", returncode=2) from error

    def _generate(self, plan: Plan, options: dict[str, Any]) -> None:
        wanted = options["parameters"]
        row = parameter_sets.named(wanted) if wanted else parameter_sets.champion()
        if options["to_database"]:
            self._load(plan)
        if not options["no_files"]:
            parameters = row.values()
            with progress("Writing files", plan.count) as advance:
                paths = files.write_files(
                    _counted(generated.rows(plan, parameters), advance),
                    options["output_dir"],
                    stamp=timezone.localtime(timezone=shop_zone()),
                    metadata=_metadata(plan, parameters),
                )
            for path in paths:
                self.stdout.write(str(path))

    def _load(self, plan: Plan) -> None:
        if generation.is_loaded(plan):
            self.stdout.write(f"The database has these leads of seed {plan.seed} already.")
            return
        with progress("Loading", plan.count) as advance:
            written = generation.load(plan, advance)
        for table, rows in written.items():
            self.stdout.write(f"{table:20} {rows:>10,}")

    def _remove(self, seed: int) -> None:
        with progress("Removing", None) as advance:
            removed = generation.remove(seed, advance)
        for what, count in removed.items():
            self.stdout.write(f"{what:20} {count:>10,} removed")


def _metadata(plan: Plan, parameters: Parameters) -> dict[str, Any]:
    return {
        "title": "Synthetic VIN leads",
        "seed": plan.seed,
        "as_of": plan.as_of.isoformat(),
        "parameters": parameters.name,
    }


def _counted(rows: Iterable[Row], advance: Callable[[int], None]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % 1_000 == 0:
            advance(1_000)
