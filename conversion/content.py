"""What a message says, and the snapshot of it that is kept: the place to import content from.

`wording` holds the vocabulary, `extraction` reads a text by it, `personal` knows what a text takes from its lead,
`snapshots` puts it together. All are pure: no clock, no database.
"""

from conversion.extraction import (
    cta_type,
    detect_personalization,
    extract_angles,
    extract_cta,
    extract_pain_points,
    extract_subject_patterns,
)
from conversion.personal import template_key, unpersonalised
from conversion.segments import segment_count
from conversion.snapshots import SNAPSHOT_VERSION, Features, build_content_snapshot, capture, features_of
from conversion.wording import DEFAULT, Category, Cta, Vocabulary, VocabularyError

__all__ = [
    "DEFAULT",
    "SNAPSHOT_VERSION",
    "Category",
    "Cta",
    "Features",
    "Vocabulary",
    "VocabularyError",
    "build_content_snapshot",
    "capture",
    "cta_type",
    "detect_personalization",
    "extract_angles",
    "extract_cta",
    "extract_pain_points",
    "extract_subject_patterns",
    "features_of",
    "segment_count",
    "template_key",
    "unpersonalised",
]
