"""The words by which refusals, delays and referrals are known, in English, German, French and Spanish.

Written as in `engines.inbound.phrases`.
"""

import re

from engines.inbound.phrases import rules

_FAR = (
    r"(?:next|following) (?:quarter|year|month|fiscal|season)|(?:in|after)~1 (?:a |an |one |two |three |four "
    r"|six |few |couple of |\d+ )~1 (?:months?|weeks?|quarters?|years?)"
    r"|(?:after|in|until) the (?:summer|holidays?|new year|break|spring|fall|autumn|winter|merger|launch|raise)"
    r"|later (?:this|in the) (?:year|quarter|spring|summer)"
    r"|(?:in|until|around|early|mid|late|come|by|start of|end of|beginning of)~1 (?:january|february|march|april"
    r"|may|june|july|august|september|october|november|december|q[1-4]|summer|spring|autumn|fall|winter|20\d\d)"
    r"|q[1-4]|(?:new|end of the|end of) year|(?:down the|further down the) (?:road|track|line)|in the future"
    r"|half of (?:the )?year|months? from now|year from now|h[12]"
)
LATER = rules(
    later=rf"""
        (?:circle|check|touch|reach|get|come|follow|ping|try|contact|write|email|mail|call|ask|revisit|reconnect
            |resend|speak|talk|reconvene|pick)~6 (?:{_FAR})
        (?:{_FAR})~6 (?:circle back|reach out|check in|get back|reconnect|try again|revisit|follow up
            |might be better|would be better|works better)
        (?:try|ask|check|contact|ping|reach)~3 (?:again|back|me)~1 (?:later|in)
        (?:circle|check|come|get|touch) back~1 (?:later|then|in)
        not (?:now|right now|yet|just yet|a good time|the right time|the best time|ready yet|a priority~1 (?:now
            |right now|at the moment|currently|yet|this quarter|atm))
        (?:maybe|perhaps|possibly)~1 (?:later|next)|quizas? mas|mas adelante|mas tarde|vielleicht spater
            |peut etre plus tard
        (?:bad|wrong|terrible|poor) (?:time|timing)
        timing (?:isn't|is not|isnt)~3 (?:right|great|good|ideal|best)
        timing is~2 (?:bad|off|wrong|terrible|tricky|tough|not)
        (?:isn't|is not|wasn't) (?:the|a)~1 (?:right|good|best) (?:time|moment|timing)
        (?:on hold|parked|back burner|hiring freeze|budget freeze|spending freeze)
        (?:too|super|really|crazy|very|slammed|swamped|flat out)~1 (?:busy|slammed|swamped|flat out)~1 (?:right now
            |at the moment|atm|currently|this month|this quarter)
        (?:im|am|zum) (?:moment|augenblick|jetzigen zeitpunkt)~3 (?:nicht|kein|passt)|(?:nicht|kein\w*)~3 (?:moment
            |augenblick|zeitpunkt)|derzeit nicht|aktuell (?:nicht|kein\w*)
        (?:melden|kommen|schreiben|kontaktieren|fragen) sie~6 (?:herbst|sommer|winter|fruhjahr|jahr|quartal
            |monaten?|wochen|spater|januar|februar|marz|april|mai|juni|juli|august|september|oktober|november
            |dezember)
        pas (?:pour le moment|maintenant|dans l'immediat|le bon moment|d'actualite)|(?:recontact|revenez|rappel
            |relanc|ecriv)\w*~6 (?:mois|rentree|annee|trimestre|semestre|plus tard|janvier|fevrier|mars|avril|mai
            |juin|juillet|aout|septembre|octobre|novembre|decembre)
        (?:ahora|por ahora|de momento|por el momento) no|no es (?:el|un)~1 (?:buen )?momento|(?:escrib|contact
            |vuelv|llam|busc)\w*~6 (?:meses|trimestre|ano|mas adelante|verano|enero|febrero|marzo|abril|mayo|junio
            |julio|agosto|septiembre|octubre|noviembre|diciembre)
    """,
)
REFERRALS = rules(
    referral=r"""
        not (?:the|really the)~1 (?:right|correct|best|appropriate) (?:person|contact|guy|one)
        (?:wrong person|wrong contact|not my (?:area|department|remit|call|decision|responsibility)
            |don't handle (?:this|that)|not involved in|not responsible for)
        (?:talk|speak|reach out|contact|email|write|get in touch|connect|check|try|ask|message|ping|go)(?: to| with
            | out to)?~5 (?:instead|who (?:runs|handles|looks|leads|owns|heads|manages)|(?:she|he|they) (?:runs?
            |handles?|looks?|leads?|owns?|heads?|manages?))
        (?:should|best|better|need|want|please|could)~2 (?:talk|speak|reach out|contact|get in touch|connect
            |be in touch)(?: to| with| directly with)~1 (?:my|our|the|[a-z]+ [a-z]+ )~2 (?:colleague|team|head
            |director|manager|boss|assistant|department|counterpart|partner|at|in|from|he|she|[\w']+ com|on)
        (?:should|would|best|better)~2 (?:talk|speak) (?:to|with)
        (?:best|right|correct|better) (?:person|contact|point of contact)~4 (?:is|would be|for)
        (?:forward|pass|hand|sen[dt]|refer)(?:ed|ing)?~1 (?:this|it|your|you|that)~3 (?:on to|on|along|over to
            |to) ?(?:my|our|the|[\w']+)?
        (?:handles|looks after|is responsible for|takes care of|is in charge of|runs|deals with)~2 (?:this|that
            |these|all|our|it|marketing|sales|everything)
        (?:wenden|richten) sie sich|(?:ansprechpartner\w*|zustandig)|leite~5 weiter|weitergeleitet an
            |nicht der richtige
        (?:transmets|transfere|fais suivre|transferer)~4 (?:a|au)|(?:adressez|rapprochez|dirigez|tournez) vous
            |pas la bonne personne|(?:s'occupe|s'en occupe|en charge)
        (?:dirija|pongase|hable|contacte)\w*~4 con|no soy la persona|(?:reenvio|paso|reenviado)~4 (?:a|al)
            |se encarga|encargad[ao]
    """,
)
REFUSALS = rules(
    not_interested=r"""
        (?:not|never|isn't|aren't|wasn't|weren't|no longer|hardly)(?: at all| really| currently| actually| be
            | personally| particularly| remotely| that| very| even){0,2} (?:interested|keen|interesting)
        (?:not|isn't|aren't|n't be|no longer)~2 interested
        (?:no|zero|little|don't have|do not have|not have)~1 interest
        uninterested|disinterested
        (?:isn't|is not|not|aren't|isnt|don't think|do not think|doubt)~3 (?:for (?:us|me|our)(?! to)|our thing
            |my thing|my cup of tea|up our alley)
        (?:ne|n')?~3 interess\w*~1 (?:pas|plus|guere)|interessiert (?:uns|mich|mir)?~1 ?nicht
        kein\w*~2 (?:interesse|bedarf|verwendung|budget)|nicht~2 (?:interessiert|interessant|relevant|notig
            |benotigt)|besteht kein\w*~1 (?:interesse|bedarf)
        (?:pas|non|aucun\w*|plus)~3 interess\w*|pas~2 (?:besoin|de budget|interet)|aucun (?:besoin|interet)
        no~3 interes\w*|sin interes
    """,
    no_thanks=r"""
        no ,?(?:thanks|thank you|thx|thankyou|ta|tks)
        thanks but no(?: thanks)?|thank you but no
        nein danke|danke nein|nein vielen dank|danke aber nein|non merci|merci mais non|no gracias|gracias pero no
        (?:it's|is|its|be|hard|firm|that's) a~2 (?:no|pass)(?: from| for)?
        (?:i'll|we'll|i will|we will|gonna|going to|have to|must|will|i|we|i'm going to|happy to)~1 (?:pass
            |decline)(?! this on| this to| it on| it to| that on| that to| your| along)
        respectfully (?:decline|pass)|politely decline|declining|going to decline
        hard pass|no dice|no way|count me out|don't bother|don't waste|waste of time|wasting (?:your|my|our) time
            |never going to
    """,
    no_need=r"""
        (?:don't|do not|dont|not|no longer|didn't|doesn't|won't)~3 (?:need|require|want)(?: this| it| that| any
            | your| help| anything| more| a| these| to| new| another| additional)
        (?:don't|do not|dont)~1 need
        (?:don't|do not|dont|can't|cannot|fail to)~1 see~2 (?:value|need|benefit|point|fit|use|advantage|upside)
        (?:don't|do not|dont) (?:spend|buy|outsource|pay for|use agencies)
        (?:no|zero|not a|don't have a|have no)~2 (?:need|budget|requirement|use for|appetite|plans|intention|funds
            |money)
        not (?:a|our|my) priority|nothing (?:here )?for you|no point|no (?:reason|plans|value)
        (?:decided|chosen|opted|going) (?:not|against)
        not~3 (?:a fit|good fit|right fit|great fit|best fit|a match|good match|relevant|applicable|looking (?:for
            |to|at)|in the market|needed|required|something we|something i|what we|what i|on our|worth|buying
            |going to happen|moving forward|proceed|proceeding|pursue|pursuing|go ahead|considering|shopping)
        (?:isn't|aren't|is not)~3 (?:fit|match|relevant|looking|something)
        can't afford|cannot afford|too expensive|out of our (?:budget|price range)
        brauchen (?:wir|das)~2 nicht|(?:benotigen|brauchen)~3 (?:nicht|kein\w*)|passt~2 nicht|passt nicht|absage
            |lehnen~3 ab|verzichten
        ne correspond (?:pas|plus)|n'avons pas besoin|n'ai pas besoin|ne (?:cherchons|cherche|souhaitons
            |souhaite) pas|ne donnerons pas suite|pas suite
        no (?:necesitamos|necesito|requerimos|buscamos|estamos buscando|tenemos presupuesto)|no (?:encaja|aplica)
    """,
    has_one=r"""
        (?:all|we're|already|i'm|are|am) (?:good|set|sorted|covered|taken care of)(?! time| idea| thing| to)
        all set|all good here
        (?:already|just|currently|recently|have)~3 (?:have (?:a|an|someone|somebody|this|one|that|our)|got (?:a|an
            |someone|this)|use|using|work(?:ing)? with|partner(?:ed|ing)? with|signed|engaged|hired|under contract
            |outsource|contracted|committed)
        (?:happy|satisfied|content|pleased)~1 with~1 (?:our|the|what|them|my|who|him|her|current|existing|it)
        (?:have|got|using|with)~1 (?:a|an|our)~2 (?:provider|vendor|supplier|agency|solution|in house)~3 (?:already
            |for this|in place|we)
        (?:do|does|handle|handled|manage|managed|run|built|build|done|keep|kept|everything|all of|all our|all this
            |this|it|that)~4 (?:in house|internally|ourselves)
        (?:have|got|we've|has)~3 (?:internal|in house|own|dedicated)~1 (?:team|person|people|staff|guy|agency
            |department)
        (?:went|gone|going|chose|chosen|decided|signed)~2 (?:with|to go with|on)~1 (?:another|someone else
            |a different|a competitor|your competitor|other)
        haben (?:bereits|schon)|sind (?:bereits|schon)~2 versorgt|bereits~3 (?:anbieter|dienstleister|partner
            |agentur|losung|versorgt)
        (?:avons|ai|dispose|disposons|travaillons)~1 deja|deja~3 (?:prestataire|partenaire|fournisseur|equip\w+
            |solution)
        ya (?:tenemos|contamos|trabajamos|dispongo|tengo)
    """,
    hostile=r"""
        (?:how dare you|scam|scammers?|idiots?|moron|bullshit|annoying|pathetic|unprofessional|shame on you)
        wrong number
    """,
)
# A sentence that is nothing but one of these.
NO_WORDS = re.compile(
    r"(?:sorry |hi |hey )?(?:no|nope|nah|naw|no way|never|hard no|hard pass|pass|nein|non|not for (?:us|me)"
    r"|not really|no interest|no need)"
    r"(?: sorry| mate| man| ann| thanks| thank you| sir| bro| buddy| leider| merci| gracias)*"
)
