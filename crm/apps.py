from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Dealership"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crm.timeline_sources import register_sources

        register_sources()
