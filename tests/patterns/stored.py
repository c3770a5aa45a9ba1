"""Stored patterns for tests: small payloads under the keys of the interface, every number chosen by hand."""

from datetime import UTC, datetime, timedelta

from patterns.models import ConversionPattern

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WEIGHTS = {"data_quality": 0.1, "authority": 0.4, "company_fit": 0.25, "timing": 0.1}
SAMPLE = {
    "sample": 1000,
    "converted": 60,
    "conversion_rate": 0.06,
    "rate": 0.05,
    "low": 0.04,
    "high": 0.0625,
    "lift_low": 1.25,
    "lift_high": 1.75,
    "q_value": 0.001,
    "p_better": 0.999,
}
WORDS = "1.50 times the average (1.25 to 1.75); 5.0% (4.0% to 6.2%) of 1,000 {}, 60 booked"


def finding(lift=1.5, status="supported", **fields):
    return {**SAMPLE, "lift": lift, "status": status, **fields}


def plan(sequence, lift=1.3, lift_low=1.1, **fields):
    return {
        "sequence": sequence.split(),
        "conversion_rate": 0.25,
        "low": 0.2,
        "high": 0.3,
        "sample_size": 40,
        "tried": 50,
        "lift": lift,
        "lift_low": lift_low,
        "status": "supported",
        **fields,
    }


def who(**fields):
    return {
        "title_rankings": [finding(title="Founder"), finding(title="Clerk", lift=0.5)],
        "industry_rankings": [finding(industry="Software", status="suggestive")],
        "size_analysis": {"sweet_spot": None, "distribution": [finding(range="16-30")]},
        "timing_signals": {"new_role_lift": {"abstained": "not known"}, "hiring_lift": finding(signal="hiring")},
        "recommended_weights": dict(WEIGHTS),
        "recommended_tiers": {"hot": 60, "warm": 40},
        "weights_evidence": {"promoted": True},
        **fields,
    }


def what(**fields):
    return {
        "subject_patterns": {"winning": [finding(pattern="quick_question")], "losing": []},
        "pain_points": {
            "effective": [finding(pain_point="leads", frequency=0.4)],
            "ineffective": [finding(pain_point="cost", lift=0.6), finding(pain_point="time", lift=0.7, status="none")],
        },
        "ctas": {"effective": [finding(cta="quick call")], "by_type": {"soft_ask": finding(), "passive": finding(0.7)}},
        "angles": {"rankings": [finding(angle="curiosity"), finding(angle="urgency", status="none")]},
        "optimal_length": {
            "email": {
                "optimal_words": 80,
                "range_min": 60,
                "range_max": 110,
                "sample": 900,
                "converted": 50,
                "q_value": 0.01,
                "status": "supported",
            },
            "linkedin": {"abstained": "no evidence that length matters"},
            "sms": {"abstained": "no evidence that length matters"},
        },
        "personalization_lift": {"first_name": finding(), "recent_news": {"abstained": "never used"}},
        **fields,
    }


def when(**fields):
    return {
        "best_days": [
            finding(day="Thursday", day_index=3, lift=1.4),
            finding(day="Monday", day_index=0, lift=1.5),
            finding(day="Friday", day_index=4, status="suggestive"),
            finding(day="Tuesday", day_index=1, lift=0.7),
            finding(day="Saturday", day_index=5, lift=0.5),
        ],
        "best_hours": [finding(hour=15), finding(hour=9, status="none"), finding(hour=18, lift=0.8)],
        "touch_hazard": [finding(touch=1, status="none"), finding(touch=3)],
        "peak_converting_touch": 3,
        "gap_hazard": [finding(gap="3"), finding(gap="0-1", status="none", lift=0.9)],
        "optimal_sequence_gaps": {f"touch_{i}_to_{i + 1}": 3 for i in range(1, 6)},
        "conversion_timing": {"avg_days_to_convert": 12.5, "median_days_to_convert": 10, "percentile_80": 20.25},
        **fields,
    }


def how(**fields):
    return {
        "booking_channel_distribution": {"email": 0.5, "voice": 0.5},
        "first_touch_effectiveness": {"voice_first": finding(channel="voice"), "email_first": finding(0.9, "none")},
        "best_first_channel": "voice",
        "multi_channel_lift": {"new_channel": finding(1.25), "1_channel": finding(status="none")},
        "winning_sequences": [plan("voice email voice"), plan("email voice", lift=1.2, lift_low=1.15)],
        "channel_effectiveness_by_tier": {
            "hot": {"voice": finding(1.8), "email": finding(0.9, "none")},
            "warm": {"abstained": "one channel"},
            "cool": {"linkedin": finding(0.7)},
        },
        "channel_transitions": {
            "email": {"voice": finding(1.6), "sms": finding(1.7), "email": finding(0.8)},
            "sms": {"email": finding(status="none")},
        },
        **fields,
    }


PAYLOADS = {"who": who, "what": what, "when": when, "how": how}


def keep(client, kind, payload=None, *, confidence=0.8, version=1, valid_until=AT + timedelta(days=1)):
    """Store a current pattern around the checks of `patterns.store`, as somebody who tampers would."""
    return ConversionPattern.objects.create(
        client=client,
        pattern_type=kind,
        version=version,
        patterns=PAYLOADS[kind]() if payload is None else payload,
        sample_size=500,
        confidence=confidence,
        algorithm=f"{kind}-1",
        computed_at=AT - timedelta(days=7),
        valid_until=valid_until,
    )


def keep_all(client, **options):
    for kind in PAYLOADS:
        keep(client, kind, **options)
