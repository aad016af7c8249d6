"""Pages of `telephony`; `config.urls` gives them their prefix."""

from django.urls import URLPattern

app_name = "telephony"
urlpatterns: list[URLPattern] = []
