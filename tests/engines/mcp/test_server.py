"""A real MCP client works against the server: in this process, and as a program of its own over standard input and output."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import anyio
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now
from mcp import Client, StdioServerParameters

from engines.mcp import server
from engines.mcp.door import Door, Refused
from engines.mcp.tools import CHANGING, READING
from tests.engines.mcp.conftest import token_of
from tests.patterns.stored import keep_all

ROOT = Path(__file__).resolve().parents[3]
MINUTE = 60.0


def talk(to, *calls):
    """The tools that a client is shown, and the answers to its calls: (whether an error, text, structured content)."""

    async def run():
        with anyio.fail_after(MINUTE):
            async with Client(to) as client:
                tools = (await client.list_tools()).tools
                answers = [await client.call_tool(name, arguments) for name, arguments in calls]
        return tools, [(one.is_error, one.content[0].text, one.structured_content) for one in answers]

    return anyio.run(run)


def test_which_tools_read_and_which_change_things():
    tools, _ = talk(server.build("none"))
    hints = {tool.name: tool.annotations.read_only_hint for tool in tools}
    assert hints == {**dict.fromkeys(READING, True), **dict.fromkeys(CHANGING, False)}
    assert {tool.name: tool.annotations.destructive_hint for tool in tools if tool.name in CHANGING} == {
        "learn": False,
        "backfill": False,
    }
    assert all(tool.description and not tool.annotations.open_world_hint for tool in tools)
    [patterns] = [tool for tool in tools if tool.name == "get_patterns"]
    assert patterns.input_schema["required"] == ["client"]
    assert "who" in str(patterns.input_schema["properties"]["type"])


def test_refusals_are_read_and_faults_are_not(monkeypatch):
    monkeypatch.setattr(Door, "get", refuse)
    _, [(is_error, text, _)] = talk(server.build("none"), ("get_brief", {"client": "acme"}))
    assert (is_error, text) == (True, "Error executing tool get_brief: There is no client 'acme'.")
    monkeypatch.setattr(Door, "get", lambda *_, **__: {}["jo@example.com"])
    _, [(is_error, text, _)] = talk(server.build("none"), ("get_brief", {"client": "acme"}))
    assert (is_error, text) == (True, "Error executing tool get_brief")


def refuse(*_, **__):
    raise Refused("There is no client 'acme'.")


@pytest.fixture
def database(tmp_path, transactional_db):
    """Gives the URL of the test's database as it is then, for another process."""

    def url():
        if connection.vendor == "postgresql":
            given = connection.get_connection_params()
            account = ":".join(quote(str(given[key]), safe="") for key in ("user", "password") if given.get(key))
            place = f"{account}@" if account else ""
            port = f"&port={given['port']}" if given.get("port") else ""
            return f"postgresql://{place}/{given['dbname']}?host={quote(str(given.get('host') or ''), safe='')}{port}"
        path = tmp_path / "copy.sqlite3"
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
        return f"sqlite:///{path}"

    return url


def program(url, token):
    environment = {"SECRET_KEY": "tests", "SUPPRESSION_KEY": "tests", "CREDENTIAL_KEY": settings.CREDENTIAL_KEY[0]}
    return StdioServerParameters(
        command=sys.executable,
        args=["manage.py", "mcp"],
        cwd=ROOT,
        env={**environment, "ALLOWED_HOSTS": "agency.example", "DATABASE_URL": url, "AGENCY_TOKEN": token},
    )


def test_a_client_over_standard_input_and_output(acme, twin, jo, theirs, database):
    keep_all(acme, valid_until=now() + timedelta(days=1))
    keep_all(twin, valid_until=now() + timedelta(days=1))
    text = token_of(acme)[1]
    tools, answers = talk(
        program(database(), text),
        ("list_clients", {}),
        ("get_brief", {"client": "acme"}),
        ("preview_plan", {"client": "acme", "lead": str(jo.pk)}),
        ("learn", {"clients": ["acme"]}),
        ("get_brief", {"client": "twin"}),
        ("score_lead", {"client": str(twin.pk), "lead": str(theirs.pk)}),
        ("score_lead", {"client": "acme", "lead": str(theirs.pk)}),
        ("backfill", {"client": "twin"}),
        ("get_patterns", {"client": "acme", "type": "why"}),
        ("forget_everything", {}),
    )
    assert len(tools) == len(READING) + len(CHANGING)
    assert [is_error for is_error, *_ in answers] == [False] * 4 + [True] * 6
    assert [client["slug"] for client in answers[0][2]["clients"]] == ["acme"]
    assert "WHAT TO WRITE\n" in answers[1][1]
    assert len(answers[2][2]["scheduled_touches"]) == 6
    assert answers[3][2]["status"] == "triggered"
    said = [text.partition(": ")[2] for _, text, _ in answers[4:8]]
    assert said == [
        "There is no client 'twin'.",
        f"There is no client '{twin.pk}'.",
        "No Lead matches the given query.",
        "There is no client 'twin'.",
    ]


@pytest.mark.django_db
class TestCommand:
    @pytest.mark.parametrize(
        ("token", "reason"),
        [("", "AGENCY_TOKEN is not set"), ("aos_guess", "AGENCY_TOKEN: The token is unknown, expired or revoked.")],
    )
    def test_without_a_token_it_does_not_start(self, settings, token, reason):
        settings.AGENCY_TOKEN = token
        with pytest.raises(CommandError, match=re.escape(reason)) as error:
            call_command("mcp")
        assert error.value.returncode == 2

    def test_without_the_extra_it_says_how_to_get_it(self, settings, monkeypatch):
        settings.AGENCY_TOKEN = "aos_guess"  # noqa: S105 (no token)
        for name in [name for name in sys.modules if name.split(".")[0] == "mcp" or name.startswith("engines.mcp")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr("engines.mcp", raising=False)
        monkeypatch.setitem(sys.modules, "mcp", None)
        with pytest.raises(CommandError, match="make install-mcp") as error:
            call_command("mcp")
        assert (error.value.returncode, "\n" in str(error.value)) == (2, False)


def test_nothing_else_needs_the_extra():
    """Every other module is imported without it."""
    code = "import sys; sys.modules['mcp'] = None; import django; django.setup(); import engines.urls, agency_os.urls"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "agency_os.settings"}
    done = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
