"""Import a dirty file of known content: exact counts, time, memory.

    python bench/importing.py [--rows 50000] [--good] [--xlsx]

Needs an empty database (DATABASE_URL or the embedded server); rolls nothing back. Demands: the
counts are exact, the process grows by less than 300 MB, 10,000 good rows take at most 30 s.
"""

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from crm import vin

HEADERS = [
    "CustFirstName", "CustLastName", "Cell Phone", "EmailAddr", "Address 1", "City", "ST", "Zip",
    "DOB", "VehVIN", "Odometer", "Delivery Date", "Comments",
]  # fmt: skip
FIRST = ["JOHN", "Mary", "José", "ana", "François", "Zoë", "LaToya", "Bob"]
LAST = ["SMITH", "O'Brien", "Núñez", "McDonald", "van Dyke", "Müller", "Garcia-Lopez", "Lee"]
PATTERNS = [("1FT", "FW1C5", 2020), ("1HG", "CV1F3", 2019), ("4T1", "C11AK", 2021)]


class Generator:
    """Rows of `rows` lines: 85 % new customers, 5 % a second vehicle of an earlier customer,
    5 % repetitions of an earlier line, 5 % bad (none at all with `dirty=False`)."""

    def __init__(self, rows: int, *, dirty: bool, seed: int = 7) -> None:
        self.rows, self.dirty = rows, dirty
        self.rng = random.Random(seed)
        self.serial = 0
        self.good: list[list[str]] = []
        self.expected: Counter[str] = Counter()

    def __iter__(self):
        bad = [
            self.bad_phone, self.bad_vin, self.bad_date, self.no_name, self.formula, self.bad_email,
        ]  # fmt: skip
        for number in range(self.rows):
            share = number % 20
            if not self.dirty or share < 17 or not self.good:
                yield self.count("created", self.person())
            elif share == 17:
                earlier = self.rng.choice(self.good)
                yield self.count("changed", [*earlier[:9], self.vin(), *earlier[10:]])
            elif share == 18:
                yield self.count("same", self.rng.choice(self.good))
            else:
                yield self.count("refused", bad[number // 20 % len(bad)](self.person(keep=False)))

    def count(self, kind: str, row: list[str]) -> list[str]:
        self.expected[kind] += 1
        return row

    def vin(self) -> str:
        self.serial += 1
        wmi, descriptor, year = PATTERNS[self.serial % 3]
        return vin.compose(
            wmi=wmi, descriptor=descriptor, year=year, plant="A", serial=f"{self.serial:06d}"
        )

    def person(self, *, keep: bool = True) -> list[str]:
        rng = self.rng
        identity = self.vin()
        n = self.serial
        digits = f"{205 + n // 10_000 % 700:03d}555{n % 10_000:04d}"
        phone = rng.choice(
            [digits, f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"+1{digits}", f"1-{digits}"]
        )
        row = [
            rng.choice(FIRST), rng.choice(LAST), phone, f"p{n}@example.com",
            f"{rng.randint(1, 9999)} Peach St", "ATLANTA",
            rng.choice(["GA", "Georgia", "ga", "Tennessee"]),
            rng.choice(["30309", "2134", "37201-1234"]),
            self.date(date(1950, 1, 1) + timedelta(days=rng.randint(0, 15_000))), identity,
            rng.choice(["45,120", "12000", "99000 mi"]),
            self.date(date(2021, 6, 1) + timedelta(days=rng.randint(0, 1_000))), "met at the fair",
        ]  # fmt: skip
        if keep:
            self.good.append(row)
            if len(self.good) > 2_000:
                self.good.pop(0)
        return row

    def date(self, day: date) -> str:
        if not self.dirty:
            return day.isoformat()
        return self.rng.choice(
            [day.isoformat(), f"{day:%m/%d/%Y}", f"{day:%b} {day.day}, {day.year}",
             str((day - date(1899, 12, 30)).days)]
        )  # fmt: skip

    def bad_phone(self, row):
        return [*row[:2], "555-12", *row[3:]]

    def bad_vin(self, row):
        wrong = row[9][:8] + ("1" if row[9][8] != "1" else "2") + row[9][9:]
        return [*row[:9], wrong, *row[10:]]

    def bad_date(self, row):
        return [*row[:8], "02/30/1980", *row[9:]]

    def no_name(self, row):
        return ["", "", *row[2:]]

    def formula(self, row):
        return ["=HYPERLINK(1)", *row[1:]]

    def bad_email(self, row):
        return [*row[:3], "nobody at example", *row[4:]]


def write_csv(generator: Generator, path: Path) -> None:
    """Every third line in Windows-1252, the others in UTF-8, as glued exports are."""
    with path.open("wb") as file:
        for number, row in enumerate([HEADERS, *generator]):
            line = ",".join(f'"{cell}"' for cell in row) + "\r\n"
            mixed = generator.dirty and number % 3 == 0
            file.write(line.encode("cp1252" if mixed else "utf-8"))


def write_xlsx(generator: Generator, path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    for number, row in enumerate([HEADERS, *generator]):
        sheet.write_row(number, 0, row)
    book.close()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=50_000)
    arguments.add_argument("--good", action="store_true", help="only good rows")
    arguments.add_argument("--xlsx", action="store_true")
    options = arguments.parse_args()
    generator = Generator(options.rows, dirty=not options.good)
    path = Path(tempfile.mkdtemp()) / ("rows.xlsx" if options.xlsx else "rows.csv")
    (write_xlsx if options.xlsx else write_csv)(generator, path)

    from config import environment

    environment.prepare(role="command")
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    return measure(path, generator)


def measure(path: Path, generator: Generator) -> int:
    from crm.services import import_files, imports

    before, started = peak_mb(), time.perf_counter()
    run = import_files.register(path=path, name=path.name, by=None)
    imports.match_columns(run=run, mapping=run.mapping, options={})
    checked = imports.check(run=run, path=path)
    middle = time.perf_counter()
    imports.begin(run=run, again=True)
    report = imports.import_all(run=run, path=path)
    ended = time.perf_counter()
    found = {kind: getattr(report, kind) for kind in ("created", "changed", "same", "refused")}
    exact = found == {kind: generator.expected[kind] for kind in found}
    same = all(getattr(checked, kind) == count for kind, count in found.items())
    print(f"{report.rows:,} rows of {path.stat().st_size / 2**20:.1f} MB: {found}")
    print(f"counts exact: {exact}; dry run the same: {same}; records: {report.records}")
    if not exact:
        print(f"expected {dict(generator.expected)}; {report.examples.get('refused', [])[:3]}")
    grown = peak_mb() - before
    print(f"dry run {middle - started:.1f} s, import {ended - middle:.1f} s, grown {grown:.0f} MB")
    per_10k = (ended - middle) / max(1, report.rows) * 10_000
    print(f"10,000 rows: {per_10k:.1f} s (demand: 30 s)")
    return 0 if exact and same and grown < 300 and per_10k < 30 else 1


if __name__ == "__main__":
    csv.field_size_limit(200_000)
    sys.exit(main())
