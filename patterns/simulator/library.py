"""The texts that a simulated operator sends: one row a template, its features beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from conversion.content import DEFAULT
from conversion.vocabulary import CHANNELS, Channel
from patterns.detectors.frame import UNKNOWN, Floats, Ints
from patterns.simulator import texts

COUNTS = {Channel.EMAIL: 60, Channel.SMS: 30, Channel.LINKEDIN: 40, Channel.VOICE: 30, Channel.MAIL: 20}
BEST_WORDS = np.array([75.0, 30.0, 50.0, 75.0, 75.0])  # by channel, in worlds where the length matters
FILLERS = {  # fewest and most neutral sentences, which is what lengths differ by
    Channel.EMAIL: (1, 14),
    Channel.SMS: (0, 3),
    Channel.LINKEDIN: (0, 6),
    Channel.VOICE: (1, 14),
    Channel.MAIL: (2, 14),
}
NEUTRAL = "neutral"


@dataclass(frozen=True)
class Library:
    """channel: position in CHANNELS. pain_points, angles, subjects, personalization: bits of DEFAULT's names. cta: its
    position, -1 none. words: of the body, the same for every lead. chars: of the body with empty names, to which the
    company's, the first name's and the industry's length come, each as often as in `mentions` (templates, 3).
    best_words: the best length over that channel. luck: logit, of the template itself.
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

    def draw(self, channel: Ints, rng: np.random.Generator) -> Ints:
        """A template of its channel for every touch, each as likely: all of them meet in every stratum."""
        first = np.searchsorted(self.channel, np.arange(len(CHANNELS)))
        count = np.bincount(self.channel, minlength=len(CHANNELS))
        return (first[channel] + rng.random(channel.shape) * count[channel]).astype(np.int32)


@dataclass(frozen=True)
class Draft:
    """One text and what it says, by name."""

    channel: Channel
    subject: str
    body: str
    pain_points: frozenset[str]
    angles: frozenset[str]
    subjects: frozenset[str]
    flags: frozenset[str]
    cta: str


def draw_library(rng: np.random.Generator) -> Library:
    drafts = [draft for channel in CHANNELS for draft in draw_drafts(channel, COUNTS[channel], rng)]
    channel = np.array([CHANNELS.index(draft.channel) for draft in drafts], dtype=np.int8)
    luck = rng.normal(0.0, 1.0, len(drafts))
    fields = ("{company}", "{first_name}", "{industry}")
    mentions = np.array([[draft.body.count(field) for field in fields] for draft in drafts])
    chars = np.array([len(draft.body) for draft in drafts]) - mentions @ np.array([len(field) for field in fields])
    words = np.array([len(draft.body.split()) for draft in drafts]) + mentions[:, 0]  # a company's name has two words
    return Library(
        channel=channel,
        pain_points=bits(DEFAULT.pain_names, [draft.pain_points for draft in drafts]),
        angles=bits(DEFAULT.angle_names, [draft.angles for draft in drafts]),
        subjects=bits(DEFAULT.subject_names, [draft.subjects for draft in drafts]),
        personalization=bits(DEFAULT.flag_names, [draft.flags for draft in drafts]),
        cta=np.array([position(DEFAULT.cta_names, draft.cta) for draft in drafts], dtype=np.int16),
        words=words.astype(np.int32),
        chars=chars.astype(np.int32),
        mentions=mentions,
        best_words=BEST_WORDS[channel],
        luck=luck,
        subject=tuple(draft.subject for draft in drafts),
        body=tuple(draft.body for draft in drafts),
    )


def bits(names: Sequence[str], features: Sequence[frozenset[str]]) -> Ints:
    return np.array([sum(1 << names.index(name) for name in held) for held in features], dtype=np.int64)


def position(names: Sequence[str], name: str) -> int:
    return names.index(name) if name else UNKNOWN


def balanced(values: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` of the values in random order, each as often as any other or once more."""
    return [values[index % len(values)] for index in rng.permutation(count)]


def draw_drafts(channel: Channel, count: int, rng: np.random.Generator) -> list[Draft]:
    pains = balanced(tuple(texts.PAIN_POINTS), count, rng)
    others = balanced((*texts.PAIN_POINTS, *[""] * len(texts.PAIN_POINTS)), count, rng)
    angles = balanced((*texts.ANGLES, ""), count, rng)
    ctas = balanced((*texts.CTAS, ""), count, rng)
    subjects = balanced(tuple(texts.SUBJECTS), count, rng)
    tails = rng.integers(0, len(texts.TAILS), count)
    flags = rng.random((count, len(texts.FLAGS) + 1)) < [0.5, 0.35, 0.35, 0.4, 0.6]
    low, high = FILLERS[channel]
    fillers = rng.integers(low, high + 1, count)
    drafts = []
    for row in range(count):
        held = frozenset(name for name, on in zip((*texts.FLAGS, "first_name"), flags[row], strict=True) if on)
        pain_points = frozenset({pains[row], others[row]} - {""})
        body = compose(pain_points, angles[row], ctas[row], held, int(fillers[row]), rng)
        subject, patterns = compose_subject(subjects[row], int(tails[row]), rng) if channel == Channel.EMAIL else ("", [])
        implied = {texts.IMPLIED_ANGLES[name] for name in patterns if name in texts.IMPLIED_ANGLES}
        held_angles = frozenset({angles[row], *implied} - {""}) or frozenset({NEUTRAL})
        drafts.append(Draft(channel, subject, body, pain_points, held_angles, frozenset(patterns), held, ctas[row]))
    return drafts


def compose(
    pain_points: frozenset[str], angle: str, cta: str, flags: frozenset[str], fillers: int, rng: np.random.Generator
) -> str:
    parts = [texts.GREETING if "first_name" in flags else texts.PLAIN_GREETING]
    parts += [sentence for name, sentence in texts.FLAGS.items() if name in flags]
    parts += [choice(texts.PAIN_POINTS[name], rng) for name in sorted(pain_points)]
    parts += [choice(texts.ANGLES[angle], rng)] if angle else []
    parts += [texts.FILLERS[index] for index in rng.permutation(len(texts.FILLERS))[:fillers]]
    parts += [texts.CTAS[cta]] if cta else []
    return " ".join([*parts, texts.SIGN_OFF])


def compose_subject(pattern: str, tail: int, rng: np.random.Generator) -> tuple[str, list[str]]:
    """A subject line, and the patterns that hold for it."""
    line = choice(texts.SUBJECTS[pattern], rng) + texts.TAILS[tail]
    if pattern == "ends_question":
        line += "?"
    words = len(line.split())
    length = texts.LENGTHS[0 if words <= 3 else 1 if words <= 6 else 2]
    return line, [name for name in (pattern, length) if name]


def choice(sentences: Sequence[str], rng: np.random.Generator) -> str:
    return sentences[int(rng.integers(len(sentences)))]
