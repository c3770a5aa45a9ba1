"""The words by which absences, machines and bounces are known, in English, German, French and Spanish.

Written as in `engines.inbound.phrases`.
"""

import re

from engines.inbound.phrases import rules

# Somebody who is away; each is enough by itself.
ABSENCES = rules(
    english=r"""
        (?:out of|not in|away from|out of the|back in)(?: the| my| our)? (?:office|workplace)
        ooo|oof|ooto
        (?:on|taking|take)(?: an?| my| some| a short| extended| annual| family| paid| sick| parental| maternity
            | paternity| medical| personal| long| service| study| bereavement| adoption){0,4} (?:leave|vacation
            |holidays?|pto|sabbatical|honeymoon|annual leave|furlough)
        (?:parental|maternity|paternity|medical|annual|sick|study|compassionate|bereavement) leave
        (?:away|off|out)~1 (?:on|for)~3 (?:holidays?|vacation|leave|pto|business|work trip|conference)
        (?:i'm|i am|i'll be|i will be|will be|is|am|currently)~2 (?:off|out) sick
        (?:limited|intermittent|no|sporadic|patchy|restricted|little|infrequent|very little
            |without)(?: or no)? access to~2 (?:e ?mails?|internet|messages|inbox)
        (?:limited|no|patchy|poor) (?:internet|connectivity|reception|wifi)
        (?:office|company|business|we) (?:is|are|will be)~1 (?:closed|shut)
        office(?:s)? closed
        (?:not|won't be|not be|n't be) (?:checking|reading|monitoring|looking at)~2 (?:e ?mails?|messages|inbox)
        jury duty
        on my (?:return|first day back)
        (?:when|once|as soon as) i(?:'m| am)?~1 (?:return|back|get back|in)
        time off|day off|days off
        slow(?:er)? (?:to|in) (?:respond|reply|responding|replying)
        (?:delayed|slow|slower) (?:response|responses|reply|replies)
        off (?:the )?grid
        out of (?:town|the country|action)
        non working day|(?:don't|do not|not) work(?:ing)?~1 (?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?
            |weekends)
        honeymoon|mental health day|(?:in|for|after|from|having|recovering from) surgery
        (?:not|won't be|n't be) (?:at|in) (?:my desk|work|the office)
    """,
    english_until=r"""
        (?:i'm|i am|i'll be|i will be|we're|we are|will be|am|currently|is)~2 (?:out|away|off|unavailable
            |offline)~2 (?:until|till|til|through|from|today|this|for|on|all|next|between|with|and will)
        (?:out|away|off|closed|offline|unavailable) (?:until|till|til|through|thru)
        (?:i'm|i am|i'll be|i will be|we'll be|we will be|will be|we are|we're|be) back~2 (?:on|in|at|by|from|the
            |monday|tuesday|wednesday|thursday|friday|tomorrow|next|january|february|march|april|may|june|july
            |august|september|october|november|december|online)
        (?:i|we)? ?(?:will|shall|i'll|we'll)~1 (?:return|reopen|be returning)
        (?:i|we|and|will|i'll|we'll) (?:return|resume|reopen)~4 (?:on|monday|tuesday|wednesday|thursday|friday
            |tomorrow|next|\d+)
        back (?:at|in|on|from) (?:my desk|work|deck|the office|leave|\d+)
        returning~3 (?:on|to|monday|tuesday|wednesday|thursday|friday|january|february|march|april|may|june|july
            |august|september|october|november|december)
        (?:respond|reply|get back to you)~4 (?:when|once|upon|on|after) (?:i|my|we)~1 (?:return|get back|am back
            |back)
    """,
    german=r"""
        nicht~2 (?:im buro|im hause|im haus|erreichbar|am platz|am arbeitsplatz|im dienst|verfugbar|anwesend
            |zu erreichen)
        ausser haus|ausserhalb des buros|ausser dienst
        (?:im|in|in den|aus dem|bis|auf)~2 (?:\w*urlaub|elternzeit|mutterschutz|dienstreise|geschaftsreise
            |fortbildung|betriebsferien|ferien|krankenstand|karenz|sabbatical|kur)
        abwesen\w*|\w*abwesenheit\w*
        (?:wieder|zuruck)~2 (?:im buro|erreichbar|da|fur sie|im hause|im dienst|personlich|zur verfugung|zuruck
            |am platz|im einsatz)
        (?:krank|erkrankt|krankheitsbedingt|krankgeschrieben)
        (?:lese|rufe|bearbeite|beantworte)~4 (?:nicht|nur|sporadisch|unregelmassig|eingeschrankt)
        (?:nur )?(?:eingeschrankt|sporadisch|unregelmassig) (?:erreichbar|zugriff|verfugbar)
        (?:buro|geschaft|praxis|firma|betrieb)~5 geschlossen
        nach meiner ruckkehr|bei meiner ruckkehr|ruckkehr
    """,
    french=r"""
        absente?s?|absence|mon absence
        (?:en|de) (?:conges?|vacances|deplacement|formation|rtt|voyage|arret(?: maladie)?|seminaire)
        conges? (?:maternite|parental|paternite|annuels?|maladie|de|d'ete|jusqu)
        (?:de|mon|des mon|a mon) retour
        hors (?:du|de mon) bureau|pas au bureau|pas joignable|injoignable|indisponible
        (?:bureaux?|societe|agence|entreprise|cabinet|etude|boutique|magasin|etablissement|locaux)~4 ferme\w*
        acces limite|peu acces|pas acces
        je (?:serai|suis) de retour|je reprends|je rentre
    """,
    spanish=r"""
        fuera de~2 (?:oficina|despacho|trabajo)
        ausen(?:te|tes|cia)
        de (?:vacaciones|baja|permiso|viaje|licencia|descanso)
        (?:volvere|vuelvo|regreso|regresare|retorno|retornare|reincorpor\w+|estare de vuelta|estare de regreso)
        no (?:estare|estoy|me encuentro)~2 (?:disponible|oficina|localizable)
        acceso limitado|sin acceso
        (?:oficina|oficinas)~3 cerrad\w+
    """,
)
# Somebody who may be away, or speaks of it on the side: it counts where nothing else is said.
HINTS = rules(
    hints=r"""
        (?:i'm|i am|i'll be|i will be|currently|be|am)~2 (?:away|travell?ing|unavailable|offline|abroad|overseas
            |on the road|on a plane|flying|on site|in transit)
        (?:i'm|i am|i'll be|am|be) (?:at|attending)~2 (?:conference|trade show|offsite|off site|summit|event
            |training)
        (?<!get )(?<!getting )(?<!come )(?<!call )(?<!feed)back|reopen|return|returning
        away today|out today|out this week|out all week|unterwegs|en deplacement|viajando
        only working|work (?:monday|tuesday|wednesday|thursday)
        this week~4 intermittent|limited (?:connectivity|connection|internet|availability|email)
        back (?:on |at |in )?\d+|(?:all|most of the) day
    """,
)
# Not now, or not the writer: "I was out of the office", "are you out of the office?".
NOT_AWAY = re.compile(
    r"\b(?:was|were|been|had|just|after|war|waren|gewesen|hatte|etais|etait|estaba|estuve|estado|you(?:'re| are"
    r"|r)?|sie sind|vous etes|"
    r"got back|back from|returned from|aus dem|de retour de|since|before|if|sorry|apologies"
    r"|entschuldigung)\b(?! (?:out of reach))"
)
# An absence that is yet to come: who speaks of it is there now.
AHEAD = re.compile(
    r"\b(?:out|away|off|travell?ing|on (?:leave|vacation|holidays?|pto))(?: of (?:the )?office| all)? next (?:week|month)\b"
)
ABSENT_SUBJECTS = re.compile(
    r"\b(?:out of (?:the )?office|out of the country|ooo|on leave|on holiday|on vacation|annual leave"
    r"|maternity leave|away from (?:my )?desk|"
    r"\w*abwesen\w*|nicht im (?:buro|haus)|urlaub|absent\w*|absence|absence du bureau|conges?"
    r"|fuera de (?:la )?oficina|ausen\w+|vacaciones)\b|^away$"
)
AUTOMATIC_SUBJECTS = re.compile(
    r"^(?:(?:re|aw|fw|fwd|sv|antw) )*(?:auto(?:matic|mated|matisk|matica)? ?(?:reply|response|answer)|autoreply"
    r"|autoresponse|auto|"
    r"automatische (?:antwort|ruckantwort)|reponse automatique|respuesta automatica|risposta automatica"
    r"|automatisch antwoord|"
    r"we (?:have )?received your|thank you for (?:contacting|your (?:e ?mail|message|enquiry|inquiry|request))"
    r"|thanks for contacting|"
    r"(?:your )?(?:ticket|request|case|enquiry|inquiry) (?:received|id|no|number|\d)|ticket \d+|read)\b"
)
MACHINES = rules(
    automatic=r"""
        (?:this is|is|sent|generated) (?:an? )?auto(?:matic|mated|matically|matisch)\w*
        auto(?:mated|matic|matically)(?: generated| system)? (?:message|reply|response|e ?mail|notification
            |generated|mail|acknowledg\w+)
        (?:do not|don't|not|cannot) (?:reply|respond|answer)~1 (?:to )?(?:this|directly|here)
        (?:mailbox|inbox|address|account|e ?mail)~3 (?:not|no longer|isn't|un) ?(?:monitored|checked|attended|read
            |in use|actively)
        unmonitored|unattended|no reply address
        (?:ticket|case|request|enquiry|inquiry|reference)~2 (?:number|id|no|created|logged|opened|received
            |registered|assigned)
        (?:ticket|case|request|enquiry|inquiry|message|e ?mail|submission) (?:\w*\d\w* )?(?:has been|have been
            |was)~1 (?:received|logged|created|registered|opened|assigned|forwarded to~3 team)
        (?:logged|registered|recorded)~2 (?:message|request|e ?mail|enquiry|inquiry)~1 as
        (?:we|we have|we've|we had)~1 received your (?:e ?mail|message|request|enquiry|inquiry|submission)
        (?:we|team|somebody|someone|representative|member of~3 team)~5 (?:within|in)~1 (?:\d+|one|two|three
            |next)~1 (?:business |working )?(?:hours?|days?)
        (?:thank you|thanks) for (?:contacting|your enquiry|your inquiry|reaching out to)~6 (?:team|support
            |customer)
        (?:to make sure|confirm|verify|prove)~3 (?:human|not a robot|real person|sender)
        spam (?:protection|arrest)
        (?:sent|messages|emails|pitches)~5 (?:deleted unread|not be (?:read|answered)|automatically deleted)
        accuse de reception|acuse de recibo|(?:bitte )?antworten sie nicht
        add comments|reply above this line
        (?:emails|messages)~5 not~1 processed
        automatisch (?:generiert|erstellt|versendet)\w*|automatische (?:antwort|nachricht|eingangs\w*|mail)
            |eingangsbestatigung
        (?:ihre|deine) (?:anfrage|nachricht|e ?mail|mail)~4 (?:eingegangen|erhalten|erfasst|weitergeleitet)
        ticket(?:nummer| nummer| nr| id)|vorgangsnummer|wird nicht (?:gelesen|uberwacht|bearbeitet)
        (?:message|reponse|mail|e ?mail|courriel) automatique|ne pas repondre|merci de ne pas repondre
        (?:avons|a) bien (?:recu|ete recu\w*)~3 (?:message|demande|mail|courriel|e ?mail)
        (?:votre|la) demande~4 (?:enregistree|prise en compte|recue)
        (?:mensaje|respuesta|correo) automatic\w*|no responda|no responder a este
        hemos recibido su|su (?:solicitud|mensaje|consulta)~3 (?:recibid|registrad)\w*
    """,
)
LEFT = rules(
    left_company=r"""
        (?:no longer|not any longer) (?:with|work\w*|employed|at|part of)
        (?:has|have|i've|had) (?:now |since |recently )?left (?:the (?:company|business|firm|organi[sz]ation|team)
            |[\w']+(?: [\w']+)? (?:and|as of|to pursue|since|on))
        (?:left|leaving) the (?:company|business|firm|organi[sz]ation)
        (?:doesn't|does not|don't) work (?:here|for us|at|with us) ?(?:anymore|any more|any longer)?
        passed away|is deceased|(?:am|i'm|is|now|since i|have|has)~1 retired
        (?:company|business|firm|shop|practice|organi[sz]ation|we|startup)~3 (?:sold|closed down|closed its doors
            |shutting down|shut down|ceased (?:trading|operations)|bankrupt|liquidat\w+|dissolved|winding (?:up
            |down)|out of business|no longer exists)
        last (?:working )?day (?:was|at|with)
        nicht mehr (?:bei uns|fur uns|im unternehmen|in der firma|fur das unternehmen)
        (?:hat|habe) (?:das|unser) unternehmen~3 verlassen|ausgeschieden
        (?:ne travaille|ne fait|ne fais) plus|plus partie~2 (?:societe|entreprise|effectifs)|(?:a|ai) quitte (?:la
            |l'|notre|ses)~1
        ya no (?:trabaja|forma|labora|pertenece)\w*
    """,
)
BOUNCED_SUBJECTS = re.compile(
    r"^(?:undeliver\w+|undelivered mail\b|mail delivery (?:failed|failure|subsystem)"
    r"|delivery (?:status notification|failure|has failed|failed|delayed)|"
    r"failure notice|returned mail|mail system error|message (?:not delivered|undeliverable"
    r"|could not be delivered|delivery failure)|delivery incomplete|non delivery|nicht zustellbar|"
    r"unzustellbar|non remis|echec de|no se puede entregar|no se ha podido|no entregado|error de entrega"
    r"|delivery notification)"
)
BOUNCES = rules(
    bounce=r"""
        (?:couldn't|could not|can't|cannot|wasn't|was not|unable to|not able to
            |failed to)~2 (?:be )?deliver(?:ed)?~6 (?:recipients?|address\w*|message|following|because|to)
        delivery to the following~1 (?:recipients?|address\w*) (?:failed|has failed)
        delivery~4 failed permanently
        (?:address|user|recipient|mailbox)~1 (?:not found|unknown|couldn't be found|does not exist|doesn't exist
            |rejected)
        nachrichtenzustellung|konnte nicht zugestellt werden|echec de la remise|n'a pas pu etre remis
            |no se pudo entregar
        qmail send program|mail delivery software|this is the mail system at host
    """,
)
