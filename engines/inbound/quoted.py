"""What the writer of a mail says himself: without the quoted history, and with what stands under his name apart.

Written here because the libraries for it cut everything after a line such as "Thanks," as a signature, an opt-out
included, and match with nested repetitions, whose time a hostile mail can stretch.
"""

import re

from conversion.folding import canonical, folded

LENGTH = 20_000  # characters; what a person says stands above that
HEADER_LINES = 3  # over which programs break the line "On ... wrote:"
SIGNATURE_LINES = 12

_HISTORY = re.compile(
    r"^(?:on|am|le|el|il|op|em) .{4,300}(?:wrote|schrieb.{0,120}|a ecrit|escribio|ha scritto|schreef|escreveu) ?:$"
    r"|^.{0,200}<[^<>@\s]{1,80}@[^<>\s]{1,120}> ?(?:wrote|schrieb|a ecrit|escribio) ?:$"
    r"|^\d{4}-\d\d-\d\d .{0,200}<[^<>@\s]{1,80}@[^<>\s]{1,120}> ?:$"
)
_OPENS_HISTORY = re.compile(
    r"^(?:on|am|le|el|il|op|em|\d{4}-) ?.{4,}|^.{0,200}<[^<>@\s]+@|^.{2,60},? .{0,100}\d\d:\d\d"
)
# Everything below one of these was written before.
_ENDS = re.compile(
    r"^[-_ ]{2,}(?:original message|ursprungliche nachricht|original-nachricht|message d'origine|message original|"
    r"mensaje original|forwarded message|weitergeleitete nachricht|message transfere|mensaje reenviado|reply message)"
    r"[-_ ]*$|^_{20,}$|^begin forwarded message:?$|^anfang der weitergeleiteten nachricht:?$|"
    r"^(?:confidentiality notice|this e-?mail (?:and any|is confidential|message)|the information in this e-?mail|"
    r"diese e-?mail enthalt vertrauliche|ce message et toutes les pieces|este mensaje (?:y sus|contiene))"
)
_FROM = re.compile(r"^\*?(?:from|von|de|da) ?: ?\*?.+")
_FURTHER = re.compile(
    r"^\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoye|a|objet|enviado(?: el)?|fecha|para|asunto) ?: ?\*?"
)
_MOBILE = re.compile(
    r"^(?:sent (?:from|via|with) |get outlook for |von meinem .{2,40} gesendet|gesendet (?:von|mit) |envoye (?:de|depuis) |"
    r"enviado (?:desde|de) |diese nachricht wurde von meinem |download )"
)
_POSTSCRIPT = re.compile(r"^p\.? ?s\.?(?: ?[:.,-]| )")
_SIGN_OFFS = frozenset(
    """thanks|thank you|many thanks|thanks again|thanks in advance|cheers|best|all the best|best wishes|regards|
    best regards|kind regards|warm regards|warmest regards|kindest regards|sincerely|yours sincerely|yours|br|kr|rgds|
    with kind regards|respectfully|mit freundlichen grussen|mit freundlichem gruss|freundliche grusse|viele grusse|
    beste grusse|liebe grusse|schone grusse|herzliche grusse|mfg|vg|lg|gruss|cordialement|bien cordialement|bien a vous|
    salutations|salutations distinguees|sinceres salutations|merci|saludos|un saludo|saludos cordiales|atentamente|
    cordialmente|gracias|un cordial saludo""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)


def split(text: str) -> tuple[str, str]:
    """(what is said, the signature below it) of a mail's plain text; lines end with a line feed. Linear in its length."""
    lines = text[:LENGTH].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = _without_history(lines)
    end = _signature_at(kept)
    said, signature = kept[:end], kept[end:]
    for at, line in enumerate(signature):
        if _POSTSCRIPT.match(folded(line.strip())):
            said, signature = [*said, "", *signature[at:]], signature[:at]
            break
    return _text(said), _text(signature)


def _text(lines: list[str]) -> str:
    return "\n".join(line for line in lines if not _MOBILE.match(folded(line.strip()))).strip()


def _without_history(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = folded(lines[at][:500]).strip()
        if _ENDS.match(line) or (_FROM.match(line) and _is_header(lines[at + 1 : at + 5])):
            break
        if length := _history_header(lines, at):
            if not _is_quoted(lines[at + length :]):
                break
            at += length
            continue
        if not line.startswith(">"):
            kept.append(lines[at])
        at += 1
    return kept


def _is_header(following: list[str]) -> bool:
    return any(_FURTHER.match(folded(line[:200]).strip()) for line in following)


def _history_header(lines: list[str], at: int) -> int:
    """How many lines the announcement of a quotation that begins here takes; 0 for none."""
    if not _OPENS_HISTORY.match(folded(lines[at][:300]).strip()):
        return 0
    joined = ""
    for length in range(1, HEADER_LINES + 1):
        if at + length > len(lines) or not lines[at + length - 1].strip():
            return 0
        joined = f"{joined} {folded(lines[at + length - 1][:300]).strip()}".strip()
        if _HISTORY.match(joined):
            return length
    return 0


def _is_quoted(following: list[str]) -> bool:
    """Whether the history below is marked line by line: then what is not marked was written now."""
    first = next((line for line in following if line.strip()), "")
    return first.lstrip().startswith(">")


def _signature_at(lines: list[str]) -> int:
    """The line at which the signature begins; the number of lines where there is none."""
    for at, line in enumerate(lines):
        if line.rstrip() in {"--", "—", "- --"}:
            return at
        if at == 0 or canonical(line).strip(" .,!-:;") not in _SIGN_OFFS:
            continue
        below = [text for text in lines[at + 1 :] if text.strip()]
        if not below or (_is_name(below[0]) and len(below) <= SIGNATURE_LINES):
            return at
    return len(lines)


def _is_name(line: str) -> bool:
    """Whether a line can be the name that a person signs with: a few words, no sentence."""
    words = line.split()
    return len(words) <= 5 and not line.rstrip().endswith(("?", "!")) and words[0][:1].isupper()  # noqa: PLR2004 (with titles)
