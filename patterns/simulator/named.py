"""The named worlds: what matters in each, and what only seems to."""

from conversion.vocabulary import Channel, Tier
from patterns.simulator.effects import World

WHO = {
    "titles": {"Founder": 2.0, "Marketing Coordinator": 0.5},
    "industries": {"Software": 1.8},
    "sizes": {"16-30": 1.6},
    "signals": {"hiring": 1.6},
}
WHAT = {
    "pain_points": {"leads": 1.8, "cost": 0.5},
    "angles": {"social_proof": 1.6},
    "ctas": {"worth 15 minutes": 1.7},
    "subjects": {"question_about": 1.6},
    "length_decay": 0.6,
}
WHEN = {
    "days": {1: 1.8, 4: 0.5},
    "hours": {9: 1.6, 10: 1.6},
    "touches": (1.3, 1.15, 1.0, 0.85, 0.7, 0.55),
    "gaps": {"3": 1.6},
}
HOW = {"channels": {Channel.VOICE: 2.0}, "new_channel": 1.3}

WORLDS: dict[str, World] = {
    world.name: world
    for world in (
        World("null"),
        World("who", stars=0.0, **WHO),
        World("what", **WHAT),
        World("when", **WHEN),
        World("how", **HOW),
        World(
            "all",
            base=0.02,
            stars=0.0,
            titles={"Founder": 1.6, "Marketing Coordinator": 0.6},
            industries={"Software": 1.5},
            sizes={"16-30": 1.4},
            signals={"hiring": 1.4},
            pain_points={"leads": 1.5, "cost": 0.6},
            angles={"social_proof": 1.4},
            ctas={"worth 15 minutes": 1.5},
            subjects={"question_about": 1.4},
            length_decay=0.3,
            days={1: 1.5, 4: 0.6},
            hours={9: 1.4, 10: 1.4},
            touches=(1.2, 1.1, 1.0, 0.9, 0.8, 0.7),
            gaps={"3": 1.4},
            channels={Channel.VOICE: 1.6},
            new_channel=1.2,
        ),
        World("survivorship", base=0.05, unsubscribe=0.04),
        World("confounded_tiers", base=0.02, stars=0.25, tiers={Tier.HOT: 3.0}, hot_voice=3.0),
        World("rare_night", night=0.04),
        World("template_luck", template_sd=0.6),
    )
}
