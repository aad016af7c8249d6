from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LeadsConfig(AppConfig):
    name = "leads"
    verbose_name = "Battery leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from leads.reference import load_after_migrate

        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="leads.reference.load")
