"""`/api/v1/agent/`: the voice agent's tools, one address each, and their manifest."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.inputs import Command, validated
from crm.rest.views import Endpoint
from telephony.agent.inputs import CallContext, Reply
from telephony.agent.manifest import manifest
from telephony.agent.tools import TOOLS, Tool, run
from telephony.services.agent_calls import CallRef

_CALL = ("call_id", "provider", "caller_phone", "to_number", "direction")


class ToolList(serializers.Serializer[Any]):
    """The tools for a function-calling model."""

    tools = serializers.ListField(child=serializers.DictField())

    class Meta:
        ref_name = "AgentTools"


@extend_schema(tags=["voice agent"])
class ManifestView(Endpoint):
    """The tools with JSON Schemas of their arguments, as function-calling models take them."""

    capability = {"GET": "agent:use"}
    rows = ToolList

    def get(self, request: Request) -> Response:
        return Response({"tools": manifest()})


class ToolView(Endpoint):
    """One tool; the body holds the call (CallContext) and the tool's arguments side by side."""

    capability = {"POST": "agent:use"}
    rows = Reply
    tool: Tool

    def post(self, request: Request) -> Response:
        data = request.data
        context = validated(CallContext, request)
        arguments = data
        if isinstance(data, dict):
            arguments = {k: v for k, v in data.items() if k not in CallContext().fields}
        reply = run(
            tool=self.tool,
            arguments=arguments,
            ref=CallRef(**{name: context[name] for name in _CALL if name in context}),
            request_key=context.get("request_id", ""),
        )
        return Response(reply.body())


def _view_of(tool: Tool) -> Any:
    """The view class of a tool, named so that the schema names its operation."""
    name = "".join(part.title() for part in tool.name.split("_"))
    body = type(
        f"{name}Command",
        (CallContext, tool.input_class, Command),
        {"__doc__": tool.description, "Meta": type("Meta", (), {"ref_name": f"Agent{name}"})},
    )
    view = type(
        f"{name}View",
        (ToolView,),
        {"__doc__": tool.description, "tool": tool, "input_class": body},
    )
    return extend_schema(tags=["voice agent"])(view)


def address_of(tool: str) -> str:
    """The address of a tool below `/api/v1/agent/`."""
    return f"{tool.replace('_', '-')}/"


urlpatterns: list[URLPattern] = [
    path("agent/tools/", ManifestView.as_view(), name="api-agent-tools"),
    *(
        path(f"agent/{address_of(name)}", _view_of(tool).as_view(), name=f"api-agent-{name}")
        for name, tool in TOOLS.items()
    ),
]
