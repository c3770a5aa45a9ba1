"""Patterns are drawn as files that a browser shows."""

import io
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.core.management import CommandError, call_command

from patterns.models import ConversionPattern
from tests.factories import MONDAY

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command("draw_patterns", *arguments, stdout=out)
    return out.getvalue()


def pattern(client, findings):
    ConversionPattern.objects.create(
        client=client, pattern_type="who", version=1, patterns={"title_rankings": findings}, sample_size=9,
        confidence=0.8, algorithm="who-1", computed_at=MONDAY, valid_until=MONDAY + timedelta(days=14),
    )  # fmt: skip


def finding(title, lift, status):
    return {
        "title": title, "lift": lift, "lift_low": lift / 1.2, "lift_high": lift * 1.2, "sample": 90, "converted": 9,
        "rate": 0.1, "status": status,
    }  # fmt: skip


def test_a_pattern_is_drawn_best_first(customer, tmp_path):
    pattern(customer, [finding("Clerk", 0.5, "supported"), finding("Founder", 2.0, "supported")])
    assert run("Acme", "--out", str(tmp_path / "new")).strip() == str(tmp_path / "new" / "who.svg")
    root = ET.parse(tmp_path / "new" / "who.svg").getroot()  # noqa: S314 (our own output)
    said = [one.get("aria-label") for one in root.iter() if one.get("class") == "mark"]
    assert [one.partition(" times")[0] for one in said] == ["title Founder: 2.00", "title Clerk: 0.50"]


def test_what_cannot_be_drawn_is_said(customer, tmp_path):
    assert "Acme has no finding to draw yet" in run("Acme")
    pattern(customer, [])
    assert "Acme has no finding to draw yet" in run("Acme", "--out", str(tmp_path))
    with pytest.raises(CommandError, match="Acne"):
        run("Acne")
    (tmp_path / "file").write_text("")
    ConversionPattern.objects.for_client(customer).update(patterns={"title_rankings": [finding("A", 2.0, "supported")]})
    with pytest.raises(CommandError, match=r"not every picture was drawn: .*file"):
        run("Acme", "--out", str(tmp_path / "file"))
