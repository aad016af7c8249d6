from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from crm.enums import ImportStatus
from crm.models.audit import DataBatch
from crm.models.base import Record, one_of
from crm.models.people import User


class ImportRun(Record):
    """One file on its way into the books: uploaded, matched, checked (dry run), imported.

    `mapping` leads from the file's headers to import fields (None: ignored), `preview` and
    `report` hold the counts and samples of the dry run and of the import.
    """

    status = models.CharField(
        max_length=20,
        choices=ImportStatus,
        default=ImportStatus.UPLOADED,
        db_default=ImportStatus.UPLOADED,
    )
    file_name = models.CharField(max_length=255)
    file_size = models.BigIntegerField()
    file_hash = models.CharField(max_length=64)
    headers = ArrayField(models.TextField())
    headers_key = models.CharField(max_length=64, help_text="Finds the last mapping of like files")
    facts = models.JSONField(default=dict, help_text="Encoding, delimiter or sheet as read")
    sample = models.JSONField(default=list, help_text="The first rows, to match columns by")
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="File, mapping, options")
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="import_runs"
    )
    batch = models.OneToOneField(
        DataBatch, models.SET_NULL, null=True, blank=True, related_name="import_run"
    )
    total_rows = models.IntegerField(null=True, blank=True)
    done_rows = models.IntegerField(default=0, db_default=0)
    preview = models.JSONField(null=True, blank=True)
    report = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="", db_default="")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "import_runs"
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["headers_key", "-created_at"], name="import_runs_headers"),
            models.Index(fields=["fingerprint"], name="import_runs_fingerprint"),
            models.Index(fields=["-created_at"], name="import_runs_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=one_of("status", ImportStatus.values), name="import_runs_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportFilePart(models.Model):
    """A piece of an uploaded file, kept in the database because the worker that imports it
    may run on another machine than the page that took it. Removed when the import is done."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "import_file_parts"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_file_parts_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number}"


class ImportRow(models.Model):
    """A line of a file on its way in. The table is unlogged: it can be filled again from the
    file, so it does not pay for the write-ahead log and is empty after a crash."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows", db_index=False)
    number = models.IntegerField(help_text="Position among the rows, from 0")
    line = models.IntegerField(help_text="Line in the file, as a spreadsheet shows it")
    cells = ArrayField(models.TextField())

    class Meta:
        db_table = "import_rows"
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_rows_once"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}"


class ImportRefusal(models.Model):
    """A row of the file that stays out, with the reason; `cells` are the row as it was read."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="refusals")
    is_preview = models.BooleanField()
    line = models.IntegerField()
    field = models.CharField(max_length=60, blank=True)
    reason = models.TextField()
    cells = ArrayField(models.TextField())

    class Meta:
        db_table = "import_refusals"
        ordering = ["line", "id"]
        indexes = [
            models.Index(fields=["run", "is_preview", "line"], name="import_refusals_run_line"),
        ]

    def __str__(self) -> str:
        return f"row {self.line}: {self.reason}"


class ImportChange(models.Model):
    """What an import did to one record: enough to take it back.

    `before` holds the former values of the changed columns (None: the record was created),
    `written_at` the record's `updated_at` after the import: a later one means that somebody
    has edited it since.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="changes", db_index=False)
    table_name = models.CharField(max_length=63)
    row_id = models.UUIDField()
    before = models.JSONField(null=True)
    written_at = models.DateTimeField()

    class Meta:
        db_table = "import_changes"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "table_name", "row_id"], name="import_changes_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id}"


class ExportLog(models.Model):
    """Who took which list out of Lanewise, with which filters and how many rows."""

    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    user_label = models.CharField(max_length=150, blank=True)
    list_name = models.CharField(max_length=60)
    format = models.CharField(max_length=10)
    filters = models.TextField(blank=True)
    rows = models.IntegerField(null=True, help_text="Empty: the download was broken off")

    class Meta:
        db_table = "export_log"
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="export_log_at")]

    def __str__(self) -> str:
        return f"{self.list_name} by {self.user_label}"
