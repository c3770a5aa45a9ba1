"""What this project claims, measured: one file a question."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded; see agency_os/__init__.py
