from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = "Telephone"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from crm.constraints import register_rules
        from telephony.constraints import RULES

        register_rules(RULES)
