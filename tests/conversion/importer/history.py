"""A small history with everything in it, as CSV texts."""

import random

LEADS = ["external_id,email,title,country,status,created_at,status_at,is_unsubscribed,Segment"]
ACTIVITIES = [
    "external_id,lead_external_id,channel,occurred_at,touch_number,sequence_id,subject,body,outcome,led_to_booking"
]
EVENTS = ["external_id,lead_external_id,activity_external_id,kind,occurred_at,body"]
CHANNELS = ("email", "linkedin", "voice", "sms")
STATUSES = ("new", "contacted", "converted", "not_interested", "")
KINDS = ("opened", "replied", "positive_reply", "bounced", "unsubscribed", "complained", "meeting_booked")


def history(leads=60, seed=7):
    """Three CSV texts, lines in their order; every third touch and event has no key of its own."""
    rng = random.Random(seed)
    people, touches, events = [], [], []
    for number in range(leads):
        status = rng.choice(STATUSES)
        at = f"2026-02-{rng.randint(10, 28)}T10:00:00Z" if status and rng.random() < 0.8 else ""
        people.append(
            f"L{number},p{number}@example.com,{rng.choice(('CEO', 'CTO', 'Founder', ''))},"
            f"{rng.choice(('Australia', 'UK', ''))},{status},2026-01-01T00:00:00Z,{at},"
            f"{rng.choice(('yes', '', 'no'))},s{number % 3}"
        )
        told = rng.randrange(12)
        for touch in range(rng.randrange(5)):
            key = f"t{number}-{touch}" if touch % 3 else ""
            channel = rng.choice(CHANNELS)
            outcome = rng.choice(("", "busy", "meeting_booked")) if channel == "voice" else ""
            touches.append(
                f"{key},L{number},{channel},2026-02-{3 + touch * 5 + rng.randrange(5):02d}T0{touch}:00:00Z,"
                f"{rng.choice(('', '', touch + 1))},S{number % 4},Idea for you,Hi {number % 5} more leads?,"
                f"{outcome},{'true' if touch == told else ''}"
            )
            if rng.random() < 0.4:
                events.append(
                    f"{f'e{number}-{touch}' if touch % 3 else ''},L{number},{key},{rng.choice(KINDS)},"
                    f"2026-02-{rng.randint(8, 28):02d}T00:00:00Z,ok"
                )
    return people, touches, events


def texts(people, touches, events):
    return {
        "leads": "\n".join(LEADS + people) + "\n",
        "activities": "\n".join(ACTIVITIES + touches) + "\n",
        "events": "\n".join(EVENTS + events) + "\n",
    }


def shuffled(parts, seed):
    rng = random.Random(seed)
    return [rng.sample(part, len(part)) for part in parts]
