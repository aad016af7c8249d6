from typing import Any

from django.apps import AppConfig, apps
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Lanewise"

    def ready(self) -> None:
        from config import celery, checks, middleware  # noqa: F401  (importing registers them)

        # Sent for apps with models only, so never for this one.
        sender = apps.get_app_config("crm")
        post_migrate.connect(_make_cache_table, sender=sender, dispatch_uid="config.cache_table")


class StaticFiles(StaticFilesConfig):
    """Leaves out what no page uses: source maps, types, Tabler's other themes and pictures.

    A pattern counts in every folder: `chart.js` would leave the admin without its own.
    """

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("*.map", "*.d.ts", "*.cjs", "*.rtl.*", "css/tabler-*", "css/tabler.css"),
        *("js/tabler-*", "js/tabler.js", "js/tabler.esm*", "img/flags/*", "img/payments/*"),
        *("img/social/*", "libs", "types", "chart.umd.js", "helpers.js", "chunks"),
    ]


def _make_cache_table(using: str, **kwargs: Any) -> None:
    """The cache's table comes with every `migrate`; Django has a command of its own for it."""
    call_command("createcachetable", database=using, verbosity=0)
