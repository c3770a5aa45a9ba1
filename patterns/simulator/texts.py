"""The sentences that simulated messages are built of, and what each of them says.

Every sentence carries the features it is listed under and no other: the words that any other feature is read by do not
occur in it. `{company}`, `{first_name}` and `{industry}` stand for the lead's own values, one placeholder each at most.
"""

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
}
GREETING = "Hi {first_name},"
PLAIN_GREETING = "Hello,"
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

# Stems of at most three words, so that a subject is short with the first tail, medium with the second, long with the third.
SUBJECTS = {
    "question_about": ("Question about websites", "Question regarding bookings"),
    "quick_question": ("Quick question here", "Quick question, sorry"),
    "reply_style": ("Re: the website", "Re: our note"),
    "name_dash": ("Alex - the website", "Alex - our note"),
    "idea_for": ("Idea for tomorrow", "Idea for summer"),
    "thought_about": ("Thought about websites", "Thought about bookings"),
    "casual_greeting": ("Hey there", "Hi again"),
    "ends_question": ("Still on paper", "Still the old setup"),
    "introduction": ("A short introduction", "Our introduction"),
    "partnership": ("A possible partnership", "Our partnership"),
    "opportunity": ("An opportunity", "A new opportunity"),
    "congratulatory": ("Congratulations to you", "Congratulations from us"),
    "": ("The website", "Our note"),
}
TAILS = ("", " at your office", " at your office before the next quarter ends")
LENGTHS = ("short_subject", "medium_subject", "long_subject")
IMPLIED_ANGLES = {"quick_question": "curiosity", "idea_for": "curiosity", "thought_about": "curiosity"}
