"""The people of a simulated world: who they are, and the lead score that follows from it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from patterns.detectors.frame import UNKNOWN, Bools, Ints
from patterns.simulator.names import COMPANY_KINDS, COMPANY_PLACES, FIRST_NAMES, LAST_NAMES
from patterns.simulator.scoring import points_table, tiers, total_points

# Shares are judgements: a list bought for an agency that sells to small firms, half of them Australian ones.
TITLES = {
    "CEO": 0.12,
    "Founder": 0.14,
    "Head of Growth": 0.07,
    "Marketing Coordinator": 0.1,
    "Marketing Director": 0.12,
    "Office Manager": 0.08,
    "Operations Manager": 0.11,
    "Owner": 0.12,
    "Senior Manager": 0.06,
    "VP Sales": 0.08,
}
INDUSTRIES = {
    "Construction": 0.1,
    "Consulting": 0.12,
    "Education": 0.06,
    "Healthcare": 0.1,
    "Hospitality": 0.08,
    "Logistics": 0.08,
    "Manufacturing": 0.1,
    "Marketing": 0.14,
    "Retail": 0.1,
    "Software": 0.12,
}
SIZES = {"1-5": 0.12, "6-15": 0.22, "16-30": 0.2, "31-50": 0.16, "51-100": 0.13, "101-500": 0.12, "501+": 0.05}
SIGNALS = {"new_role": 0.2, "hiring": 0.3, "funded": 0.15}
SIGNAL_COLUMNS = ("is_new_role", "is_hiring", "recently_funded")  # of a lead's row
CONTACTS = {"email_verified": 0.7, "phone_verified": 0.5, "has_linkedin": 0.6, "is_personal_email": 0.1}
PLACES = (  # IANA zone, country, share
    ("Australia/Sydney", "Australia", 0.26),
    ("Australia/Melbourne", "Australia", 0.16),
    ("Australia/Perth", "Australia", 0.08),
    ("Europe/London", "United Kingdom", 0.14),
    ("America/New_York", "United States", 0.14),
    ("America/Los_Angeles", "United States", 0.08),
    ("America/Toronto", "Canada", 0.08),
    ("Europe/Berlin", "Germany", 0.06),
)
TITLE_NAMES, INDUSTRY_NAMES, SIZE_NAMES = tuple(TITLES), tuple(INDUSTRIES), tuple(SIZES)
SIGNAL_NAMES, CONTACT_NAMES = tuple(SIGNALS), tuple(CONTACTS)
ZONES, COUNTRIES, ZONE_SHARES = zip(*PLACES, strict=True)
SIZE_EDGES = np.array([1, 6, 16, 31, 51, 101, 501, 5001])  # first number of employees of each range, and past the last
COMPETITORS = 0.01  # share of leads
UNKNOWNS = 0.02  # share of leads whose title is not known; so for the size and for each signal
CAMPAIGNS = 3


@dataclass(frozen=True)
class People:
    """One row a lead. title, industry, zone: positions in TITLE_NAMES, INDUSTRY_NAMES and ZONES, title -1 unknown.
    employees: -1 unknown. signals: (leads, 3), as SIGNALS: 1, 0, -1 unknown. contacts: (leads, 4), as CONTACTS.
    campaign: from 1. names: (leads, 4), positions of the first and the last name and of the two words of the company's.
    """

    title: Ints
    industry: Ints
    employees: Ints
    signals: Ints
    contacts: Bools
    competitor: Bools
    zone: Ints
    campaign: Ints
    names: Ints

    def __len__(self) -> int:
        return len(self.title)

    @cached_property
    def size(self) -> Ints:
        """Position in SIZE_NAMES, -1 unknown."""
        position: Ints = np.searchsorted(SIZE_EDGES, self.employees, side="right") - 1
        return position

    @cached_property
    def points(self) -> Ints:
        """(leads, 5): the points of the four components and of the risk, by the rules of the lead score."""
        email, phone, linkedin, personal = self.contacts.astype(np.int8).T
        codes = (  # attribute, its values, what is known besides, each lead's position among the values
            ("email_verified", (False, True), "email", email),
            ("phone_verified", (False, True), "phone", phone),
            ("linkedin_url", ("", "known"), "", linkedin),
            ("is_personal_email", (False, True), "", personal),
            ("title", (*TITLE_NAMES, ""), "", self.title),
            ("industry", INDUSTRY_NAMES, "", self.industry),
            ("employee_count", (*range(SIZE_EDGES[-1]), None), "", self.employees),
            ("country", COUNTRIES, "", self.zone),
            *((name, (False, True, None), "", self.signals[:, i]) for i, name in enumerate(SIGNAL_COLUMNS)),
            ("is_competitor", (False, True), "", self.competitor.astype(np.int8)),
        )
        return total_points(points_table(name, values, also)[code] for name, values, also, code in codes)

    @cached_property
    def tier(self) -> Ints:
        """Position in TIERS, by the default weights."""
        return tiers(self.points)

    @cached_property
    def lengths(self) -> Ints:
        """(leads, 3): characters of the company's name, the first name, the industry: what texts mention."""
        first, _, place, kind = self.names.T
        company = lengths(COMPANY_PLACES)[place] + 1 + lengths(COMPANY_KINDS)[kind]
        return np.stack([company, lengths(FIRST_NAMES)[first], lengths(INDUSTRY_NAMES)[self.industry]], axis=1)

    def name(self, lead: int) -> tuple[str, str]:
        """First and last name."""
        return FIRST_NAMES[self.names[lead, 0]], LAST_NAMES[self.names[lead, 1]]

    def company(self, lead: int) -> str:
        return f"{COMPANY_PLACES[self.names[lead, 2]]} {COMPANY_KINDS[self.names[lead, 3]]}"


def draw_people(count: int, stars: float, rng: np.random.Generator) -> People:
    """`count` leads; a share `stars` of them has the best of every attribute, which makes most of these hot."""
    star = rng.random(count) < stars
    title = np.where(star, TITLE_NAMES.index("Founder"), pick(tuple(TITLES.values()), count, rng)).astype(np.int32)
    industry = np.where(star, INDUSTRY_NAMES.index("Marketing"), pick(tuple(INDUSTRIES.values()), count, rng))
    size = np.where(star, SIZE_NAMES.index("16-30"), pick(tuple(SIZES.values()), count, rng))
    employees = rng.integers(SIZE_EDGES[size], SIZE_EDGES[size + 1]).astype(np.int32)
    signals = (star[:, None] | (rng.random((count, 3)) < tuple(SIGNALS.values()))).astype(np.int8)
    hidden = rng.random((count, 5)) < UNKNOWNS
    title[hidden[:, 0]] = employees[hidden[:, 1]] = UNKNOWN
    signals[hidden[:, 2:]] = UNKNOWN
    ends = [len(FIRST_NAMES), len(LAST_NAMES), len(COMPANY_PLACES), len(COMPANY_KINDS)]
    return People(
        title=title,
        industry=industry.astype(np.int32),
        employees=employees,
        signals=signals,
        contacts=star[:, None] | (rng.random((count, 4)) < tuple(CONTACTS.values())),
        competitor=rng.random(count) < COMPETITORS,
        zone=np.where(star, 0, pick(ZONE_SHARES, count, rng)),
        campaign=rng.integers(1, CAMPAIGNS + 1, count),
        names=rng.integers(0, ends, (count, 4)),
    )


def pick(shares: tuple[float, ...], count: int, rng: np.random.Generator) -> Ints:
    """`count` positions, each as often as its share says; the shares need not add up to 1."""
    picked: Ints = rng.choice(len(shares), count, p=np.array(shares) / sum(shares))
    return picked


def lengths(words: tuple[str, ...]) -> Ints:
    return np.array([len(word) for word in words])
