"""The tools as an MCP server, over standard input and output."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from engines.mcp.door import Door, Refused
from engines.mcp.tools import CHANGING, READING, Tools

NAME = "agency-os"
INSTRUCTIONS = (
    "What converts for the clients of an agency, learned from their outreach. Begin with list_clients. Statements carry their "
    "evidence and confidence: below a confidence of 0.5 nothing is acted on, and what is not said is not known."
)
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
# New versions of patterns and what was missing: nothing that is there is lost.
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)


def build(token: str) -> MCPServer[Any]:
    """A server of whoever this token belongs to."""
    server: MCPServer[Any] = MCPServer(NAME, instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(Door(token))
    for names, annotations in ((READING, READS), (CHANGING, CHANGES)):
        for name in names:
            server.add_tool(told(getattr(tools, name)), annotations=annotations)
    return server


def told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, with refusals as errors that the assistant reads. Of any other error it reads nothing."""

    @wraps(tool)
    def told_tool(**arguments: Any) -> Any:
        try:
            return tool(**arguments)
        except Refused as error:
            raise ToolError(str(error)) from error

    return told_tool
