"""The words by which opt-outs, absences and machines are known, in English, German, French and Spanish.

Each rule is a name and what is looked for in a sentence, in small letters without accents and punctuation, hyphens as
spaces ("e-mail" is "email" here): "pouvez-vous m'appeler ?" is searched as "pouvez vous m'appeler".
"""

import re

from conversion.folding import folded

Rules = tuple[tuple[str, re.Pattern[str]], ...]
_WORDS = r"(?: [\w']+){0,%d}"


def rules(**patterns: str) -> Rules:
    """Patterns are written over several lines, one alternative each, or the rest of one where a line begins with `|`. ~N stands
    for at most N words between.
    """
    return tuple((name, _compiled(text)) for name, text in patterns.items())


def _compiled(text: str) -> re.Pattern[str]:
    lines = [line.strip() for line in text.strip().splitlines()]
    whole = "|".join(lines).replace("||", "|")
    whole = re.sub(r"~(\d)", lambda found: _WORDS % int(found[1]), whole)
    return re.compile(rf"(?<![\w'])(?:{whole})(?![\w'])")


# A sentence that is nothing but one of these, politeness aside. CTIA's list for text messages, and what people answer to
# e-mails with.
STOP_WORDS = frozenset(
    """stop stopp stopall unsubscribe unsubscribed unsub unsubcribe unsuscribe unsubscibe unsubsribe unsuscribed optout
    abmelden abbestellen austragen stornieren desabonner desabonnement desinscription desinscrire desabonnez baja
    desuscribir desuscribirme disiscrivi afmelden uitschrijven""".split()  # noqa: SIM905 (words are read as words)
) | frozenset(
    (
        "stop all", "stop it", "stop this", "stop now", "remove", "remove me", "opt out", "opting out", "opt me out",
        "take me off", "no more", "dar de baja", "darme de baja", "stop sms", "stop emails", "leave me alone", "go away",
        "delete me", "stop that", "just stop",
    )
)  # fmt: skip
# In further alphabets: Russian, Greek, Arabic, Chinese, Japanese, Korean.
STOP_WORDS |= {
    folded(word)
    for word in (
        "стоп", "отписка", "отписаться", "отпишите", "στοπ", "توقف", "إيقاف", "إلغاء", "إلغاء الاشتراك", "停止", "退订", "退訂",
        "取消订阅", "配信停止", "중지", "수신거부",
    )
}  # fmt: skip
# How a short text message ends that is a wish, whatever stands before it: "no stop", "wrong number stop".
SMS_LAST = re.compile(r"(?<!don't )(?<!dont )(?<!not )(?<!never )(?<!can't )(?<!cant )(?<!non )(?<!next )(?<!the )(?<!a )"
                      r"(?<!bus )(?<!won't )(?<!at )(?<!pit )(?<!to )\bstop(?:all)?$")  # fmt: skip
SMS_SHORT = 5  # words
# Of a text message alone: in a mail they may mean anything.
SMS_STOP_WORDS = frozenset(
    {"quit", "end", "cancel", "revoke", "arret", "alto", "parar", "fin", "salir", "ende", "aus", "dnd"}
)
POLITE = frozenset(
    "please pls plz thanks thx thank you bitte danke merci svp por favor gracias me hi hello ok sofort".split()  # noqa: SIM905
)
# A sentence below a name that is a wish holds one of them; "Unsubscribe | Privacy" is the foot of somebody's newsletter.
ASKING = frozenset("me us my our i please pls mich uns bitte moi nous m'ecrire me nos mi favor".split())  # noqa: SIM905

_UNSUB = r"un ?su[bs]{0,2}s?c?r?i?be?d?"
# "People unsubscribe", "the unsubscribe rate": spoken of, not asked for.
_NOT_OTHERS = "".join(f"(?<!{one} )" for one in ("people", "customers", "users", "subscribers", "they", "who", "leads",
                                                 "the", "of", "your", "our"))  # fmt: skip
_WRITE = (
    r"(?:e ?mail|mail|text|txt|messag|msg|send|sending|contact|spam|writ|reach|bother|harass|pester|solicit|ping|phon"
    r"|ring|call)\w*"
)
_LETTERS = (
    r"(?:e ?mails?|mails?|messages?|texts?|communications?|contact|correspondence|calls?|spam|marketing|mailings?"
    r"|sms)"
)
_LIST = (
    r"(?:lists?|mailings?|mailing lists?|database|records?|system|crm|e ?mails?|distribution|sequence|campaigns?"
    r"|contacts?)"
)
OPT_OUTS = rules(
    unsubscribe=rf"""
        {_NOT_OTHERS}{_UNSUB}
        (?:the|your|no|any)~2 {_UNSUB}(?! (?:rates?|reporting|numbers?|flow|process|metrics?|header|headers))
        cancel~2 (?:subscription|these|emails?)
        de ?register~1 (?:me|us|my)
    """,
    remove_me=rf"""
        (?:remov|delet|eras|exclud|unlist|scrub)(?:e|ing|ed)? (?:me|us)
        (?:get|getting|take|taking|cut|cutting|pull|pulling|drop|dropping|strike|leave|leaving) (?:me|us) (?:off
            |from|out of)(?! guard)
        (?:i|we) want (?:out|off)
        (?:remove|delete|erase|purge|wipe|scrub|strike)~2 (?:my|our|this|all|any)~3 (?:address|details|data|info|information
            |number|domain|name|record|contact|company)(?:es|s)?
        (?:remove|removed|removing|take|taken|taking|delete|deleted|deleting|unlisted)~3 (?:from|off
            |out of)~4 {_LIST}
        (?:get|take) (?:my|our)~2 off(?! to| for)
        (?:be|i'm|am|being) (?:removed|taken off|deleted)
        (?:not|never)~1 on (?:any|your)~2 (?:mailings?|mailing lists?|distribution|campaigns?|sequence)
        (?:off|from)(?: of)? (?:your|this
            |all)~1 (?:mailing |distribution |contact |e ?mail |marketing |call )?lists?
        (?:do not|don't) (?:contact|call|mail|email) list
        (?:suppression|suppress|blacklist|blocklist|block) list
        (?:add|put)~3 (?:do not contact|do not call|dnc|suppression)
    """,
    stop_writing=rf"""
        (?<!don't )(?<!not )(?<!never )(?<!can't )(?<!won't )(?<!to )(?<!dont )(?:stop|quit|cease
            |discontinue)(?: with| the| all| ever| any| further| these| those| this| your| fucking| please
            | bloody){{0,3}} {_WRITE}
        (?:you|ask|asked|asking|told) to (?:stop|cease)~1 (?:emailing|contacting|texting|messaging|sending|spamming
            |calling|the emails|the messages)
        (?:stop|cease)(?! by| over| at| in| off)~3 (?:e ?mails|messages|texts|spam|spamming|newsletters)
        (?<!i )(?<!we )(?<!you )(?<!they )(?:do not|don't|dont|never)(?: ever| please| bother
            | want you to){{0,2}} (?:e ?mail|contact|text|message|write|write to|spam|mail
            |reach out to)(?: to)?(?: me| us| my| this| here| again| anymore| any more| ever)
        (?:do not|don't|dont|never)(?: ever| please)? (?:call|phone|ring|bother|pester)~3 (?:again|anymore|any more
            |ever)
        (?:do not|don't|dont|never)(?: ever| please)? send(?: me| us)?(?: any| more| anything| these| this| such
            | further| another| unsolicited){{0,3}} (?:{_LETTERS}|more|anything|again|crap|junk|shit|stuff|else
            |further)
        (?:no|without any) (?:more|further|additional|future)~1 {_LETTERS}
        no (?:more|further) (?:follow ?ups?|outreach|of (?:this|these))
        (?:do not|don't|dont|no longer|never) want~2 (?:any )?more~2 (?:of )?(?:these|this|it|them|those)
        (?:do not|don't|dont|never|not to|not be|to not|should not|shouldn't|must not|may not|would not|wouldn't
            |won't|will not|are not|are never)(?: (?!but |and |so |just |instead |hesitate|forget|mind
            |for )[\w']+){{0,4}} (?:contact(?:ed|ing)?|e ?mail(?:ed|ing)?|messag(?:e|ed|ing)|text(?:ed|ing)?
            |writ(?:e|ten|ing)|call(?:ed|ing)?|follow(?:ed)? up|reach(?:ed)? out|approach(?:ed)?|bother(?:ed)?
            |spam(?:med)?)(?: (?!if |when |how |about )[\w']+){{0,2}} (?:again|any ?more|any further|further
            |in (?:the )?future|ever|going forward|for any reason|from now on)
        (?:permission|consent|authori[sz]ed?|allowed|right)~1 to~1 (?:e ?mail|contact|text|message|call) (?:me|us
            |this)
        (?:prefer|rather)~1 not~2 (?:receive|hear|be|get|contacted)
        (?:don't|do not|dont|stop|quit) us(?:e|ing)~1 (?:this|my|our)~2 (?:address|number|e ?mail|inbox)
        (?:do not|don't|dont) (?:reply|respond|write back|follow up)(?: again| anymore| any more| to this| to me)?$
        ^(?:do not|don't|dont) (?:text|txt|msg|message|call|ring|phone|contact|e ?mail)$
        (?:knock|cut) it (?:off|out)|give it a rest|enough (?:with the|of these|e ?mails|already)
        (?:unsolicited|unwanted|unrequested)~2 (?:e ?mails?|messages?|contact|communications?|mails?|texts?
            |marketing|spam|solicitations?|unwanted)
        (?:no|not accept|don't accept|do not accept)~1 (?:solicit\w*|cold (?:emails?|calls?|outreach))
        refrain~2 (?:{_WRITE}|any|further)
        cease~2 desist
        (?:i|we)? ?(?:do not|don't|dont|no longer|not|never|didn't)(?: wish| want| like| care| need| consent| agree
            | ask)(?: to| you| for)~1 (?:receive|receiving|hear|be contacted|be emailed|be on|getting {_LETTERS}
            |get~2 {_LETTERS}|e ?mails?|e ?mailing|contacting|this spam)
        (?:do not|don't|dont|no longer) want~3 {_LETTERS}
        (?:do not|don't|dont)~1 consent
        leave (?:me|us) (?:alone|be)
        lose (?:my|this|our) (?:number|email|address|contact)
        (?:take|remove)~1 (?:the )?hint
    """,
    opt_out=r"""
        opt(?:ed|ing)?(?: me| us)? ?out(?! (?:rates?|process|page|numbers|options?|form))
        withdraw~2 consent
        revoke~2 consent
    """,
    erase=r"""
        (?:erasure|deletion|removal)~1 (?:of|request)~4 (?:data|details|information|record|me)
        right to (?:be forgotten|erasure|object)
        (?:article|art) (?:17|21)
        object~3 (?:processing|direct marketing|marketing|use of)
        right to object
        (?:cease|stop)~1 processing
        (?:erase|delete|destroy|remove|purge)~1 (?:my|our|all|any|personal|me|us)~4 (?:data|details|information)
    """,
    spam_complaint=r"""
        (?:this|it|you|your email|it's|that)(?: is| are|'s
            |'re)? (?:just |total |pure |complete |nothing but )?(?:spam|spammers?|spamming|harassment|junk mail)
        (?:report|reported|reporting|flag|flagging|flagged|mark|marked|marking|block|blocking|blocked)~1 (?:you
            |this|it|your|as)~4 (?:spam|junk|phishing|abuse|authorities|ftc|ico|isp)
        reporting (?:you|this (?:to|as))
        (?:i'm|i am|i've|i have)~1 (?:blocked|blocking) (?:you|your)
        spamming (?:me|us)
        (?:fuck|piss|bugger|sod|eff|jog|rack) off
    """,
    german=r"""
        aus~1 (?:ihrem|ihrer|eurem|eurer|dem|der|deinem|diesem|dieser|allen)~2 (?:\w*verteiler\w*|\w*liste\w*
            |\w*datenbank|\w*adressbestand|kartei|system)
        von~1 (?:ihrer|der|eurer|dieser|allen|ihren)~2 (?:\w*liste\w*|\w*verteiler\w*)
        (?:abbestell|abmeld|auszutrag|austrag|abzumeld|abzubestell)\w*
        (?:melden|tragen|bestellen) sie (?:mich|uns|das|den)~4 (?:ab|aus)
        (?:melde|trag|trage|bestell|bestelle)~2 (?:mich|uns|newsletter)~3 (?:ab|aus)
        kein\w* (?:weitere[nrms]?|weiter|kunftigen?|zukunftigen?|solchen?|unaufgeforderten?
            |unerwunschten?)~2 (?:e ?mails?|mails?|nachrichten|werbung|anrufe|kontakt\w*|zusendung\w*|sms
            |newsletter|angebote)
        kein\w*~2 (?:e ?mails?|mails?|nachrichten|werbung|newsletter|post|anrufe|sms|kontaktaufnahme)~3 mehr
        kein\w* (?:werbung|werbemails?|newsletter|spam|werbe\w*|mehr)~2 (?:erhalten|bekommen|zusenden|schicken
            |senden|erwunscht|mails?|e ?mails?|nachrichten)
        nicht (?:mehr|weiter|langer|noch einmal|nochmals?|wieder)~2 (?:kontaktier\w*|anschreib\w*|anruf\w*
            |schreib\w*|angeschrieben|belastig\w*|beschick\w*|anzuschreiben|zu schreiben|zu kontaktieren)
        (?:kontaktieren|schreiben|belastigen) sie (?:mich|uns|mir)~1 (?:bitte )?(?:nicht|nie)
        (?:horen|hort|hor)~2 auf
        unterlassen sie|zu unterlassen|unterlassung|verschonen sie
        widerspr(?:eche|uch|echen)~9 (?:werb\w*|daten|nutzung|verarbeitung|verwendung|kontakt\w*|dsgvo)
        widerspreche
        losch(?:en|t|e)?(?: sie| ihr)?~2 (?:meine|unsere|mich|uns)
        (?:meine|unsere)~4 (?:losch|entfern|zu losch|zu entfern)\w*
        losch(?:ung|en)~2 (?:meiner|unserer|meine|aller|aus)
        (?:nehmen|nimm|streichen|entfernen|losch\w*) sie (?:mich|uns|meine|unsere)
        (?:mich|uns)~6 (?:verteiler|streichen|entfernen|loschen)
        (?:lassen|lasst|lass)~2 (?:mich|uns)~1 in ruhe
        (?:das ist|reine[rs]?|nur) (?:spam|belastigung)
    """,
    french=r"""
        (?:me |nous |vous )?(?:desabonn|desinscri)\w*
        (?:cesse|arrete|stoppe)(?:z|r)? (?:tout|toute|toutes|tous|vos|ces|cet|cette|les)~2 (?:envois?
            |communications?|messages?|mails?|e ?mails?|sollicitations?|demarchage|publicites?|relances?)
        (?:ne (?:jamais|plus)|plus jamais)~2 (?:contact|ecri|envoy|sollicit|appel|relanc)\w*
        (?:aucune?|plus de)~1 (?:communication|sollicitation|demarchage)s?
        (?:retir|supprim|enlev|effac|radi|ray|sort|ot)(?:ez|er|e|es|ir|ent|ons|iez)~6 (?:listes?|fichiers?|bases?
            |adresse|coordonnees|donnees|contacts|mailing|diffusion)
        (?:retirez|enlevez|supprimez|radiez|effacez) (?:moi|nous)
        ne (?:plus|pas)~1 (?:me |m'|nous )(?:contact|ecri|envoy|sollicit|derang|adress|appel|relanc|demarch
            |transmett)\w*
        (?:ne |n')(?:m'|me |nous )?(?:contact|ecriv|envoy|sollicit|appel|relanc)ez (?:plus|pas)
        ne (?:m'|me |nous )(?:contact|ecriv|envoy|sollicit|appel|relanc)\w* (?:plus|pas)
        (?:ne |n')?(?:souhait|veu|voul|desir)\w* (?:plus|pas|aucun)~2 (?:recevoir|etre (?:contact|sollicit|demarch
            |relanc)\w*|de (?:vos|ces)|vos)
        (?:arret|cess)(?:ez|er|e|es)~3 (?:[dm]')?(?:envo\w*|ecri\w*|contact\w*|spam\w*|sollicit\w*|harcel\w*
            |appel\w*|messages?|mails?|e ?mails?|m'\w+|pub\w*|relanc\w*)
        (?:stop|assez|marre|basta) (?:aux|avec|de|a|vos|la)~2 (?:mails?|messages?|pub\w*|spams?|sollicitations?
            |e ?mails?)
        plus (?:de|aucun)~1 (?:mails?|messages?|courriels?|sollicitations?|e ?mails?|sms|publicites?)
        (?:je )?m'oppos\w*
        (?:suppression|effacement|retrait) de (?:mes|mon|ma|nos|notre)
        (?:laissez|fichez|foutez) (?:moi|nous)~1 (?:tranquille|la paix)
        c'est du (?:spam|harcelement)
    """,
    spanish=r"""
        (?:dar|darme|darnos|darse|deme|denme|denos|dennos|dame|dadme) de baja
        (?:quiero|quisiera|solicito|pido|ruego|deseo)~2 (?:la |mi |de )baja(?! (?:medica|laboral|maternal|por
            |paternal))
        (?:me|nos) (?:den|de|des|dieran|puede dar|pueden dar|puedes dar) de baja
        no (?:me|nos) (?:vuelvan? a )?(?:envi(?:e|en|es|ar)|mand(?:e|en|es|ar)|escrib(?:a|an|as|ir)|contact(?:e|en
            |es|ar)|molest(?:e|en|es|ar)|remitan?)
        no (?:me|nos) llam(?:e|en|es) (?:mas|nunca)
        no (?:vuelva|vuelvan|vuelvas) a (?:escrib|contact|envi|mand|llam)\w*
        no (?:deseo|quiero|queremos|deseamos|quisiera)~2 (?:recib\w*|correos?|mensajes?|emails?|mas
            |ser contactad\w*|que me)
        (?:dej|par|ces)(?:e|en|a|ad|es|ar|en ya) de~1 (?:escrib|envi|mand|contact|llam|molest|spam)\w*
        (?:elimin|borr|quit|sac|suprim|retir|cancel)(?:e|en|ar|a|ad|es|eme|enme|ame|arme|an|enos|ennos
            |ennme)~6 (?:listas?|datos|correos?|base|direccion|email|contactos?|registros?)
        (?:borr|elimin|quit|sac)(?:enme|eme|ame|adme|arme)
        (?:desuscri|desapunt)\w*
        (?:que )?no (?:me|nos) (?:vuelvan?|sigan?|contacten?|escriban?|llamen?|envien?|manden?)~2 (?:contact|escrib
            |llam|envi|mand|correos?|mensajes?|mas)\w*
        (?:no|nunca) (?:deseo|quiero|queremos)~2 (?:que (?:me|nos)|mas|saber)
        (?:cancel\w*|anul\w*)~1 suscripcion
        basta (?:de|ya)
        (?:no|ningun)~1 mas (?:correos|mensajes|emails|mails|publicidad|spam)
        derecho (?:de|a la|al) (?:supresion|oposicion|olvido)
        (?:dejen|deje|dejadme|dejame)(?: me)? en paz
        esto es (?:spam|acoso)
    """,
    others=r"""
        (?:disiscri|cancellami|cancellatemi|rimuove?t\w+|uitschrij|schrijf\w* me|descadastr)\w*
        (?:remova|remover|retire|retirem)~3 lista
    """,
)
# In these sentences "to unsubscribe" is an offer, not a wish: a newsletter's or our own foot.
OFFERS = re.compile(
    r"\b(?:to|you can|you may|can|oder|um sich|pour vous|para)\b.{0,40}\b(?:un ?subscribe|opt out|abmelden"
    r"|abbestellen|"
    r"desabonner|desinscrire|baja|desuscribir\w*)\b.{0,60}\b(?:click|clic|klick\w*|here|hier|ici|aqui|link|lien"
    r"|enlace|below|visit|"
    r"http\w*|at any time|any time|newsletters?|preferences|jederzeit)\b"
    r"|\b(?:click|clic|klick\w*|visit|use|follow)\b.{0,60}\b(?:to un ?subscribe|to opt out|abmelden|abbestellen"
    r"|desabonner|desinscrire|baja)\b"
    r"|\bun ?subscribe (?:here|at|from our|from these alerts|by|rate|rates|reporting|instructions"
    r"|https?)\b(?! (?:list|please))"
    r"|\bif you (?:no longer|do not|don't) (?:wish|want) to (?:receive|get|hear)\b"
)
