import pytest

from conversion.folding import canonical, folded, position_of, stands_in, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grow ROI", "grow roi"),
        ("Café Ünïcode", "cafe unicode"),
        ("ne\u0301e", "nee"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁrst ２", "first 2"),
        ("We’re ‘in’ “it”", "we're 'in' \"it\""),
        ("co\u2011founder", "co-founder"),
        ("in\u00adbound\u200b", "inbound"),
        ("a\u00a0b", "a b"),
        ("a—b", "a - b"),
        ("Привет", "привет"),
        ("🚀", "🚀"),
        ("", ""),
    ],
)
def test_folded(text, expected):
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Market-Share\n\tnow ", "market share now"),
        ("market - share", "market - share"),
        ("market--share", "market - share"),
        ("market—share", "market - share"),
        ("market- share", "market share"),
        ("Thoughts ?", "thoughts?"),
        ("", ""),
    ],
)
def test_canonical(text, expected):
    assert canonical(text) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i won't say 'won', ok?", ["i", "won't", "say", "won", "ok"]),
        ("'quoted' clients' it's", ["quoted", "clients", "it's"]),
        ("first_name a.b@c.io $5 40%", ["first", "name", "a", "b", "c", "io", "5", "40"]),
        ("привет 'мир' — o'рейли", ["привет", "мир", "o'рейли"]),
        ("", []),
        ("?!", []),
        ("a''b ''quoted'' o'''x é", ["a", "b", "quoted", "o", "x", "é"]),
        ("a''b ''quoted'' o'''x", ["a", "b", "quoted", "o", "x"]),
    ],
)
def test_words_of(text, expected):
    assert words_of(text) == expected


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("at acme dental.", "acme dental", 3),
        ("at acmes", "acme", -1),
        ("pacme acme", "acme", 6),
        ("acme's team", "acme", 0),
        ("acme've", "acme", -1),
        ("d'acme", "acme", -1),
        ("'acme'", "acme", 1),
        ("acme_x", "acme", 0),
        ("use c++, c", "c++", 4),
        ("", "acme", -1),
    ],
)
def test_whole_words_only(text, phrase, expected):
    assert position_of(phrase, text) == expected
    assert stands_in(text, phrase) is (expected >= 0)


def test_position_from_a_start():
    assert position_of("a", "a b a", 1) == 4
