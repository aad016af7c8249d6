from django.apps import AppConfig


class WarmthConfig(AppConfig):
    name = "warmth"
    default_auto_field = "django.db.models.BigAutoField"
