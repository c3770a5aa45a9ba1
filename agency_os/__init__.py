import os

# One thread of linear algebra a process: the matrices are small, and the cores belong to worker processes. Two processes
# whose BLAS threads wait for each other took 30 times as long. Set before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from agency_os.celery import app as celery_app

__all__ = ["celery_app"]
