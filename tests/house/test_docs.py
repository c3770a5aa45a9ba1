"""What a user can set or call is described."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
OURS = ("conversion", "patterns", "engines")
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_of_the_environment_is_in_the_example():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "agency_os" / "settings.py").read_text()))
    example = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == example
    assert read, "no setting was found: has the way of reading them changed?"


def test_every_command_is_documented():
    commands = {name for name, app in get_commands().items() if app in OURS}
    text = "\n".join(path.read_text() for path in DOCS)
    assert {name for name in commands if f"`{name}" not in text and f"manage.py {name}" not in text} == set()


@pytest.mark.parametrize("path", DOCS, ids=[path.name for path in DOCS])
def test_links_between_documents_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_files_stay_small():
    sources = [path for folder in (*OURS, "agency_os") for path in (ROOT / folder).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources}
    assert {name: lines for name, lines in lengths.items() if lines > 300 and "migrations" not in name} == {}
