"""The tables of this floor in the admin: what messages go through, who is told of what, and what came in."""

from engines.admin import accounts, arrivals, endpoints, senders, templates

__all__ = ["accounts", "arrivals", "endpoints", "senders", "templates"]
