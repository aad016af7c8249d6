"""The schema as the running server gives it."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def _generated() -> Any:
    return SchemaGenerator().get_schema(public=True)


class GeneratedOnce(SchemaGenerator):
    """Generates the schema once in the life of a process: it takes a second and is everybody's."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        return _generated()
