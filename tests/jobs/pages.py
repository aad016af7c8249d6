"""A page that saves something which must be followed up, for tests with a sick broker."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from jobs.services import enqueue
from tests.jobs.sample_tasks import note


def save(request: HttpRequest, key: int) -> HttpResponse:
    with transaction.atomic():
        note("saved", key)
        enqueue("sample.note", args={"key": key})
    return HttpResponse(status=201)


urlpatterns = [path("save/<int:key>/", save)]
