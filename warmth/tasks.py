"""Background work of `warmth`. Celery finds this module by its name."""

from jobs.registry import Chunk, Job, register
from warmth.services import recompute


def recompute_chunk(chunk: Chunk) -> int:
    bounds = chunk.bounds
    return recompute.recompute_range(bounds["first"], bounds["last"], as_of=chunk.local_date)


register(
    Job(
        name="warmth.recompute",
        title="Bring customers' warmth up to date",
        run_chunk=recompute_chunk,
        local_hour=2,
        minute=0,
        plan=recompute.plan,
    )
)
