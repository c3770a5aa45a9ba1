"""The whole product as an operator has it: a database, and `serve` on it; and a browser that tells what it complains of."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.chaos.servers import free_port, is_open, wait_for

ROOT = Path(__file__).resolve().parents[2]
UNSET = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VIOLATIONS = """
window.violations = [];
document.addEventListener('securitypolicyviolation', one => window.violations.push(
    one.violatedDirective + ' ' + one.blockedURI + ' ' + (one.sourceFile || '') + ':' + one.lineNumber + ' ' + one.sample));
"""


@dataclass
class Site:
    url: str
    environment: dict[str, str]

    def run(self, *arguments: str, code: str = "") -> str:
        """What a command of manage.py prints; code: for its shell."""
        command = [sys.executable, "manage.py", *(("shell", "--no-imports", "-c", code) if code else arguments)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """The address of an empty one, of the kind that the tests run on."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        yield f"sqlite:///{folder / 'agency.sqlite3'}"
        return
    name = f"browser_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{address.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def served(folder: Path, **values: str) -> Iterator[Site]:
    """`serve`, without a broker, on a database that was migrated. values: of its environment."""
    with database(folder) as address:
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if name not in UNSET} | {
            "DATABASE_URL": address,
            "PORT": str(port),
            "SECRET_KEY": "browser" * 8,
            "CREDENTIAL_KEY": "A" * 43 + "=",
            "SUPPRESSION_KEY": "browser",
            "ALLOWED_HOSTS": "localhost",
            "PUBLIC_URL": f"http://localhost:{port}",
            "EMAIL_PROVIDER": "console",
            "EMAIL_AT_ANY_TIME": "true",
            **values,
        }
        site = Site(f"http://localhost:{port}", environment)
        site.run("migrate", "--verbosity", "0")
        log = folder / "serve.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=out
            )
        try:
            wait_for("the web answers", lambda: is_open(port), 60)
            yield site
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page whose complaints are kept: errors of the console, of scripts and of the policy, and requests to other hosts."""

    page: Page
    host: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(VIOLATIONS)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console at {self.page.url}: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.host, "data:", "blob:", "about:")):
            self.complaints.append(f"request to {request.url}")

    def settle(self) -> list[str]:
        """Everything that was complained of until now."""
        found = self.page.evaluate("window.violations || []")
        self.complaints += [f"policy at {self.page.url}: {one}" for one in found]
        self.page.evaluate("window.violations = []")
        return self.complaints

    def overflows(self) -> list[str]:
        """Elements that are wider than the window, but for those in a box that scrolls."""
        found: list[str] = self.page.evaluate(
            """() => {
                const root = document.documentElement, wide = root.clientWidth + 1;
                if (root.scrollWidth <= wide) return [];
                const inside = one => one
                    && (/(auto|scroll|hidden)/.test(getComputedStyle(one).overflowX) || inside(one.parentElement));
                const out = one => one.getBoundingClientRect().right > wide && !inside(one.parentElement);
                return [...document.body.querySelectorAll('*')].filter(out).slice(0, 5)
                    .map(one => `${one.tagName}.${one.className} ${(one.innerText || '').slice(0, 40)}`);
            }"""
        )
        return found
