"""How many SMS segments a text takes (3GPP TS 23.038: the GSM 7-bit default alphabet and its extension table)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two septets: an escape, and the character
_ESCAPE_LENGTH = 2

GSM_SINGLE, GSM_PART = 160, 153  # septets of a message alone, and of a part of a longer one (its header takes 7)
UCS2_SINGLE, UCS2_PART = 70, 67  # the same in 16-bit units; an emoji takes two


def segment_count(text: str | None) -> int:
    """Segments that the text is sent, and billed, in; 0 for none.

    A character that takes two units is never split over two parts, so a part may end one unit short.
    """
    if not text:
        return 0
    if _BASIC.issuperset(text):
        return _parts(len(text), GSM_SINGLE, GSM_PART)
    if (_BASIC | _EXTENDED).issuperset(text):
        sizes = [_ESCAPE_LENGTH if letter in _EXTENDED else 1 for letter in text]
        return _packed(sizes, GSM_SINGLE, GSM_PART)
    sizes = [2 if letter > "\uffff" else 1 for letter in text]
    return _packed(sizes, UCS2_SINGLE, UCS2_PART)


def _parts(units: int, single: int, part: int) -> int:
    return 1 if units <= single else -(-units // part)


def _packed(sizes: list[int], single: int, part: int) -> int:
    """sizes: units of each character, 1 or 2."""
    if sum(sizes) <= single:
        return 1
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts
