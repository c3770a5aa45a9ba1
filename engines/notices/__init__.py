"""Telling: notices go to the people and the programs that want to hear of them, once each."""

from engines.notices.delivering import deliver_due

__all__ = ["deliver_due"]
