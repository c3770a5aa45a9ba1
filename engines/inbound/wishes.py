"""The words by which interest is known, in English, German, French and Spanish.

Written as in `engines.inbound.phrases`.
"""

import re

from engines.inbound.phrases import rules

YES_WORDS = re.compile(
    r"(?:hi |hey |hello )?(?:(?:yes|yep|yeah|yup|ya|sure|absolutely|definitely|certainly|of course|totally|indeed"
    r"|gladly|why not|go ahead|for sure|"
    r"perfect|deal|count me in|i'm in|we're in|i'm game|i'm keen|keen|interested|very interested|let's do it"
    r"|let's go|lets do it|sounds good|"
    r"works for me|go on then|i'll bite|with pleasure|please do|do it|ja|ja gerne|ja bitte|gerne|sehr gerne|gern"
    r"|oui|volontiers|avec plaisir|"
    r"si|claro|claro que si|por supuesto|adelante|con gusto|me interesa|dale|vale perfecto)"
    r"(?: please| thanks| thank you| thing| definitely| absolutely| ok| sure| yes| let's| ann| mate| por favor"
    r"| bitte| merci| gracias)*)"
)
_MEET = (
    r"(?:call|chat|talk|meeting|meet|demo|conversation|discussion|coffee|zoom|teams|intro|introduction|catch up"
    r"|connect|speak|hop on|jump on|discuss|explore|learn|hear|see|look|know|walkthrough|overview|quick|find out"
    r"|trial|try)"
)
_WHEN = (
    r"(?:monday|tuesday|wednesday|thursday|friday|mon|tue|tues|wed|thu|thur|thurs|fri|tomorrow|today"
    r"|this afternoon|this week|next week|morning|afternoon|arvo|\d+(?:am|pm)|noon|any ?time|either|later today)"
)
WISHES = rules(
    interest=rf"""
        interested|intrigued|keen
        (?:sounds?|looks?|seems?|is|that's|it's|this is|very|quite|really|super|pretty
            |definitely) (?:very |really |super |pretty |quite |like )?(?:good|great|interesting|fun|perfect
            |promising|useful|compelling|excellent|amazing|awesome|fantastic|like a plan|a plan|relevant|timely
            |of interest|right up our alley)(?! luck)
        (?:would|i'd|we'd|'d|i would|we would) (?:love|like|be happy|be glad|be keen|be open|be up|welcome
            |be interested|appreciate|be willing|be good|be great|be useful|be helpful|be worth)~3 {_MEET}\w*
        (?:happy|glad|open|willing|keen|up|down|game|available|free|delighted|pleased)(?: to| for)~4 {_MEET}
        (?:worth|good|great|useful) ~0(?:a|to) (?:quick |short |brief )?(?:chat|call|conversation|talk|connect|look
            |discussion)
        (?:curious|eager|excited|love|want|looking forward|look forward|like)~1 to~1 (?:hear|learn|see|know more
            |chat|talk|discuss|meet|speak|connect|explore|try|find out|move forward|get started|understand|it|our
            |the call|chatting)
        looking forward to~2 (?:it|chatting|talking|speaking|meeting|connecting|the call|our call|hearing)
        (?:tell|show|send|give) (?:me|us) (?:a bit |some |a little )?more
        (?:been|are|am|were|actively|i'm|we're) (?:actually |actively |currently |just )?(?:looking (?:at|into|for)
            |exploring|evaluating|considering|needing|thinking about)~2 (?:this|something|exactly|solutions?
            |options?|help|for|a|an|new|vendors?|agenc\w+|getting)
        (?:perfect|great|good|impeccable) timing|timing is (?:great|good|perfect)
        (?:could|might|may|sounds like|would) be a (?:good |great )?(?:fit|match)|(?:move|moving) forward
            |get (?:this |it )?started|caught my (?:eye|attention)|i'm listening|i'm all ears|piqued
        count me in|i'm in|i'm game|let's go|go on then|sign (?:me|us) up
    """,
    meeting=rf"""
        let'?s (?:talk|chat|do|set|schedule|book|meet|connect|hop|jump|find|have|arrange|get|catch|go|discuss|speak
            |make|lock|aim|plan|try|say|explore)(?! (?:not|back to))
        (?:set ?up|schedule|book|arrange|organi[sz]e|find|grab|put|lock in|hop on|jump on|pencil|carve out
            |block)~3 (?:call|time|times|meeting|chat|demo|slot|something|invite|zoom|coffee|calendar|minutes|mins
            |half an hour|conversation|teams|intro|trial|me in|in)
        (?:send|shoot|drop|flick|forward|share|provide|pop|email|ping|throw|book)(?: me| us| over| through| across
            | along| on| please){{0,2}}~4 (?:invite|invitation|times|time|slots?|availability|calendar|calendly
            |booking link|meeting link|a link|the link|zoom|dates?)
        (?:give|gimme)~1 (?:me|us)? ?a~1 (?:call|ring|bell|buzz|shout)
        (?:call|ring|phone|text|reach|whatsapp) (?:me|us)(?: on| at| back| tomorrow| today| anytime| any time
            | after| this| next| in the| {_WHEN}| \d)
        (?:i'm|i am|we're|we are|i could do|could do|i can do|can do|i've got|am|i'm usually)~1 (?:free|available
            |around|open|time|flexible|slots?)~3 {_WHEN}
        (?:i|we) can (?:do|make|meet|talk|speak|chat)~2 (?:{_WHEN}|\d+)
        (?:does|would|will|is|can|could)~4 {_WHEN}~5 (?:work|suit|good|ok|okay|free|fine|possible|you|any good)
        (?:how about|what about|say|maybe|perhaps|try)~2 {_WHEN}
        {_WHEN}~4 (?:works?|suits?|is good|is fine|is great|is best|good for me|would work|would be good
            |would be great|would suit)
        works? (?:for|well for|great for|fine for|best for) (?:me|us|my)
        when (?:are you|is a good time|works|would you|can we|could we|suits|do you have|should we
            |can you)~3(?: free| available| talk| chat| meet| call| time| you| speak| time| good)?
        what(?:'s| is| are| does)~1 (?:your|you)~2 (?:availability|calendar|schedule|look like|number|phone|free)
        (?:here's|here is|this is|use|via|through|on|to) my~1 (?:calendar|calendly|booking|scheduling|cell|mobile
            |direct|number)
        my (?:number|cell|mobile|direct line|calendar|calendly|phone)~2 (?:is|link)
        let (?:me|us) know~4 (?:times?|when|suits?|works?|availab\w+|slots?|dates|days)
        (?:do|would|have)~1 (?:you|u)~2 (?:have|got|free)?~3 (?:mins?|minutes|availability|slots?)
        can do~2 {_WHEN}
        calendly com|cal com|meetings hubspot
        (?:can|could|shall|should|may|would) (?:we|you|i)~3 (?:set ?up|schedule|book|chat|talk|meet|hop on|jump on
            |call|demo|show|walk|do a|speak|arrange|connect|organi[sz]e|have a call)
        (?:free|available|around)~3 (?:{_WHEN}|\d+)(?: today| tomorrow)?
    """,
    wants_more=r"""
        (?:send|email|forward|share|provide|give|get|shoot|flick|have|see|receive|pass)(?: me| us| over| through
            | across| along| it| that| on| please| the| a| an| some| any| more| further| your| details| additional
            | over the){0,5} (?:info\w*|details?|proposal|deck|case stud\w+|pricing|prices?|overview|brochure|quote
            |examples?|one pager|samples?|link|price list|rates|estimate|references?|audit|analysis|report
            |something|it over|it through|material\w*|presentation|video|demo|more|docs?|pdf|breakdown|white ?paper
            |contract|agreement)
        (?:more|further|additional) (?:info|information|details|about)
        (?:learn|hear|know|find out|understand|see) (?:a bit |a little |some |much )?more
        what(?:'s| is| are| does| do| would| kind of| sort of)~5 (?:costs?|pric\w+|rates?|fees?|charge|timeline
            |process|next steps?)
        (?:how much|how long|how does|how do you|how would)~4 (?:cost|is|does|charge|work|it|this|take|price
            |pricing|that|you|would|pay|onboarding)
        (?:pricing|price|ballpark|cost)(?: please| info| details| range| idea)?$
        (?:do|can|could|would|does|have)~1 (?:you|your|it|this)~3 (?:offer|integrate|support|have experience
            |work with|cover|include|handle|provide)~6
        next steps
    """,
    german=r"""
        (?:klingt|hort sich|ist|finde\w*)~2 (?:gut|interessant|spannend|super|vielversprechend|toll)
        (?:habe|haben|hatte\w*|besteht|grosses|grundsatzlich)~2 interesse|interesse (?:ist|besteht|hatte\w*|habe\w*)
        (?:bin|sind|ware\w*|grundsatzlich|sehr|das|dies|angebot)~2 interessiert(?! nicht| uns nicht| mich nicht)
        wann~3 (?:zeit|passt|telefonieren|sprechen|treffen)
        gerne?~8 (?:telefon\w*|termin\w*|sprech\w*|gesprach\w*|austausch\w*|kennenlern\w*|treffen|anruf\w*|rufen
            |vorbei|mehr|demo)
        (?:lassen sie uns|lass uns|wollen wir|konnen wir|sollen wir|konnten wir)~5 (?:telefonieren|sprechen|reden
            |austauschen|treffen|termin|gesprach|zusammensetzen|verabreden|vereinbaren)
        passt (?:ihnen|es|mir|dir)|rufen sie (?:mich|uns)|ruf mich|melden sie sich~3 (?:telefonisch|morgen|gern\w*)
        (?:schicken|senden|ubersenden|zukommen|zusenden)~6 (?:info\w*|unterlagen|angebot|termin\w*|details|material
            |preise|preisliste|mehr)
        (?:mehr|weitere|nahere)~1 (?:informationen|infos|details|erfahren|wissen)
        was kost\w*|wie ?viel kost\w*|wie hoch~3 (?:kosten|preis)|preise?$
        termin\w*~2 (?:vereinbaren|vorschlag\w*|ausmachen|finden|machen|senden|schicken)|freue mich auf
    """,
    french=r"""
        (?:cela|ca|qui|votre \w+|tres|suis|sommes|serais|serions|serait|oui|m'|nous)~2 (?:m'|nous )?interess\w+
        avec plaisir|volontiers|bien sur|(?:parait|semble|a l'air|est) (?:tres )?interessant\w*
        (?:vos|quelles~2) disponibilites?|(?:suis|serais|sommes) disponible|(?:etes|seriez) vous (?:disponible
            |libre)
        (?:prendre|prenons|fixer|fixons|caler|calons|convenir|organiser|organisons|planifier|proposer
            |proposez)~3 (?:rendez vous|rdv|appel|creneaux?|echange|date|visio|point|reunion)
        (?:pouvez|pourriez|peux|pourrais) (?:vous|tu|on)~3 (?:envoyer|appeler|rappeler|presenter|transmettre|parler
            |discuter|echanger|voir)
        (?:envoyez|transmettez|faites)~2 (?:moi|nous)~4|appelez moi|rappelez moi|parlons en|discutons
        plus d'info\w*|en savoir plus|davantage d'info\w*
        (?:quel\w*|combien)~3 (?:prix|tarifs?|cout\w*|coute)|vos tarifs
    """,
    spanish=r"""
        (?:me|nos) (?:interesa|interesaria|gustaria|encantaria|parece (?:bien|interesante))
        (?:estoy|estamos|estaria|estariamos) (?:muy )?interesad\w+
        suena (?:muy )?(?:bien|interesante|genial)|parece (?:muy )?interesante
        (?:agend|program|concert|coordin|organic|reserv|fij)\w+~3 (?:llamada|reunion|cita|demo|videollamada|hora
            |fecha|algo)
        (?:podemos|podriamos|puedes|puede)~2 (?:hablar|llamar\w*|reunirnos|agendar|conversar|enviar\w*|mandar\w*
            |quedar|vernos)
        hablamos|hablemos|llam(?:eme|ame|enme)|cuando (?:podemos|puede|puedes|te viene|le viene)
        (?:envi|mand|pas|compart)(?:e|eme|ame|enme|ar|arme|a|en)~4 (?:info\w*|detalles|propuesta|precios?
            |presentacion|mas|tarifas|presupuesto)
        mas (?:informacion|detalles|info)|saber mas|conocer mas
        cuanto (?:cuesta|cuestan|vale|costaria|seria)|que precio|cual es el (?:precio|coste|costo)
        con (?:mucho )?gusto|encantad[oa] de|claro que si|por supuesto
    """,
)
# Before a wish, in its sentence: it is denied, conditional, or somebody else's.
DENIED = re.compile(
    r"(?:^|[ '])(?:not|no|never|cannot|nobody|none|nor|neither|without|unless|whether|hardly|too busy|stop"
    r"|whenever|n't|dont|wont|cant|isnt|"
    r"\w+n't|are you|were you|you were|you'd be|you are|you're|we are only|only be|already|"
    r"kein\w*|nicht|nie|falls|pas|plus|jamais|aucun\w*|ne|n'\w*|si|tampoco|nunca|sin)(?: [\w']+){0,3}$"
)
IF = re.compile(
    r"(?:^| )(?:if|when|once|should|until|in case|wenn|sobald|cuando|quand|lorsque) (?:(?:we|i|things|it|that"
    r"|there|anything|this|wir|ich|sich|nous|je|nos|me|estamos)\b)"
)
