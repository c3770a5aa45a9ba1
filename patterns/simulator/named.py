"""The named worlds: what matters in each, and what only seems to."""

from collections.abc import Mapping

from conversion.vocabulary import Channel, Tier
from patterns.simulator.effects import World

TUESDAY, THURSDAY = 1, 3

WORLDS: Mapping[str, World] = {
    world.name: world
    for world in (
        World("null"),
        World(
            "who",
            stars=0.0,
            titles={"Founder": 2.0, "Marketing Coordinator": 0.5},
            industries={"Software": 1.8},
            sizes={"16-30": 1.6},
            signals={"hiring": 1.6},
        ),
        World(
            "what",
            pain_points={"leads": 1.8, "cost": 0.5},
            angles={"social_proof": 1.6},
            ctas={"worth 15 minutes": 1.7},
            subjects={"question_about": 1.6},
            length_decay=0.6,
        ),
        World(
            "when",
            days={THURSDAY: 1.8, TUESDAY: 0.5},
            hours={15: 1.8, 16: 1.8},
            touches=(1.3, 1.15, 1.0, 0.85, 0.7, 0.55),
            gaps={"3": 1.8},
        ),
        World("how", channels={Channel.VOICE: 2.0}, new_channel=1.3),
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
            days={THURSDAY: 1.5, TUESDAY: 0.6},
            hours={15: 1.4, 16: 1.4},
            touches=(1.2, 1.1, 1.0, 0.9, 0.8, 0.7),
            gaps={"3": 1.4},
            channels={Channel.VOICE: 1.6},
            new_channel=1.2,
        ),
        # Leads who book early had no time to be sent much, over many channels: counted among leads, more looks worse.
        World("survivorship", base=0.05, unsubscribe=0.04),
        # The operator calls the leads who book anyway: counted without their tier, calls look better.
        World("confounded_tiers", base=0.02, stars=0.25, tiers={Tier.HOT: 3.0}, hot_voice=3.0),
        # Few sends at night: the best raw rate of 24 hours is a lucky night.
        World("rare_night", night=0.04),
        # Templates differ for no reason in their words: counted by message, what their words share looks proven.
        World("template_luck", template_sd=0.6),
    )
}
