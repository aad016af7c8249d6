"""Pages of `warmth`; `config.urls` gives them their prefix."""

from django.urls import URLPattern

app_name = "warmth"
urlpatterns: list[URLPattern] = []
