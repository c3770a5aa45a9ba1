import pytest

from conversion.vocabulary import CHANNELS
from engines.channels import LONGEST, PlanRefused, by_hand, choose
from patterns.guidance import Guidance
from tests.engines.guided import guidance, winning

NO_MAIL = {"mail": "no postal address"}
DEFAULTS = "email linkedin email sms voice email"


def channels(known, *, tier="warm", touches=6, unreachable=NO_MAIL):
    return " ".join(choice.channel for choice in choose(known, tier, touches, unreachable))


@pytest.mark.parametrize(
    ("touches", "expected"),
    [(1, "email"), (3, "email linkedin email"), (6, DEFAULTS), (8, f"{DEFAULTS} email linkedin")],
)
def test_defaults(touches, expected):
    choices = choose(Guidance.defaults(), "hot", touches, NO_MAIL)
    assert " ".join(choice.channel for choice in choices) == expected
    assert {choice.reason for choice in choices} == {f"{choice.channel}, the default" for choice in choices}
    assert {choice.patterns for choice in choices} == {()}


@pytest.mark.parametrize("touches", [0, -1, LONGEST + 1])
def test_a_number_of_touches_that_makes_no_sense(touches):
    with pytest.raises(ValueError, match="a plan has 1 to 20 touches"):
        choose(Guidance.defaults(), "warm", touches, NO_MAIL)


def test_a_winning_sequence():
    best = winning("voice email voice sms email email")
    choices = choose(guidance(winning_sequences=(best,)), "warm", 6, NO_MAIL)
    assert " ".join(choice.channel for choice in choices) == "voice email voice sms email email"
    assert choices[0].reason == f"voice, by the winning sequence voice email voice sms email email: {best.evidence}"
    assert {choice.reason for choice in choices[1:]} == {
        f"{channel}, by the winning sequence" for channel in ("email", "voice", "sms")
    }
    assert {choice.patterns for choice in choices} == {("how",)}


@pytest.mark.parametrize(
    ("touches", "expected"),
    [
        (2, "voice voice"),  # its own length before a longer one that stands in front
        (4, "email voice sms voice"),
        (3, "email voice sms"),  # cut: the best one
        (6, "email voice sms voice voice email"),  # continued by the default plan
    ],
)
def test_winning_sequences_of_other_lengths(touches, expected):
    known = guidance(winning_sequences=(winning("email voice sms voice"), winning("voice voice")))
    assert channels(known, touches=touches) == expected


def test_a_winning_sequence_that_can_be_followed_comes_before_a_better_one_that_cannot():
    known = guidance(winning_sequences=(winning("voice voice"), winning("sms email"), winning("email linkedin")))
    phoneless = NO_MAIL | dict.fromkeys(("sms", "voice"), "no phone number")
    assert channels(known, touches=2) == "voice voice"
    assert channels(known, touches=2, unreachable=phoneless) == "email linkedin"


def test_a_winning_sequence_stands_before_first_channels_and_early_calls():
    known = guidance(
        winning_sequences=(winning("email email sms"),),
        best_first_channel="voice",
        channel_lifts_by_tier={"hot": {"voice": 2.0}},
    )
    assert channels(known, tier="hot", touches=3) == "email email sms"


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("voice", "voice email linkedin email sms email"),
        ("sms", "sms email linkedin email voice email"),
        ("email", DEFAULTS),
        ("mail", "mail linkedin email sms voice email"),  # not in the default plan: it takes the first touch's place
    ],
)
def test_the_best_first_channel(first, expected):
    choices = choose(guidance(best_first_channel=first), "warm", 6, {})
    assert " ".join(choice.channel for choice in choices) == expected
    assert choices[0].patterns == ("how",)
    assert choices[0].reason.startswith(f"{first}, the best first channel")


def test_a_first_channel_that_the_lead_cannot_be_reached_on_changes_nothing():
    choices = choose(guidance(best_first_channel="mail"), "warm", 6, NO_MAIL)
    assert " ".join(choice.channel for choice in choices) == DEFAULTS
    assert choices[0].reason == "email, the default; mail, the best first channel, is out: no postal address"
    assert {choice.patterns for choice in choices} == {()}


@pytest.mark.parametrize(
    ("tier", "lifts", "expected"),
    [
        ("hot", {"voice": 1.8}, "email linkedin voice email sms email"),
        ("hot", {"voice": 1.8, "email": 1.2}, "email linkedin voice email sms email"),
        ("hot", {"voice": 1.8, "email": 1.8}, DEFAULTS),  # as good is not better
        ("hot", {"voice": 1.2, "email": 1.8}, DEFAULTS),
        ("hot", {"voice": 0.8, "email": 0.5}, DEFAULTS),  # the lesser of two evils
        ("hot", {"voice": 1.0}, DEFAULTS),
        ("hot", {}, DEFAULTS),
        ("warm", {"voice": 1.8}, DEFAULTS),
        ("cool", {"voice": 1.8}, DEFAULTS),
    ],
)
def test_hot_leads_are_called_earlier_where_calls_are_better_for_them(tier, lifts, expected):
    assert channels(guidance(channel_lifts_by_tier={"hot": lifts}), tier=tier) == expected


def test_an_early_call_says_why_and_by_whom():
    known = guidance(channel_lifts_by_tier={"hot": {"voice": 1.8}})
    early = choose(known, "hot", 6, NO_MAIL)[2]
    assert early.reason == "voice, earlier for a hot lead: proof of calls to hot leads"
    assert early.patterns == ("how",)
    scored = guidance(channel_lifts_by_tier={"hot": {"voice": 1.8}}, versions={"how": 4, "who": 9})
    assert choose(scored, "hot", 6, NO_MAIL)[2].patterns == ("how", "who")


def test_a_first_channel_and_an_early_call_together():
    known = guidance(best_first_channel="sms", channel_lifts_by_tier={"hot": {"voice": 2.0}})
    assert channels(known, tier="hot") == "sms email voice linkedin email email"
    known = guidance(best_first_channel="voice", channel_lifts_by_tier={"hot": {"voice": 2.0}})
    assert channels(known, tier="hot") == "voice email linkedin email sms email"


def test_no_early_call_without_a_phone():
    known = guidance(channel_lifts_by_tier={"hot": {"voice": 2.0}})
    phoneless = NO_MAIL | dict.fromkeys(("sms", "voice"), "no phone number")
    assert channels(known, tier="hot", unreachable=phoneless) == "email linkedin email email email email"


def test_a_channel_that_cannot_be_used_is_replaced_email_first():
    phoneless = NO_MAIL | dict.fromkeys(("sms", "voice"), "no phone number")
    choices = choose(Guidance.defaults(), "warm", 6, phoneless)
    assert " ".join(choice.channel for choice in choices) == "email linkedin email email email email"
    assert choices[3].reason == "email in place of sms (no phone number); sms, the default"
    assert (
        channels(Guidance.defaults(), unreachable=NO_MAIL | {"email": "-"})
        == "linkedin linkedin linkedin sms voice linkedin"
    )
    only = dict.fromkeys(("email", "linkedin", "mail"), "-")
    assert channels(Guidance.defaults(), unreachable=only) == "sms sms sms sms voice sms"
    assert channels(Guidance.defaults(), unreachable={**only, "sms": "-"}) == "voice voice voice voice voice voice"
    by_post = dict.fromkeys(("email", "linkedin", "sms", "voice"), "-")
    assert channels(Guidance.defaults(), unreachable=by_post) == "mail mail mail mail mail mail"


def test_a_lead_that_cannot_be_reached_at_all():
    nowhere = {channel: f"no {channel}" for channel in CHANNELS}
    with pytest.raises(PlanRefused, match="it cannot be reached: no email, no sms, no linkedin, no voice, no mail"):
        choose(Guidance.defaults(), "warm", 6, nowhere)


def test_by_hand():
    choices = by_hand(["voice", "voice", "email"], NO_MAIL)
    assert [choice.channel for choice in choices] == ["voice", "voice", "email"]
    assert choices[0].reason == "voice, given by hand"
    assert [choice.patterns for choice in choices] == [(), (), ()]


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ([], "a plan has 1 to 20 touches, not 0"),
        (["email"] * 21, "a plan has 1 to 20 touches, not 21"),
        (["email", "fax"], "touch 2: 'fax' is no channel, those are email, sms, linkedin, voice, mail"),
        (["email", None], "touch 2: 'None' is no channel"),
        (["Email"], "touch 1: 'Email' is no channel"),
    ],
)
def test_a_sequence_by_hand_that_makes_no_sense(sequence, message):
    with pytest.raises(ValueError, match=message):
        by_hand(sequence, {})


def test_a_sequence_by_hand_that_cannot_be_followed_is_refused_not_changed():
    with pytest.raises(PlanRefused, match="touch 2 cannot be made by mail: no postal address"):
        by_hand(["email", "mail", "voice"], NO_MAIL)
