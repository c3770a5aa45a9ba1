"""The pictures of the README, taken from the running demo: python -m tests.browser.pictures (make pictures)."""

import tempfile
from pathlib import Path

from tests.browser.site import ROOT, chromium, served

FOLDER = ROOT / "docs" / "pictures"
USER = "pictures"
PASSWORD = "correct-Horse-7"  # noqa: S105 (of a database that is thrown away)
PREPARE = f"""
from django.contrib.auth import get_user_model
get_user_model().objects.create_superuser({USER!r}, "", {PASSWORD!r})
"""
LEAD = """
from conversion.clients import find_client
from conversion.models import Activity
client = find_client("Brightwave Software")
print("LEAD", Activity.objects.for_client(client).filter(state="sent").order_by("-sent_at").first().lead_id)
"""
WIDE, NARROW = (1440, 900, "light"), (390, 844, "dark")  # width, height, colours


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), REQUIRE_TOTP="nobody") as site,
        chromium() as browser,
    ):
        site.run(code=PREPARE)
        site.run("demo")
        lead = site.run(code=LEAD).rpartition("LEAD ")[2].strip()
        pictures = (
            ("home", "/", WIDE),
            ("client", "/clients/brightwave-software", WIDE),
            ("evidence", "/clients/brightwave-software/patterns/when#picture-when", WIDE),
            ("lead", f"/leads/{lead}", NARROW),
        )
        for name, path, (width, height, scheme) in pictures:
            page = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, base_url=site.url
            ).new_page()
            page.goto("/")
            page.fill("input[name=login]", USER)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(f"{site.url}/")
            page.goto(path, wait_until="networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
            print(f"docs/pictures/{name}.png")  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
