"""The sentences that simulated messages are built of, and what each of them says.

Every sentence carries the features it is listed under and no other: the words that any other feature is read by do not
occur in it. `{company}`, `{first_name}` and `{industry}` stand for the lead's own values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PAIN_POINTS = {
    "leads": ("A steady pipeline is rare in this trade.", "Most prospects on a list like yours never answer."),
    "revenue": ("The question is mostly how to lift sales with the same people.", "Deals stall in the last stage."),
    "time": ("Much of this is still manual.", "Copying figures from one sheet to the next is tedious."),
    "scaling": ("Adding capacity before the next rush is hard.", "It is hard to hire for this work."),
    "competition": ("Your competitors answer within the day.", "The competition has begun to do this."),
    "cost": ("Tools for this are mostly too expensive.", "The budget for this is set once and then forgotten."),
    "quality": ("The outcomes differ from month to month.", "The work is not consistent from one office to the next."),
    "clients": ("Retention matters more than it used to.", "Referrals dry up when nobody asks for them."),
}
ANGLES = {
    "roi_focused": ("The return shows in the first quarter.", "Replies increase by a third on average."),
    "social_proof": ("We helped a firm of your size with the same thing.", "We have worked with a few firms near you."),
    "curiosity": ("I was wondering how you handle this today.", "I am curious how you handle this today."),
    "fear_based": ("The usual problem is that nobody owns it.", "The struggle is that nobody owns it."),
    "value_add": ("There is a complimentary review in it for you.", "The first assessment is on us."),
    "authority": ("A specialist of ours sets it up.", "It was built by an expert in the field."),
    "urgency": ("We have limited room this month.", "The offer has a deadline on Friday."),
}
CTAS = {
    "open to a quick chat": "Would you be open to a quick chat?",
    "worth 15 minutes": "Would that be worth 15 minutes on Thursday?",
    "worth a conversation": "Is it worth a conversation?",
    "quick call": "Could we set up a quick call?",
    "schedule a call": "Shall we schedule a call?",
    "interested in learning": "Would you be interested in learning how it works?",
    "happy to share": "I am happy to share the details.",
    "let me know": "Please let me know either way.",
    "thoughts?": "Any thoughts?",
    "make sense to connect": "Does it make sense to connect?",
    "grab 15 minutes": "Could we grab 15 minutes on Tuesday?",
    "coffee chat": "Are you up for a coffee chat?",
}
FLAGS = {
    "company_mention": "I looked at the website of {company} before writing.",
    "recent_news": "I read about your new office.",
    "mutual_connection": "A mutual friend mentioned your name.",
    "industry_specific": "Most of our work is in {industry}.",
    "first_name": "Hi {first_name},",  # in place of the plain greeting
}
GREETING = "Hello,"
FILLERS = (
    "I will keep this short.",
    "We are a small studio in the next suburb.",
    "The setup takes one afternoon.",
    "Nothing changes in the tools you use.",
    "You would see the first draft within days.",
    "It works the same for an office of any size.",
    "There is no contract to sign.",
    "You can stop at any point.",
    "The steps are written down on one page.",
    "We answer every message ourselves.",
    "It runs next to what you have today.",
    "All of it stays in your own accounts.",
    "The people in your office need no training for it.",
    "We come by once, look at what is there, and write down what we would change.",
    "After that you decide whether you want us to go on with it or not.",
    "If the answer is no, that is fine, and we will not write again about it.",
)
SIGN_OFF = "Kind regards, Alex"

# Stems of at most three words: with the first tail a subject is short, with the second medium, with the third long.
SUBJECTS = {
    "question_about": ("Question about websites", "Question regarding bookings"),
    "quick_question": ("Quick question here", "Quick question, sorry"),
    "reply_style": ("Re: the website", "Re: our note"),
    "name_dash": ("Alex - websites", "Alex - bookings"),
    "idea_for": ("Idea for tomorrow", "Idea for summer"),
    "thought_about": ("Thought about websites", "Thought about bookings"),
    "casual_greeting": ("Hey there", "Hi again"),
    "ends_question": ("Still on paper", "Still the same"),
    "introduction": ("A short introduction", "Our introduction"),
    "partnership": ("A possible partnership", "Our partnership"),
    "opportunity": ("An opportunity", "A new opportunity"),
    "congratulatory": ("Congratulations to you", "Congratulations from us"),
    "": ("The website", "Our note"),
}
TAILS = ("", " at your office", " at your office before the next quarter ends")
LENGTHS = ((3, "short_subject"), (6, "medium_subject"), (99, "long_subject"))  # most words of each
# Phrases of these subjects are ones that an angle is read by.
CURIOUS_SUBJECTS = {"quick_question", "idea_for", "thought_about"}

NEUTRAL = "neutral"
# What templates are made of in equal parts; the empty name is none. Some stand in it more often, as operators like them.
ANGLE_MIX = (*ANGLES, "")
CTA_MIX = (*CTAS, "worth 15 minutes", "")
SUBJECT_MIX = (*SUBJECTS, "question_about", "question_about")


@dataclass(frozen=True)
class Choice:
    """What a text is to say. angle, cta: a name, or empty for none. subject: None for a text without a subject line, empty
    for a line of no pattern. fillers: how many sentences that say nothing.
    """

    pain_points: frozenset[str]
    angle: str
    cta: str
    subject: str | None
    flags: frozenset[str]
    fillers: int


@dataclass(frozen=True)
class Text:
    """A text with everything that it says, by the names of the vocabulary."""

    subject: str
    body: str
    pain_points: frozenset[str]
    angles: frozenset[str]
    subjects: frozenset[str]
    flags: frozenset[str]
    cta: str


def compose(choice: Choice, rng: np.random.Generator) -> Text:
    line, patterns = subject_line(choice.subject, rng)
    angles = {choice.angle} | ({"curiosity"} if patterns & CURIOUS_SUBJECTS else set())
    return Text(
        subject=line,
        body=body(choice, rng),
        pain_points=choice.pain_points,
        angles=frozenset(angles - {""}) or frozenset({NEUTRAL}),
        subjects=patterns,
        flags=choice.flags,
        cta=choice.cta,
    )


def body(choice: Choice, rng: np.random.Generator) -> str:
    opening = [sentence for name, sentence in FLAGS.items() if name in choice.flags - {"first_name"}]
    pains = [one_of(PAIN_POINTS[name], rng) for name in sorted(choice.pain_points)]
    angle = [one_of(ANGLES[choice.angle], rng)] if choice.angle else []
    fillers = [FILLERS[index] for index in rng.permutation(len(FILLERS))[: choice.fillers]]
    cta = [CTAS[choice.cta]] if choice.cta else []
    greeting = FLAGS["first_name"] if "first_name" in choice.flags else GREETING
    return "\n\n".join((greeting, " ".join((*opening, *pains, *angle, *fillers, *cta)), SIGN_OFF))


def subject_line(pattern: str | None, rng: np.random.Generator) -> tuple[str, frozenset[str]]:
    """A subject line of the pattern, and all the patterns that it follows."""
    if pattern is None:
        return "", frozenset()
    line = one_of(SUBJECTS[pattern], rng) + one_of(TAILS, rng) + "?" * (pattern == "ends_question")
    length = next(name for most, name in LENGTHS if len(line.split()) <= most)
    return line, frozenset({pattern, length} - {""})


def one_of(sentences: Sequence[str], rng: np.random.Generator) -> str:
    return sentences[int(rng.integers(len(sentences)))]
