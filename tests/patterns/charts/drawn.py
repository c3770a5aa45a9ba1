"""What tests read of a chart: its marks in words, its shapes by class, its texts."""

from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 (our own output)


def marks(svg):
    """Each mark's words and its elements."""
    found = (one for one in parsed(svg).iter(f"{SVG}g") if one.get("class") == "mark")
    return {one.get("aria-label"): one for one in found}


def shapes(root, tag, kind=None):
    return [one for one in root.iter(f"{SVG}{tag}") if kind is None or one.get("class") == kind]


def texts(root):
    return [one.text for one in root.iter(f"{SVG}text")]


def numbers(one, *names):
    return tuple(float(one.get(name)) for name in names)


def finding(lift=1.5, lift_low=1.2, lift_high=1.8, status="supported", **fields):
    return {
        "sample": 1000,
        "converted": 60,
        "rate": 0.06,
        "low": 0.05,
        "high": 0.07,
        "lift": lift,
        "lift_low": lift_low,
        "lift_high": lift_high,
        "status": status,
        **fields,
    }
