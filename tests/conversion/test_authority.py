import pytest

from conversion.authority import rank_of, title_points


@pytest.mark.parametrize(
    ("title", "points"),
    [
        ("Owner", 25),
        ("FOUNDER", 25),
        ("Co-Founder", 25),
        ("Co founder", 25),
        ("Cofounder", 25),
        ("Partner", 25),
        ("Managing Partner", 25),
        ("Partner, Tax", 25),
        ("Partner at KPMG", 25),
        ("Partner in Charge", 25),
        ("Business Owner", 25),
        ("Owner-Manager", 25),
        ("Manager / Owner", 25),
        ("Founder & CEO", 25),
        ("CTO/Co-Founder", 25),
        ("Director – Founder", 25),
        ("Fóunder", 25),
        ("Chief", 22),
        ("Chief Marketing Officer", 22),
        ("Chief of Staff to the Founder", 22),
        ("CEO", 22),
        ("cfo", 22),
        ("CMO", 22),
        ("COO", 22),
        ("CTO", 22),
        ("C.E.O.", 22),
        ("CEO, Director", 22),
        ("Acme CEO", 22),
        ("VP", 18),
        ("VP Marketing", 18),
        ("V.P. of Sales", 18),
        ("Vice President, Sales", 18),
        ("Senior Vice-President", 18),
        ("Director", 15),
        ("Managing Director", 15),
        ("Director of Partner Marketing", 15),
        ("Go-to-Market Director", 15),
        ("Senior Director", 15),
        ("Head of Growth", 12),
        ("Head", 12),
        ("Head Coordinator", 12),
        ("Manager", 7),
        ("Account manager", 7),
        ("Mánager", 7),
        ("Partner Manager", 7),
        ("Manager, Partner Success", 7),
        ("Manager for the CEO", 7),
        ("Go To Market Manager", 7),
        ("Assistant Manager", 7),
        ("Executive Assistant | Office Manager", 7),
        ("Senior Manager", 10),
        ("Senior Partner Manager", 10),
        ("Manager, Senior Accounts", 10),
        ("Senior Sales & Marketing Manager", 10),
    ],
)
def test_titles_of_rank(title, points):
    assert title_points(title) == points


@pytest.mark.parametrize(
    "title",
    [
        None,
        "",
        "  ",
        "-",
        "🚀",
        "Coordinator",
        "Senior Engineer",
        "Assistant to the CEO",
        "Assistant to the CEO and Founder",
        "Executive Assistant - CEO & Owner",
        "Secretary, CFO",
        "Office of the CEO",
        "CEO Assistant",
        "CEO's Assistant",
        "Founder Success Specialist",
        "Product Owner",
        "HR Business Partner",
        "Partner Programs",
        "Owner Relations",
        "Headhunter",
        "Management Consultant",
        "Partnerships",
        "Ownership",
        "Chieftain",
        "MVP",
        "Directory Editor",
        "Advisor to founders",
        "Manager's Assistant",
    ],
)
def test_titles_without_a_rank_of_their_own(title):
    assert title_points(title) == 5
    assert rank_of(title).word == ""


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Co-Founder & CEO", "co-founder"),
        ("Vice President", "vp"),
        ("Chief of Staff", "chief"),
        ("Manager, senior", "senior manager"),
    ],
)
def test_the_word_that_was_recognised(title, word):
    assert rank_of(title).word == word
