"""Background work of `crm`. Celery finds this module by its name."""

from datetime import timedelta

from crm.models import ImportRun, OutboundMessage
from crm.querysets import shop_day
from crm.rest import housekeeping
from crm.services import (
    finding,
    import_files,
    imports,
    permission,
    reminders,
    sending,
    sign_ins,
    webhook_delivery,
)
from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, register


def import_given_up(run: str) -> None:
    imports.give_up(run=ImportRun.objects.get(pk=run))


@outbox_task(name="crm.check_import", given_up=import_given_up)
def check_import(run: str) -> None:
    imports.finish_check(run=ImportRun.objects.get(pk=run))


@outbox_task(name="crm.import_chunk", given_up=import_given_up)
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


def prune_sign_ins(chunk: Chunk) -> int:
    return sign_ins.prune_sign_ins()


register(
    Job(
        name="crm.prune_sign_ins",
        title="Forget old sign-ins and wrong passwords",
        run_chunk=prune_sign_ins,
        local_hour=3,
        minute=50,
    )
)


@outbox_task(name="crm.send_webhook")
def send_webhook(delivery: int) -> None:
    webhook_delivery.send_delivery(delivery_id=delivery)


@outbox_task(name="crm.webhook_disabled")
def webhook_disabled(endpoint: str) -> None:
    webhook_delivery.notify_disabled(endpoint_id=endpoint)


def prune_webhooks(chunk: Chunk) -> int:
    return webhook_delivery.prune_webhooks()


register(
    Job(
        name="crm.prune_webhooks",
        title="Forget old webhook messages",
        run_chunk=prune_webhooks,
        local_hour=3,
        minute=50,
    )
)


@outbox_task(name="crm.send_message")
def send_message(message: str) -> None:
    found = OutboundMessage.objects.filter(pk=message).first()
    if found is not None:
        sending.send(message=found)


def plan_reminders(chunk: Chunk) -> int:
    start, _ = shop_day(chunk.local_date + timedelta(days=1))
    return reminders.plan_missing(first=start, last=start + timedelta(days=2))


register(
    Job(
        name="crm.plan_reminders",
        title="Plan reminders of the next two days",
        run_chunk=plan_reminders,
        local_hour=7,
    )
)


def find_work(chunk: Chunk) -> int:
    return finding.close_settled() + finding.add_declined_work(today=chunk.local_date)


register(
    Job(
        name="crm.find_work",
        title="Put declined work that is due on the work list",
        run_chunk=find_work,
        local_hour=4,
    )
)


def prune_decisions(chunk: Chunk) -> int:
    return permission.prune_decisions()


register(
    Job(
        name="crm.prune_decisions",
        title="Remove old answers of the permission gate",
        run_chunk=prune_decisions,
        local_hour=3,
        minute=55,
    )
)
