"""Tables of background work: what must be done (outbox) and what ran (runs, chunks)."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.utils import timezone

from jobs.enums import ACTIVE_RUN, ChunkStatus, RunSource, RunStatus
from jobs.querysets import JobChunkQuerySet, JobRunQuerySet, OutboxQuerySet


class JsonType(models.Func):
    function = "jsonb_typeof"
    output_field = models.TextField()


def is_json_object(field: str) -> models.Q:
    """Condition that a jsonb column holds an object, not a list or a bare value."""
    return models.Q(Exact(JsonType(models.F(field)), models.Value("object")))


class Outbox(models.Model):
    """Work that must follow a write: it is written in the same transaction.

    `args` holds ids only, because rows live for a month and are read by operators.
    `dedup_key` is unique among rows that wait and have not been started: work that a running
    task may already have passed by has to run once more.
    `tries` counts starts, so that a task which kills its worker stops as well.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=100)
    args = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    dedup_key = models.CharField(max_length=200, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    not_before = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0, db_default=0)
    last_error = models.TextField(blank=True, default="", db_default="")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        db_table = "outbox"
        ordering = ["id"]
        verbose_name_plural = "outbox"
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_key"],
                condition=models.Q(
                    done_at__isnull=True, failed_at__isnull=True, started_at__isnull=True
                ),
                name="outbox_one_waiting_per_key",
            ),
            models.CheckConstraint(condition=~models.Q(task=""), name="outbox_task_named"),
            models.CheckConstraint(condition=is_json_object("args"), name="outbox_args_object"),
            models.CheckConstraint(condition=models.Q(tries__gte=0), name="outbox_tries_positive"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(failed_at__isnull=True),
                name="outbox_done_or_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
                name="outbox_waiting",
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(failed_at__isnull=False),
                name="outbox_given_up",
            ),
            models.Index(
                fields=["done_at"], condition=models.Q(done_at__isnull=False), name="outbox_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"

    @property
    def state(self) -> str:
        """done, failed (given up), sent (a worker has been told) or waiting."""
        if self.done_at:
            return "done"
        if self.failed_at:
            return "failed"
        return "sent" if self.sent_at else "waiting"


class JobRun(models.Model):
    """One run of a registered job for one date of the dealership's calendar."""

    id = models.BigAutoField(primary_key=True)
    job = models.CharField(max_length=100)
    local_date = models.DateField()
    source = models.CharField(
        max_length=10,
        choices=RunSource,
        default=RunSource.SCHEDULED,
        db_default=RunSource.SCHEDULED,
    )
    status = models.CharField(
        max_length=10, choices=RunStatus, default=RunStatus.PLANNING, db_default=RunStatus.PLANNING
    )
    rows_total = models.BigIntegerField(null=True, blank=True)
    rows_done = models.BigIntegerField(default=0, db_default=0)
    retries = models.IntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="", db_default="")
    requested_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    note = models.CharField(max_length=200, blank=True, default="", db_default="")

    # Only on rows of `with_progress()`
    chunks_total: int
    chunks_done: int

    objects = JobRunQuerySet.as_manager()

    class Meta:
        db_table = "job_runs"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "local_date"],
                condition=models.Q(source=RunSource.SCHEDULED),
                name="job_runs_once_a_date",
            ),
            models.UniqueConstraint(
                fields=["job"],
                condition=models.Q(source=RunSource.MANUAL, status__in=ACTIVE_RUN),
                name="job_runs_one_manual_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=RunStatus.values), name="job_runs_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=RunSource.values), name="job_runs_source_known"
            ),
            models.CheckConstraint(
                condition=models.Q(rows_done__gte=0, retries__gte=0)
                & (models.Q(rows_total__isnull=True) | models.Q(rows_total__gte=0)),
                name="job_runs_counts_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ACTIVE_RUN, finished_at__isnull=True)
                | (~models.Q(status__in=ACTIVE_RUN) & models.Q(finished_at__isnull=False)),
                name="job_runs_finished_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(status__in=ACTIVE_RUN), name="job_runs_active"
            ),
            models.Index(fields=["job", "-id"], name="job_runs_job"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.local_date}"

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_RUN

    @property
    def duration(self) -> timedelta:
        """Time from start to end, or until now while it runs."""
        return (self.finished_at or timezone.now()) - self.started_at

    @property
    def duration_text(self) -> str:
        """Duration for a person: "0.4 s", "12 s", "3 min 05 s", "2 h 07 min"."""
        seconds = max(self.duration.total_seconds(), 0.0)
        if seconds < 60:
            return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
        minutes, rest = divmod(int(seconds), 60)
        if minutes < 60:
            return f"{minutes} min {rest:02} s"
        return f"{minutes // 60} h {minutes % 60:02} min"


class JobChunk(models.Model):
    """A part of a run that one worker does in one transaction.

    Nobody else may take the chunk before `claimed_until`: a claim while `running`, a pause after
    an error while `pending`. While its transaction is open the row lock protects it as well, so
    the claim may be short however long the work takes.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(JobRun, models.CASCADE, related_name="chunks")
    number = models.IntegerField()
    bounds = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    status = models.CharField(
        max_length=10, choices=ChunkStatus, default=ChunkStatus.PENDING, db_default="pending"
    )
    claimed_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    claimed_until = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0, db_default=0)
    tries = models.IntegerField(default=0, db_default=0)
    error = models.TextField(blank=True, default="", db_default="")

    objects = JobChunkQuerySet.as_manager()

    class Meta:
        db_table = "job_chunks"
        ordering = ["run_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="job_chunks_number_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=ChunkStatus.values), name="job_chunks_status_known"
            ),
            models.CheckConstraint(
                condition=is_json_object("bounds"), name="job_chunks_bounds_object"
            ),
            models.CheckConstraint(
                condition=models.Q(rows__gte=0, tries__gte=0, number__gte=0),
                name="job_chunks_counts_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.run_id} chunk {self.number}"


class Heartbeat(models.Model):
    """When a part of the background work was last seen alive, by the database's clock."""

    name = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "job_heartbeats"

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
