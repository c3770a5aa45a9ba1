"""From touches to counted texts: which features each text has, how often it was sent and how often it led to a booking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from conversion.vocabulary import CHANNELS, Channel
from patterns.detectors.atrisk import AtRisk
from patterns.detectors.frame import Bools, Floats, Frame, Ints, Touches
from patterns.stats.counting import dense_codes, distinct
from patterns.stats.mixed import Texts

LENGTH_IN_CHARS = (Channel.SMS,)  # a segment is counted in characters; every other text in words
NO_CTA = -1
SPARSE = 4_000_000  # cells of a full table above which only those that occur are made
BITS = ("pain_points", "angles", "subjects", "personalization")


@dataclass(frozen=True)
class Feature:
    """A column: the list of the vocabulary that it belongs to, and its name there."""

    kind: str
    name: str


@dataclass(frozen=True)
class Written:
    """Matured at-risk touches that have a text, counted.

    cells: stratum, template and text of each combination that occurs, its sends, those that led to the outcome, and those
    that led to a booking. has: (texts, features),
    bool. features: the columns of `has`. channel: of each text. length: of each text, mean words, or characters where
    the channel counts these. cta: of each text, -1 none. key: of each template. place: of each stratum, its campaign (0
    without one), channel and touch number, (strata, 3).
    """

    stratum: Ints
    template: Ints
    text: Ints
    n: Ints
    k: Ints
    booked: Ints
    has: Bools
    features: tuple[Feature, ...]
    channel: Ints
    length: Floats
    cta: Ints
    key: Ints
    place: Ints

    @property
    def touches(self) -> int:
        return int(self.n.sum())

    @property
    def bookings(self) -> int:
        return int(self.k.sum())

    def columns(self, kind: str) -> list[int]:
        """Where the features of one kind stand."""
        return [i for i, feature in enumerate(self.features) if feature.kind == kind]


def written(frame: Frame, touches: AtRisk) -> Written:
    """Count the at-risk touches of a frame by stratum and text.

    A text is a template with the features that it had when it was sent: mostly one a template, more where a feature
    comes and goes with what is known of the lead.
    """
    sent = frame.touches
    keep = np.flatnonzero((sent.template[touches.row] != 0) & (sent.words[touches.row] >= 0))
    rows = touches.row[keep]
    text, first = text_codes(sent, rows)
    stratum, y = touches.stratum[keep].astype(np.int64), touches.y[keep]
    texts = len(first)
    place = text * (int(stratum.max(initial=0)) + 1) + stratum
    cell, n, k = counted(place, y)
    booked = np.bincount(np.searchsorted(cell, place[touches.booked[keep]]), minlength=len(cell))
    at, stratum_of = np.divmod(cell, int(stratum.max(initial=0)) + 1)
    one = rows[first]
    has, features = features_of(frame, one)
    key, template = np.unique(sent.template[one], return_inverse=True)
    used, stratum_at = np.unique(stratum_of, return_inverse=True)
    sample = np.zeros(int(stratum.max(initial=0)) + 1, dtype=np.int64)  # any row of each stratum: all have its place
    sample[stratum] = keep
    there = sample[used]
    channel = sent.channel[one]
    in_chars = np.isin(channel, [CHANNELS.index(name) for name in LENGTH_IN_CHARS])
    totals = [np.bincount(text, weights=column[rows], minlength=texts) for column in (sent.words, sent.chars)]
    sends = np.bincount(text, minlength=texts)
    return Written(
        stratum=stratum_at,
        template=template[at],
        text=at,
        n=n,
        k=k,
        booked=booked,
        has=has,
        features=features,
        channel=channel,
        length=np.where(in_chars, totals[1], totals[0]) / np.maximum(sends, 1),
        cta=sent.cta[one],
        key=key,
        place=np.stack([np.maximum(touches.period[there], 0), touches.channel[there], touches.touch[there]], axis=1),
    )


def text_codes(sent: Touches, rows: Ints) -> tuple[Ints, Ints]:
    """The text of each row, and a row (position in `rows`) of each text; texts are in the order of template keys."""
    keys = distinct(sent.template[rows])
    template = np.searchsorted(keys, sent.template[rows])
    first = np.zeros(len(keys), dtype=np.int64)
    first[template[::-1]] = np.arange(len(rows))[::-1]
    columns = [getattr(sent, name)[rows] for name in (*BITS, "cta", "channel")]
    differs = np.zeros(len(rows), dtype=bool)
    for column in columns:
        differs |= column != column[first][template]
    if not differs.any():
        return template.astype(np.int64), first
    mixed = np.zeros(len(first), dtype=bool)  # templates whose features come and go
    mixed[template[differs]] = True
    some = np.flatnonzero(mixed[template])
    variant = np.zeros(len(rows), dtype=np.int64)
    variant[some] = dense_codes(*(column[some] for column in columns))
    _, first, text = np.unique(template * (variant.max() + 1) + variant, return_index=True, return_inverse=True)
    return text.astype(np.int64), first


def counted(key: Ints, y: Bools) -> tuple[Ints, Ints, Ints]:
    """The keys that occur, sorted, with their rows and bookings."""
    size = int(key.max(initial=-1)) + 1
    if size <= SPARSE:
        n, k = np.bincount(key, minlength=size), np.bincount(key[y], minlength=size)
        found = np.flatnonzero(n)
        return found, n[found], k[found]
    found, inverse, n = np.unique(key, return_inverse=True, return_counts=True)
    return found, n, np.bincount(inverse[y], minlength=len(found))


def features_of(frame: Frame, rows: Ints) -> tuple[Bools, tuple[Feature, ...]]:
    """Which features each of these touches' texts has; only features that some have are columns."""
    vocabulary, sent = frame.vocabulary, frame.touches
    lists: dict[str, Sequence[str]] = {
        "pain_points": vocabulary.pain_names,
        "angles": vocabulary.angle_names,
        "subjects": vocabulary.subject_names,
        "personalization": vocabulary.flag_names,
    }
    columns, features = [], []
    for kind, names in lists.items():
        bits = getattr(sent, kind)[rows]
        if kind == "subjects":  # other channels have none
            bits = np.where(sent.channel[rows] == CHANNELS.index(Channel.EMAIL), bits, 0)
        for position, name in enumerate(names):
            columns.append((bits >> position) & 1 == 1)
            features.append(Feature(kind, name))
    cta = sent.cta[rows]
    for position, name in enumerate(vocabulary.cta_names):
        columns.append(cta == position)
        features.append(Feature("ctas", name))
    used = [i for i, column in enumerate(columns) if column.any()]
    if not used:
        return np.zeros((len(rows), 0), dtype=bool), ()
    return np.stack([columns[i] for i in used], axis=1), tuple(features[i] for i in used)


def informative(counts: Written) -> Bools:
    """Cells of strata that can tell texts apart: with bookings, and with more than one text."""
    strata = int(counts.stratum.max(initial=-1)) + 1
    k = np.bincount(counts.stratum, weights=counts.k, minlength=strata)
    texts = np.bincount(counts.stratum, minlength=strata)
    return np.asarray(((k > 0) & (texts > 1))[counts.stratum])


def model_of(counts: Written, has: Bools, curves: Floats, keep: Bools) -> Texts:
    """The mixed model's cells for feature columns `has` and `curves` (texts, columns), of the cells to keep."""
    text, at = np.unique(counts.text[keep], return_inverse=True)
    return Texts(
        stratum=np.unique(counts.stratum[keep], return_inverse=True)[1],
        template=np.unique(counts.template[keep], return_inverse=True)[1],
        text=at,
        n=counts.n[keep].astype(np.float64),
        k=counts.k[keep].astype(np.float64),
        x=np.concatenate([has[text].astype(np.float64), curves[text]], axis=1),
        features=has.shape[1],
    )
