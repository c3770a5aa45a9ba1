import pytest

from conversion.counts import counted


@pytest.mark.parametrize(
    ("number", "one", "said"),
    [
        (1, "lead", "1 lead"),
        (0, "lead", "0 leads"),
        (1200, "lead", "1,200 leads"),
        (1, "touch", "1 touch"),
        (2, "touch", "2 touches"),
    ],
)
def test_the_word_agrees_with_the_number(number, one, said):
    assert counted(number, one) == said
