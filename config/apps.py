from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Lanewise"

    def ready(self) -> None:
        from config import celery, checks, middleware  # noqa: F401  (importing registers them)
