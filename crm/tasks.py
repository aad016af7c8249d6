"""Background work of `crm`. Celery finds this module by its name."""

from crm.models import ImportRun
from crm.rest import housekeeping
from crm.services import import_files, imports
from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, register


@outbox_task(name="crm.check_import")
def check_import(run: str) -> None:
    imports.finish_check(run=ImportRun.objects.get(pk=run))


@outbox_task(name="crm.import_chunk")
def import_chunk(run: str) -> None:
    imports.continue_import(run=ImportRun.objects.get(pk=run))


def prune_imports(chunk: Chunk) -> int:
    return import_files.prune()


register(
    Job(
        name="crm.prune_imports",
        title="Forget uploads and rows of old imports",
        run_chunk=prune_imports,
        local_hour=3,
        minute=30,
    )
)


def prune_api(chunk: Chunk) -> int:
    return housekeeping.prune()


register(
    Job(
        name="crm.prune_api",
        title="Remove old idempotency keys and rate limits",
        run_chunk=prune_api,
        local_hour=3,
        minute=40,
    )
)
