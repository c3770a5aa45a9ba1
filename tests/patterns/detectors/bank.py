"""The bank's telephone campaigns as a frame: one call a lead, the last one, whose touch number says how many there were.

Moro, Cortez and Rita, Decision Support Systems 62 (2014), in the importer's format. The data is no part of the
repository: it is looked for in `$HISTORY_DATA`, else beside the repository in `shared/data`.
"""

import csv
import gzip
import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from conversion.vocabulary import CHANNELS, EXITS, TIERS, Channel, LeadStatus, Tier
from patterns.detectors.frame import Category, Frame, Leads, Touches

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("HISTORY_DATA") or ROOT.parent / "shared" / "data") / "bank-marketing"
AS_OF = datetime(2011, 1, 1, tzinfo=UTC)

needs_bank = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no bank-marketing data in {FOLDER.parent}")


@lru_cache(maxsize=1)
def bank_frame() -> Frame:
    leads, calls = rows("leads"), rows("activities")
    called = {row["lead_external_id"]: row for row in calls}
    calls = [called[row["external_id"]] for row in leads]
    sent = np.array([datetime.fromisoformat(row["occurred_at"]) for row in calls])
    sent_at = np.array([moment.timestamp() for moment in sent])
    status_at = np.array([datetime.fromisoformat(row["status_at"]).timestamp() for row in leads])
    status = np.array([row["status"] for row in leads])
    won = status == LeadStatus.CONVERTED
    none = np.zeros(len(leads), dtype=np.int64)
    unknown = np.full(len(leads), -1, dtype=np.int8)
    return Frame(
        leads=Leads(
            title=category([row["title"] for row in leads]),
            industry=category([""] * len(leads)),
            employees=unknown.astype(np.int32),
            new_role=unknown,
            hiring=unknown,
            funded=unknown,
            components=np.full((len(leads), 4), np.nan),
            risk=np.zeros(len(leads)),
            converted_at=np.where(won, status_at, np.nan),
            left_at=np.where(won, np.nan, status_at),
            exit=np.where(won, -1, EXITS.index(LeadStatus.NOT_INTERESTED)).astype(np.int8),
            extra={name: category([row[name] for row in leads]) for name in ("education", "marital")},
        ),
        touches=Touches(
            lead=np.arange(len(leads), dtype=np.int32),
            sent_at=sent_at,
            channel=np.full(len(leads), CHANNELS.index(Channel.VOICE), dtype=np.int8),
            touch=np.array([int(row["touch_number"]) for row in calls], dtype=np.int16),
            template=none,
            campaign=none,
            plan=none,
            tier=np.full(len(leads), TIERS.index(Tier.WARM), dtype=np.int8),
            day=np.array([moment.weekday() for moment in sent], dtype=np.int8),
            hour=np.full(len(leads), 12, dtype=np.int8),
            pain_points=none,
            cta=unknown.astype(np.int16),
            angles=none,
            subjects=none,
            personalization=none,
            words=unknown.astype(np.int32),
            chars=unknown.astype(np.int32),
            booked=won,
            replied=np.zeros(len(leads), dtype=bool),
            positive=np.zeros(len(leads), dtype=bool),
            propensity=np.full(len(leads), np.nan),
        ),
        as_of=AS_OF.timestamp(),
    )


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(FOLDER / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def category(names: list[str]) -> Category:
    labels = sorted(set(names) - {""})
    place = {label: code for code, label in enumerate(labels)} | {"": -1}
    return Category(np.array([place[name] for name in names], dtype=np.int32), tuple(labels))
