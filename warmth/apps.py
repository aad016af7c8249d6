from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.apps import apps as present
from django.db.models.signals import post_migrate


class WarmthConfig(AppConfig):
    name = "warmth"
    verbose_name = "Warmth"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crm.constraints import register_rules
        from warmth import demo, pages, timeline
        from warmth.constraints import RULES
        from warmth.webhooks import register_events

        register_rules(RULES)
        register_events()
        pages.register_pages()
        timeline.register_sources()
        demo.register_part()
        import_module("warmth.signals")
        post_migrate.connect(_after_migrate, sender=self, dispatch_uid="warmth.first_version")


def _after_migrate(apps: Any = present, **_: Any) -> None:
    """Not a migration, because tests empty all tables and emit this signal afterwards (`flush`
    does it without `apps`)."""
    if "warmthalgorithm" not in apps.all_models["warmth"]:
        return  # migrated back to before the first table
    from warmth.services.first_version import ensure_first_version

    ensure_first_version()
