"""Pages of `leads`; `config.urls` gives them their prefix."""

from django.urls import URLPattern

app_name = "leads"
urlpatterns: list[URLPattern] = []
