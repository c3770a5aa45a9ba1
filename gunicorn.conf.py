"""The web server; every value can be set in the environment. gunicorn finds this file where it is started."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from agency_os import env  # noqa: E402 (gunicorn does not know the folder yet)

env.load(ROOT / ".env")
bind = f"0.0.0.0:{env.integer('PORT', default=8000, minimum=1)}"
workers = env.integer("WEB_CONCURRENCY", default=2, minimum=1)
threads = env.integer("WEB_THREADS", default=4, minimum=1)
# A request that was begun is finished, within the 25 seconds after which a process is usually killed.
graceful_timeout = 20
timeout = 60
keepalive = 5

# By a role that the second wall binds, where one was made (docs/walls.md).
os.environ["DATABASE_URL"] = env.text("WEB_DATABASE_URL", os.environ.get("DATABASE_URL", ""))

# A page that takes longer has gone wrong; learning and imports, which run elsewhere, may take their time.
for name, value in {"POOL": threads, "STATEMENT_SECONDS": 30, "IDLE_SECONDS": 60, "LOCK_SECONDS": 10}.items():
    os.environ[f"DATABASE_{name}"] = env.text(f"DATABASE_{name}", str(value))
