from django.db import models


class RunStatus(models.TextChoices):
    """planning -> running -> done | failed; a retry leads from failed back to running."""

    PLANNING = "planning"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RunSource(models.TextChoices):
    SCHEDULED = "scheduled"
    MANUAL = "manual"


class ChunkStatus(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


ACTIVE_RUN = (RunStatus.PLANNING, RunStatus.RUNNING)
OPEN_CHUNK = (ChunkStatus.PENDING, ChunkStatus.RUNNING)
