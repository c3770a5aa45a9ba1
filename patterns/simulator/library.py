"""The texts that a simulated operator sends: one row a template, with what it says beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, Channel
from patterns.detectors.frame import UNKNOWN, Bools, Floats, Ints
from patterns.simulator import texts
from patterns.simulator.texts import Choice, Text


@dataclass(frozen=True)
class Style:
    """How an operator writes over a channel. templates: how many. fillers: fewest and most sentences that say nothing,
    by which lengths differ. best_words: of a body, where length matters. warmth: share kept of second pain points and
    of personal touches.
    """

    templates: int
    fillers: tuple[int, int]
    best_words: float
    warmth: float = 1.0


# Enough templates that each feature stands in four of each side at least, as tests by template need.
STYLES = {
    Channel.EMAIL: Style(120, (1, 12), 75.0),
    Channel.SMS: Style(48, (0, 2), 24.0, warmth=0.4),
    Channel.LINKEDIN: Style(64, (0, 6), 50.0),
    Channel.VOICE: Style(48, (1, 12), 75.0),
    Channel.MAIL: Style(32, (2, 14), 90.0),
}
SECOND_PAIN_POINT = 0.5  # share of templates with one
FLAG_SHARES = np.array([0.5, 0.35, 0.35, 0.4, 0.6])  # of templates, in the order of texts.FLAGS
MENTIONS = ("{company}", "{first_name}", "{industry}")


@dataclass(frozen=True)
class Library:
    """channel: position in CHANNELS, sorted. pain_points, angles, subjects, personalization: bits of DEFAULT's names,
    cta: position among its calls, -1 none. words: of the body, the same for every lead. chars: of the body without the
    lead's own values, which stand in it as often as `mentions`, (templates, 3) as MENTIONS, says. best_words: the best
    length of a body over that channel. luck: standard normal, what the template has for no reason. subject, body: texts.
    """

    channel: Ints
    pain_points: Ints
    angles: Ints
    subjects: Ints
    personalization: Ints
    cta: Ints
    words: Ints
    chars: Ints
    mentions: Ints
    best_words: Floats
    luck: Floats
    subject: tuple[str, ...]
    body: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.body)

    def draw(self, channel: Ints, rng: np.random.Generator, allowed: Bools | None = None) -> Ints:
        """A template for each touch over these channels, any as likely as another: all of them meet in every stratum.

        allowed: which templates may be drawn, all by default; there is one at least for each channel that is used.
        """
        rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        first = np.searchsorted(self.channel[rows], np.arange(len(CHANNELS)))
        count = np.bincount(self.channel[rows], minlength=len(CHANNELS))
        drawn: Ints = rows[(first[channel] + rng.random(channel.shape) * count[channel]).astype(np.int64)]
        return drawn.astype(np.int32)


def draw_library(rng: np.random.Generator) -> Library:
    written = {channel: draw_texts(STYLES[channel], rng, mail=channel == Channel.EMAIL) for channel in CHANNELS}
    channels = [channel for channel in CHANNELS for _ in written[channel]]
    drafts = [draft for channel in CHANNELS for draft in written[channel]]
    mentions = np.array([[draft.body.count(field) for field in MENTIONS] for draft in drafts])
    words = np.array([len(draft.body.split()) for draft in drafts]) + mentions[:, 0]  # a company's name has two words
    chars = np.array([len(draft.body) for draft in drafts]) - mentions @ np.array([len(field) for field in MENTIONS])
    return Library(
        channel=np.array([CHANNELS.index(channel) for channel in channels], dtype=np.int8),
        pain_points=bits(DEFAULT.pain_names, [draft.pain_points for draft in drafts]),
        angles=bits(DEFAULT.angle_names, [draft.angles for draft in drafts]),
        subjects=bits(DEFAULT.subject_names, [draft.subjects for draft in drafts]),
        personalization=bits(DEFAULT.flag_names, [draft.flags for draft in drafts]),
        cta=np.array([position(DEFAULT.cta_names, draft.cta) for draft in drafts], dtype=np.int16),
        words=words.astype(np.int32),
        chars=chars.astype(np.int32),
        mentions=mentions,
        best_words=np.array([STYLES[channel].best_words for channel in channels]),
        luck=rng.standard_normal(len(drafts)),
        subject=tuple(draft.subject for draft in drafts),
        body=tuple(draft.body for draft in drafts),
    )


def draw_texts(style: Style, rng: np.random.Generator, *, mail: bool) -> list[Text]:
    """The texts of one channel: every feature is as frequent as the others of its sort, and independent of them."""
    count = style.templates
    shuffled = [balanced(values, count, rng) for values in (texts.PAIN_POINTS, texts.ANGLE_MIX, texts.CTA_MIX)]
    subjects = balanced(texts.SUBJECT_MIX, count, rng) if mail else [None] * count
    others = balanced(tuple(texts.PAIN_POINTS), count, rng)
    second = rng.random(count) < SECOND_PAIN_POINT * style.warmth
    flags = rng.random((count, len(texts.FLAGS))) < FLAG_SHARES * style.warmth
    fillers = rng.integers(style.fillers[0], style.fillers[1] + 1, count)
    return [
        texts.compose(
            Choice(
                pain_points=frozenset({pain, others[row]} if second[row] else {pain}),
                angle=angle,
                cta=cta,
                subject=subjects[row],
                flags=frozenset(name for name, held in zip(texts.FLAGS, flags[row], strict=True) if held),
                fillers=int(fillers[row]),
            ),
            rng,
        )
        for row, (pain, angle, cta) in enumerate(zip(*shuffled, strict=True))
    ]


def balanced(values: Iterable[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` of the values in random order, each as often as any other or once more."""
    names = tuple(values)
    return [names[index % len(names)] for index in rng.permutation(count)]


def bits(names: Sequence[str], features: Sequence[frozenset[str]]) -> Ints:
    return np.array([sum(1 << names.index(name) for name in held) for held in features], dtype=np.int64)


def position(names: Sequence[str], name: str) -> int:
    return names.index(name) if name else UNKNOWN
