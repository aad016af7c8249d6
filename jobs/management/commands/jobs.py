"""`manage.py jobs`: what background work does, and the means to start or retry it."""

import json
import time
from argparse import ArgumentParser
from datetime import date
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from jobs import arguments, engine, health, registry, services
from jobs.enums import ChunkStatus, RunStatus
from jobs.exceptions import JobRefused, UnknownJobError
from jobs.models import JobRun, Outbox

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Show background jobs; start or retry one. "
        "Exit codes: 0 done, 1 the run failed or goes on elsewhere, 2 refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.set_defaults(action=self.list_runs, job=None, limit=20, json=False)
        actions = parser.add_subparsers(title="actions", metavar="ACTION")

        listing = actions.add_parser("list", help="latest runs and the state (the default)")
        listing.add_argument("--job", help="only runs of this job")
        listing.add_argument("--limit", type=int, default=20, help="how many runs (default 20)")
        listing.set_defaults(action=self.list_runs)

        run = actions.add_parser("run", help="run a job now, with a progress bar")
        run.add_argument("name", help="name of the job, for example jobs.prune")
        run.add_argument(
            "--date", type=arguments.day, help="date to work for, YYYY-MM-DD (default today)"
        )
        run.set_defaults(action=self.run_job)

        retry = actions.add_parser("retry", help="take up the unfinished parts of a failed run")
        retry.add_argument("run", type=int, help="number of the run")
        retry.set_defaults(action=self.retry_run)

        outbox = actions.add_parser("outbox", help="tasks that wait or failed")
        outbox.add_argument("--failed", action="store_true", help="only tasks that were given up")
        outbox.add_argument("--retry", type=int, metavar="ID", help="run a failed task again")
        outbox.set_defaults(action=self.outbox)

        for each in (parser, listing, outbox):
            each.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(file=cast(IO[str], self.stdout._out))
        try:
            options["action"](**options)
        except (JobRefused, UnknownJobError) as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from None

    def list_runs(self, *, job: str | None, limit: int, json: bool, **options: Any) -> None:
        runs = JobRun.objects.with_progress().newest_first()
        if job:
            runs = runs.filter(job=registry.get(job).name)
        state = health.snapshot()
        rows = [run_as_dict(run) for run in runs[: max(limit, 0)]]
        if json:
            self.print_json({"state": state, "runs": rows})
            return
        table = Table("run", "job", "for", "status", "parts", "rows", "took", "error")
        for row in rows:
            table.add_row(*(str(row[key]) for key in ("id", "job", "date", "status")), *[
                f"{row['chunks_done']}/{row['chunks_total']}",
                f"{row['rows_done']:,}", row["took"], row["error"],
            ])  # fmt: skip
        self.console.print(table)
        self.console.print(state_in_words(state))
        known = ", ".join(each.name for each in registry.all_jobs())
        self.console.print(f"Jobs: {known}", highlight=False)

    def outbox(self, *, failed: bool, retry: int | None, json: bool, **options: Any) -> None:
        if retry is not None:
            services.retry_outbox(find(Outbox, retry))
            self.console.print(f"Task {retry} runs again.")
            return
        rows = (
            Outbox.objects.given_up() if failed else Outbox.objects.exclude(done_at__isnull=False)
        )
        listed = [outbox_as_dict(row) for row in rows.order_by("id")[:200]]
        if json:
            self.print_json(listed)
            return
        table = Table("id", "task", "for", "state", "tries", "last error")
        for row in listed:
            table.add_row(
                str(row["id"]), row["task"], _words(row["args"]), row["state"],
                str(row["tries"]), row["last_error"],
            )  # fmt: skip
        self.console.print(table)

    def run_job(self, *, name: str, date: date | None, **options: Any) -> None:
        self.follow(services.start_run(name, local_date=date, requested_by="command"))

    def retry_run(self, *, run: int, **options: Any) -> None:
        self.follow(services.retry_run(find(JobRun, run), requested_by="command"))

    def follow(self, run: JobRun) -> None:
        """Work on the run in this process, beside any workers, until it ends or must wait."""
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        job = engine.prepare(run.pk)
        with Progress(*columns, TimeElapsedColumn(), console=self.console) as progress:
            bar = progress.add_task(run.job, total=None)
            while job is not None:
                did_one = engine.step(run.pk, job)
                run = JobRun.objects.with_progress().get(pk=run.pk)
                progress.update(bar, total=run.chunks_total, completed=run.chunks_done)
                if not run.is_active or (not did_one and self.is_paused(run)):
                    break
                if not did_one:
                    time.sleep(0.2)  # the last chunks are in other workers' hands
        run.refresh_from_db()
        self.report(run)

    @staticmethod
    def is_paused(run: JobRun) -> bool:
        """Whether only chunks are left that wait for their next try."""
        return not run.chunks.filter(status=ChunkStatus.RUNNING).exists()

    def report(self, run: JobRun) -> None:
        if run.status == RunStatus.DONE:
            self.console.print(f"{run.job}: {run.rows_done:,} rows in {run.duration_text}.")
            return
        error = run.error or run.chunks.exclude(error="").values_list("error", flat=True).first()
        advice = f"Retry with: manage.py jobs retry {run.pk}"
        if run.is_active:
            advice = "Parts of it pause after an error; the workers go on with them."
        raise CommandError(f"{run.job} is not done. {error or ''} {advice}", returncode=1)

    def print_json(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, indent=2, default=str))


def find(model: Any, pk: int) -> Any:
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise JobRefused(f"There is no {model._meta.verbose_name} {pk}.")
    return row


def run_as_dict(run: JobRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "job": run.job,
        "date": run.local_date,
        "source": run.source,
        "status": run.status,
        "chunks_done": run.chunks_done,
        "chunks_total": run.chunks_total,
        "rows_done": run.rows_done,
        "rows_total": run.rows_total,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
        "took": run.duration_text,
        "requested_by": run.requested_by,
        "error": run.error,
    }


def outbox_as_dict(row: Outbox) -> dict[str, Any]:
    return {
        "id": row.pk,
        "task": row.task,
        "args": row.args,
        "state": row.state,
        "not_before": row.not_before and row.not_before.isoformat(),
        "tries": row.tries,
        "last_error": row.last_error,
    }


def _words(args: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in args.items())


def state_in_words(state: health.Snapshot) -> str:
    age = state["tick_age_seconds"]
    tick = "no tick yet" if age is None else f"last tick {age:.0f} s ago"
    return (
        f"{tick}; outbox: {state['outbox_waiting']} waiting, {state['outbox_failed']} failed; "
        f"{state['runs_active']} runs going"
    )
