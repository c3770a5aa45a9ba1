"""What a message says: its pain points, call to action, angle, subject patterns and personalization."""

from conversion.wording import DEFAULT, Vocabulary

__all__ = ["DEFAULT", "Vocabulary"]
