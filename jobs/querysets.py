from typing import Self

from django.db import models
from django.db.models.functions import Now

from jobs.enums import ACTIVE_RUN, OPEN_CHUNK, ChunkStatus, RunStatus


class OutboxQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Rows whose work is still to be done, whether they have been sent or not."""
        return self.filter(done_at=None, failed_at=None)

    def due(self) -> Self:
        """Waiting rows that may run now."""
        return self.waiting().filter(models.Q(not_before=None) | models.Q(not_before__lte=Now()))

    def given_up(self) -> Self:
        """Rows that failed as often as they may; a person has to look."""
        return self.filter(failed_at__isnull=False)


class JobRunQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE_RUN)

    def failed(self) -> Self:
        return self.filter(status=RunStatus.FAILED)

    def newest_first(self) -> Self:
        return self.order_by("-id")

    def with_progress(self) -> Self:
        """Adds `chunks_total` and `chunks_done`, in the same query."""
        return self.annotate(
            chunks_total=models.Count("chunks"),
            chunks_done=models.Count("chunks", filter=models.Q(chunks__status=ChunkStatus.DONE)),
        )


class JobChunkQuerySet(models.QuerySet):
    def unfinished(self) -> Self:
        return self.filter(status__in=OPEN_CHUNK)

    def claimable(self) -> Self:
        """Chunks that a worker may take now: fresh, backed off long enough, or abandoned."""
        return self.unfinished().filter(
            models.Q(claimed_until=None) | models.Q(claimed_until__lte=Now())
        )
