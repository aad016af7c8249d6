from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from crm.context import acting


class ActorMiddleware:
    """Attributes everything that a request writes to its user and its entry point."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(
            actor=request.user if request.user.is_authenticated else None,
            source=self._source(request.path),
            request_id=getattr(request, "request_id", ""),
        ):
            return self.get_response(request)

    @staticmethod
    def _source(path: str) -> str:
        if path.startswith("/api/"):
            # The token is read later, inside the view: crm.rest.authentication names its user.
            return "api"
        return "admin" if path.startswith("/admin/") else "page"
