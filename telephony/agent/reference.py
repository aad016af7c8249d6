"""The reference of the tools in docs/voice-agent.md, written from the schema."""

from typing import Any

from telephony.agent.manifest import parameters_of
from telephony.agent.tools import TOOLS, Tool

BEGIN = "<!-- Tools: written by `manage.py agent_reference`. -->"
END = "<!-- End of the tools. -->"


def with_reference(page: str) -> str:
    """`page` with the reference between its two marks renewed; raises ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The page has no place for the reference of the tools.")
    tools = "\n\n".join(_section(tool) for tool in TOOLS.values())
    return f"{before}{BEGIN}\n\n{tools}\n\n{END}{after}"


def _section(tool: Tool) -> str:
    needs = " Needs a verified caller." if tool.needs_verification else ""
    schema = parameters_of(tool)
    rows = [
        _row(name, field, is_required=name in schema["required"])
        for name, field in schema["properties"].items()
    ]
    table = ["| argument | | |", "|---|---|---|", *rows] if rows else ["Takes no arguments."]
    return "\n".join([f"### {tool.name}", "", f"{tool.description}{needs}", "", *table])


def _row(name: str, field: dict[str, Any], *, is_required: bool) -> str:
    kind = " / ".join(field["enum"]) if "enum" in field else field.get("format", field["type"])
    must = f"{kind}, required" if is_required else kind
    return f"| `{name}` | {must} | {field['description']} |"
