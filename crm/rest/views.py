"""What every view of the API shares: acting user, strict parameters, keys, versions, limits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import negotiation, serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from crm.context import acting
from crm.models import ApiToken
from crm.rest import idempotency, pagination
from crm.rest.etags import etag_of, matches, require_match
from crm.rest.filters import refuse_unknown
from crm.rest.parsers import read_body
from crm.rest.rows import Rows

SAFE = frozenset({"GET", "HEAD"})


class AlwaysJSON(negotiation.BaseContentNegotiation):
    """JSON whatever the caller accepts: an error page in another format helps nobody."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return negotiation.DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        first = next(iter(renderers))
        return first, first.media_type


class Endpoint(APIView):
    """Base of all views. `capability` says for each method what it takes (crm.roles)."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    content_negotiation_class = AlwaysJSON
    capability: Mapping[str, str] = {}
    # Headers that the rate limit leaves for the answer.
    rate_limit_headers: Mapping[str, str] = {}
    input_class: type[serializers.BaseSerializer[Any]] | None = None
    rows: type[serializers.BaseSerializer[Any]] | None = None
    # What an @action answers when it is not the view's own `rows`; for the schema.
    answers: type[serializers.BaseSerializer[Any]] | None = None
    # Bytes that a body may have, where those of all other requests are too few for an @action.
    most_bytes: int | None = None
    own_parameters: Sequence[str] = ()

    def known_parameters(self) -> Iterable[str]:
        """Query parameters that this operation understands; all others are refused."""
        return self.own_parameters

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\x00" in str(part) for part in kwargs.values()):
            raise Http404
        if self.most_bytes is not None:
            read_body(request, self.most_bytes)
        method = str(request.method).lower()
        handler = getattr(self, method, None)
        if handler is not None:
            refuse_unknown(request, self.known_parameters())
            # DRF looks the handler up after this.
            setattr(self, method, partial(self._attributed, handler))

    def _attributed(
        self, handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any
    ) -> Any:
        """Run `handler` as the caller; a write in one transaction with its idempotency key."""
        with acting(
            actor=request.user if request.user.is_authenticated else None,
            label=_label(request),
            source="api",
            request_id=getattr(request, "request_id", ""),
        ):
            if request.method in SAFE:
                return handler(request, *args, **kwargs)
            return idempotency.perform(request, lambda: handler(request, *args, **kwargs))

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.rate_limit_headers.items():
            response.headers[name] = value
        return response


def _label(request: Request) -> str:
    """How the audit trail names a token; "" (the user's name) for a browser."""
    if isinstance(request.auth, ApiToken):
        return f"{request.user.get_username()} via {request.auth.name}"[:150]
    return ""


class RowViewSet(Endpoint, GenericViewSet[Any]):
    """Reads of one table through `values()`; subclasses add the writes.

    `queryset` is what may be seen, `rows` the columns, `orderings` and `default_ordering` what
    `crm.rest.pagination` takes.
    """

    rows: type[Rows]
    orderings: Mapping[str, Sequence[str]] = {}
    default_ordering = ""
    # Set by @action: a further list below one record; whether POST makes a record.
    listing = False
    creates = False

    def known_parameters(self) -> Iterable[str]:
        if self.request.method not in SAFE or not (self.listing or self.action == "list"):
            return self.own_parameters
        known = {*self.own_parameters, *pagination.PARAMETERS}
        filters = getattr(self, "filterset_class", None)
        return known | set(filters.base_filters) if filters and self.filter_backends else known

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.page_of(self.rows, self.filter_queryset(self.get_queryset()))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.row(self.kwargs[self.lookup_field])
        etag = etag_of(row)
        if matches(request.headers.get("If-None-Match", ""), etag):
            return Response(status=304, headers={"ETag": etag})
        return Response(self.shown(row), headers={"ETag": etag})

    def page_of(self, rows: type[Rows], queryset: QuerySet[Any]) -> Response:
        """One page of `queryset`, which keeps its model for the cursor."""
        page = self.paginate_queryset(rows.of(queryset))
        return self.get_paginated_response([self.shown(row) for row in page or ()])

    def to_count(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What `count` counts: as many rows as `queryset` has, perhaps of a narrower table."""
        return queryset

    def row(self, key: Any) -> dict[str, Any]:
        """The record `key` as the API shows it; raises Http404."""
        return get_object_or_404(self.rows.of(self.get_queryset()), pk=key)

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """`row` without what this caller must not see."""
        return row

    def target(self) -> Any:
        """The record of a write, after its `If-Match` was checked.

        A caller that names a version waits for whoever is writing the record now, so that
        nothing can come between the check and the write.
        """
        queryset = self.get_queryset()
        expected = self.request.headers.get("If-Match")
        if expected is not None:
            queryset = queryset.select_for_update(of=("self",))
        record = get_object_or_404(queryset, pk=self.kwargs[self.lookup_field])
        if expected is not None:
            require_match(expected, self.row(record.pk))
        return record

    def answer(self, key: Any, *, status: int = 200) -> Response:
        """The written record, read back as everybody will see it."""
        row = self.row(key)
        headers = {"ETag": etag_of(row)}
        if status == 201:
            headers["Location"] = self.request.build_absolute_uri(f"{key}/")
        return Response(self.shown(row), status=status, headers=headers)
