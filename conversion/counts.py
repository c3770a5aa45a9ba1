"""Counts in words that agree with them."""


def counted(number: int, one: str) -> str:
    """The number with what it counts: "1 lead", "1,200 leads", "2 touches"."""
    many = f"{one}es" if one.endswith("ch") else f"{one}s"
    return f"{number:,} {one if number == 1 else many}"
