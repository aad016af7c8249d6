from django.urls import path

from jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.index, name="index"),
    path("start/", views.start, name="start"),
    path("runs/<int:pk>/retry/", views.retry_run, name="retry_run"),
    path("outbox/<int:pk>/retry/", views.retry_outbox, name="retry_outbox"),
]
