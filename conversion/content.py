"""What a message says: its pain points, call to action, angle, subject patterns and personalization.

Words are found whole, with case and accents folded, and a keyword matches its own singular, plural and hyphen forms.
Empty text gives empty results. `vocabulary` is the client's, where it extends the default one.
"""

import re
from collections.abc import Iterable
from typing import Any

from conversion.folding import folded
from conversion.matching import ANGLES, BLANK, CTAS, FLAGS, PAIN_POINTS, SUBJECTS, Hits, Matcher, Reading, read
from conversion.personal import names_company, names_first, names_industry, template_key, unpersonalised
from conversion.segments import segment_count
from conversion.wording import DEFAULT, NEUTRAL, Category, Cta, Vocabulary, VocabularyError
