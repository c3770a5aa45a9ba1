"""Names, addresses and numbers of people who do not exist.

Addresses are under example.com (RFC 2606). Numbers come from ranges that regulators keep free for fiction: ACMA (Australia,
5550 and 7010 numbers), Ofcom (United Kingdom, "drama numbers"), NANPA (555-0100 to 0199), Bundesnetzagentur (Germany,
030 23125).
"""

from dataclasses import dataclass

FIRST_NAMES = (
    *(
        "Aaron",
        "Adele",
        "Aisha",
        "Amelia",
        "Anika",
        "Arjun",
        "Beatrix",
        "Bruno",
        "Carla",
        "Chiara",
        "Daniel",
        "Dorothea",
    ),
    *("Edwin", "Elena", "Emil", "Farah", "Felix", "Fiona", "Gareth", "Greta", "Hamish", "Hannah", "Ines", "Isaac"),
    *("Jasmin", "Joel", "Kalinda", "Karim", "Lachlan", "Leila", "Linh", "Lorenzo", "Maeve", "Marcus", "Mei", "Miriam"),
    *("Nadia", "Noah", "Olga", "Oscar", "Petra", "Priya", "Quentin", "Rania", "Robin", "Sanjay", "Selma", "Tobias"),
    *("Uma", "Valentin", "Wendy", "Yara", "Yusuf", "Zara"),
)
LAST_NAMES = (
    *("Abbott", "Achterberg", "Banerjee", "Barlow", "Berger", "Brennan", "Calder", "Castellano", "Chandra", "Dawson"),
    *("Dietrich", "Eriksen", "Farrugia", "Fitzgerald", "Gallagher", "Haddad", "Hargreaves", "Hoffmann", "Ibrahim"),
    *("Jansen", "Kaminski", "Kapoor", "Keller", "Lindqvist", "MacLeod", "Marchetti", "Mbeki", "Nakamura", "Nguyen"),
    *("Okafor", "Papadakis", "Petrov", "Quigley", "Ramirez", "Rossi", "Sandberg", "Schneider", "Silva", "Sorensen"),
    *("Tanaka", "Thornton", "Ueda", "Vasquez", "Walsh", "Wexler", "Yamamoto", "Zielinski"),
)
# A company's name is one of the first and one of the second: two words, so that a text that names it has the same number
# of words for every lead, and none of them a word that content is read by.
COMPANY_PLACES = (
    *(
        "Acacia",
        "Banksia",
        "Bellbird",
        "Birchwood",
        "Brightwater",
        "Cedar",
        "Clearview",
        "Cobalt",
        "Coolabah",
        "Copper",
    ),
    *(
        "Eastgate",
        "Fernhill",
        "Foxglove",
        "Granite",
        "Greenfield",
        "Harbour",
        "Heron",
        "Highland",
        "Ironbark",
        "Juniper",
    ),
    *(
        "Kestrel",
        "Kingfisher",
        "Lakeside",
        "Lighthouse",
        "Maple",
        "Meridian",
        "Northwind",
        "Oakridge",
        "Pelican",
        "Pinnacle",
    ),
    *(
        "Quarry",
        "Redgum",
        "Riverside",
        "Sandstone",
        "Seabreeze",
        "Silverton",
        "Southbank",
        "Sunrise",
        "Tallwood",
        "Westbrook",
    ),
)
COMPANY_KINDS = (
    *("Associates", "Brothers", "Collective", "Company", "Enterprises", "Group", "Holdings", "House", "Industries"),
    *("Partners", "Services", "Solutions", "Studio", "Supply", "Works"),
)
DOMAIN = "example.com"
MAIL_DOMAIN = "mail.example.com"  # of the addresses that are people's own


@dataclass(frozen=True)
class Numbers:
    """Prefixes in E.164, each followed by `digits` digits that are free."""

    prefixes: tuple[str, ...]
    digits: int

    def number(self, index: int) -> str:
        """The index-th number; after the last one the first comes again, as colleagues share a switchboard."""
        place, line = divmod(index, 10**self.digits)
        return f"{self.prefixes[place % len(self.prefixes)]}{line:0{self.digits}d}"


PHONES = {
    "Australia": Numbers(tuple(f"+61{area}{block}" for area in (2, 3, 7, 8) for block in (5550, 7010)), 4),
    "United Kingdom": Numbers(
        (*(f"+44{area}4960" for area in (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161)), "+442079460"), 3
    ),
    "United States": Numbers(
        tuple(f"+1{area}55501" for area in (206, 212, 213, 303, 305, 312, 404, 415, 512, 602, 617, 702, 713, 808)), 2
    ),
    "Canada": Numbers(tuple(f"+1{area}55501" for area in (204, 403, 416, 506, 514, 604, 613, 902)), 2),
    "Germany": Numbers(("+493023125",), 3),
}
