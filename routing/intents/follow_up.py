"""Recognises messages that refer to what was said before.

"Make it shorter" or "and in Germany?" says what to do, but not with what. Such a message goes
where the previous turn went; with no previous turn, it is unclear.
"""

import re2

from routing.intents.rules import case_insensitive
from routing.intents.text import Prepared

MAX_WORDS = 12
MAX_UNSPACED_CHARS = 24
"""Longer messages say themselves what they are about, whatever they refer to."""

_POINTERS = r"(?:it|this|that|these|those|them|one|ones)"
_CUES = (
    # English: doing something to "it", asking about "that", correcting, wanting more of the same.
    rf"\b(?:make|keep|turn|put|do|redo|try|change|fix|explain|show|shorten|expand|improve|rewrite|rephrase|simplify|translate|check|add|use|give|write|convert|run|test)\b.{{0,24}}\b{_POINTERS}\b",
    rf"\b(?:how|why|where|what)\b.{{0,16}}\b(?:does|did|is|are|was|do|would|about)\s(?:{_POINTERS}|you|he|she|they|his|her|their|there)\b",
    r"^[\s[:punct:]¿¡]*(?:and|but|so|or|then|also|now|again|another|instead|more|less|shorter|longer|simpler|better|still|nope|wrong|why (?:not|so|that|is (?:that|it|this)|(?:did|do|does|would) (?:you|it|that|this))|how so|how come|what about|how about|what if|a bit|a little|same|or else|go on|keep going|carry on|continue|elaborate|next|the (?:first|second|third|last|other|next|previous) )\b",
    r"\b(?:are you sure|tell me more|say more|more details?|(?:a |an )?(?:different|other|better|simpler) (?:way|method|approach|version|one|angle)|in more depth|step by step instead|one more time|start over|try again|once more|another (?:one|way|version|example|option|try|approach)|not (?:the )?(?:right|correct|working|what i)|(?:does|did|do|still|is)(?:n'?t| not) (?:work|right|correct|help|it)|you (?:said|wrote|mentioned|used|forgot|missed|did|told|gave)|(?:the|that|this|your) (?:first|second|third|last|previous|above|earlier) (?:\w+ )?(?:step|line|part|point|answer|version|one|sentence|paragraph|example|option)|the (?:ending|beginning|second half|first half|answer|result|output|tone))\b",
    r"^[\s[:punct:]¿¡]*(?:\w+ )?(?:in|with|without|use|using|add) (?:\w+ ){0,2}(?:instead|please|pls|too|as well|words|wording|detail|details|examples?)[\s[:punct:]…]*$",
    r"^[\s[:punct:]¿¡]*(?:(?:now|and|ok|okay|please|then|a bit|a little|way|much|even) )*(?:more|less|too|shorter|longer|simpler|clearer|friendlier|bigger|smaller|faster|slower|cleaner)(?: \w+){0,2}[\s[:punct:]…]*$",
    r"^[\s[:punct:]¿¡]*(?:yes|yep|yeah|yup|no|nah|ok|okay|sure|go ahead|please do|correct|exactly|right|ja|nein|oui|non|sí|si|sim|não|no|tak|nie|evet|да|нет|是|好|はい)(?:\W+\w+){0,2}[\s[:punct:]…]*$",
    r"^[\s[:punct:]]*(?:\w+ ){1,2}version[\s[:punct:]]*$",
    rf"\b(?:can|could|would|will|should|is|are|was|does|did|do)\b.{{1,40}}\b{_POINTERS}[\s[:punct:]…]*$",
    # German, Dutch, Swedish
    r"^[\s[:punct:]¿¡]*(?:und|aber|noch|nochmal|nun|jetzt|kürzer|länger|einfacher|mehr|weiter|warum|wieso|en|maar|nog|korter|langer|waarom|meer|nu|och|men|kortare|längre|varför|mer)\b",
    r"\b(?:mach|erklär|erkläre|zeig|übersetze|ändere|mache|maak|leg|gör|förklara)\b.{0,16}\b(?:es|das|dies|den|die|het|dit|dat|det|den)\b",
    # French, Spanish, Portuguese, Italian
    r"^[\s[:punct:]¿¡]*(?:et|mais|encore|maintenant|plus|moins|pourquoi|pero|otra|otro|ahora|más|menos|por qué|y|mas|outra|outro|agora|mais|por que|e|ma|ancora|adesso|ora|più|meno|perché)\s",
    r"\b(?:fais|rends|explique|refais|hazlo|hazla|explícalo|explícame|faça|deixa|deixe|explica|fallo|rendilo|spiega|spiegalo|riscrivilo|ponlo|mettilo|mets)\b.{0,12}(?:le|la|ça|cela|eso|esto|isso|isto|ciò|questo|quello|corto|breve|curto|short|court|otra vez|de novo|di nuovo)?[\s[:punct:]…]*$",
    # Polish, Russian, Turkish
    r"^[\s[:punct:]¿¡]*(?:ale|jeszcze|teraz|krócej|dłużej|dlaczego|więcej|и|а|но|ещё|еще|теперь|короче|длиннее|проще|подробнее|peki|ama|bir de|daha|şimdi|neden)\s",
    r"(?:сделай|объясни|покажи|переделай|wyjaśnij|zrób|popraw|skróć|kısalt|uzat|açıkla).{0,12}(?:это|короче|проще|to|krócej|bunu|onu)",
    # Chinese, Japanese, Korean
    r"(?:再|更|换一|改成|短一点|长一点|简单一点|那.{0,6}呢|为什么这样|继续|もっと|短く|長く|もう一度|他の|続き|なぜそう|それ(?:を|は|で)|これ(?:を|は)|더 |다시|그건|이걸)",
)


# Words that name an earlier message outright, however long the new one is.
_REFERENCES = (
    r"\b(?:previous|earlier|last|above|first|original|prior|preceding|existing|current) (?:\w+ )?(?:response|reply|answer|message|question|problem|example|version|output|result|solution|suggestion|prompt|task|text|draft|statement|step|explanation|summary|list|one)s?\b",
    r"\b(?:your|the) (?:response|reply|answer|solution|suggestion|explanation|example|output|draft)s?\b",
    r"\b(?:the above|mentioned above|listed above|same task|as before|like before|building on|continue from|you (?:just|already) \w+)\b",
    r"\b(?:deine|ihre) (?:letzte )?antwort|ta réponse|tu respuesta|sua resposta|la tua risposta|je antwoord|twoj\w+ odpowied\w+|твой ответ|上面|刚才|前面的|さっきの|上の",
)


class FollowUp:
    """The signs that a message refers to an earlier one, compiled into two patterns."""

    def __init__(self) -> None:
        """Compile the patterns once."""
        self._cues = _any_of(_CUES)
        self._references = _any_of(_REFERENCES)

    def cue(self, prepared: Prepared) -> str:
        """Return the words that point back, or "" if the message stands on its own."""
        match = self._cues.search(prepared.raw) if is_short(prepared) else None
        match = match or self._references.search(prepared.raw)
        return "" if match is None else match.group().decode("utf-8", "ignore").strip()


def _any_of(patterns: tuple[str, ...]) -> "re2._Regexp":
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), case_insensitive())


def is_short(prepared: Prepared) -> bool:
    """Whether a message is so short that it may need an earlier one to be understood."""
    count = len(prepared.words)
    if not prepared.folded.isascii() and len(prepared.folded) > MAX_UNSPACED_CHARS and count < 4:
        return False
    return 0 < count <= MAX_WORDS
