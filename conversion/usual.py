"""The plan that leads are put on where nothing was learned: what learning is compared with, and falls back to."""

from conversion.vocabulary import Channel

USUAL_SEQUENCE = (Channel.EMAIL, Channel.LINKEDIN, Channel.EMAIL, Channel.SMS, Channel.VOICE, Channel.EMAIL)
USUAL_GAPS = (2, 3, 4, 5, 7)  # days before touches 2 to 6
USUAL_DAYS = (1, 2, 3)  # Tuesday, Wednesday, Thursday
USUAL_HOURS = (10, 14, 9)  # at the lead, taken in turn
