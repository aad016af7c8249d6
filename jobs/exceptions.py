class JobRefused(Exception):  # noqa: N818  (a refusal is an answer, not an error)
    """A request that the state of a job does not allow; the text is a sentence for a person."""


class UnknownTaskError(LookupError):
    """No `@outbox_task` has this name: a programming mistake."""


class UnknownJobError(LookupError):
    """No job is registered under this name."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "unknown job"
