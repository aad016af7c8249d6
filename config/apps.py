from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Lanewise"

    def ready(self) -> None:
        from config import celery, checks, middleware  # noqa: F401  (importing registers them)


class StaticFiles(StaticFilesConfig):
    """Leaves out what no page uses: source maps, types, Tabler's other themes and pictures."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("*.map", "*.d.ts", "*.cjs", "*.rtl.*", "css/tabler-*", "css/tabler.css"),
        *("js/tabler-*", "js/tabler.js", "js/tabler.esm*", "img/flags/*", "img/payments/*"),
        *("img/social/*", "libs", "types"),
    ]
