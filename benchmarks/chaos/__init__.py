"""Sending under fire: real worker processes, a real PostgreSQL and a real Redis, a provider that keeps its own ledger, and
faults injected into all of them. What holds is read from the ledger and the database alone.

    python -m benchmarks.chaos --messages 500 --only 1,12
"""
