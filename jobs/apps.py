from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Background jobs"

    def ready(self) -> None:
        from jobs import checks  # noqa: F401  (registers the system checks)

        # Every process knows every task, so that a misspelt name fails where it is enqueued.
        autodiscover_modules("tasks")
