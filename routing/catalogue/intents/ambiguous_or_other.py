"""The fallback intent: examples and signs of messages that do not say clearly what they want."""

from routing.catalogue.intents.wording import intent, pattern

_VAGUE = r"(?:i|i'm|i've|i'd|i'll|there's|here's|that's|what's|who|i am|you|me|my|we|it|it's|this|that|these|those|one|ones|other|thing|things|thingy|stuff|something|anything|someone|some|a|an|the|with|for|to|of|on|at|in|and|or|but|so|um|uh|hm+|er|well|please|pls|plz|can|could|would|will|should|do|does|did|done|be|is|are|was|help|need|want|wanna|like|have|has|had|got|get|give|make|take|look|see|know|think|ask|question|questions|problem|issue|advice|out|up|here|there|now|again|more|better|best|nice|good|right|wrong|broken|work|working|doesn't|don't|not|no|yes|maybe|ok|whatever|any|test|testing|rest|sec|ideas|respond|wanted|enough|all|everything|nothing|able|let|us|am|discussed|way|wait|too|as|how|what|where|why|explain|show|tell|works|used|start|put|sure|really|just|kind|sort|bit|quick|hey|hello|hi|change|fix|same|before|first|second|third|last|go|continue|about|care|deal|mean|your|yours|mine|if)"

EXAMPLES = (
    "could somebody give me a hand with something over here",
    "there is something odd going on and I need it sorted out",
    "I want you to do that for me somehow",
    "not certain what I am after to be honest",
    "well you know, just some stuff",
    "please see the attached picture and say",
    "so here is my issue, it is complicated",
    "Kann mir jemand bei einer Kleinigkeit weiterhelfen",
    "est-ce que quelqu'un pourrait m'aider pour quelque chose",
    "quisiera pedirte un favor con algo",
    "queria pedir uma coisa para você",
    "avrei bisogno di una mano con una cosa",
    "zou je iets voor me willen doen",
    "potrzebuję pomocy w pewnej sprawie",
    "нужна ваша помощь в одном деле",
    "bir konuda yardıma ihtiyacım var",
    "我有点事想请你帮个忙",
    "少し手伝ってほしいことがあります",
)

AMBIGUOUS_OR_OTHER = intent(
    "ambiguous_or_other",
    "Everything else: vague, unclear, gibberish, or only an attachment mentioned.",
    pattern(
        2.6,
        "it_is_not_clear_what_is_asked",
        r"^[\s[:punct:]¿¡«„“]*(?:das |es |ça |c'est |no |eso |isso |isto |questo |dit |het |to |это |всё )*(?:geht nicht|klappt nicht|funktioniert nicht|(?:ne )?(?:fonctionne|marche) pas|pas bon|no funciona|no sirve|está mal|não (?:funciona|entendi|deu)|non (?:funziona|va|capisco)|werkt niet|nie działa|не (?:работает|понял|получилось)|olmadı|çalışmıyor|anlamadım|funkar inte)(?: (?:niente|nada|mehr|bien|bene|nic|ничего))*[\s[:punct:]…]*$",
    ),
    pattern(2.2, "it_is_not_clear_what_is_asked", rf"^(?:[\s\pP\pS]*\b{_VAGUE}\b)+[\s\pP\pS]*$"),
    pattern(
        2.4,
        "only_mentions_an_attachment",
        r"^[\s[:punct:]¿¡«„“]*(?:(?:please|here|here's|here is|is|are|i|i've|have|just|see|look at|check|open|find|the|my|a|an|this|that|attached|added|uploaded|sent|take a look at)\W+){0,5}(?:attached|attachment|attachments|file|files|document|image|picture|pic|photo|pdf|screenshot|link|upload|enclosed)[\s[:punct:]…]*$|^[\s[:punct:]¿¡«„“]*(?:siehe anhang|anbei|im anhang|pièce jointe|voir (?:la )?pièce|ci-joint|ver adjunto|adjunto|em anexo|veja o anexo|in allegato|vedi allegato|zie bijlage|bijlage|w załączniku|см\.? вложение|во вложении|ekte|见附件|附件|添付)",
    ),
    pattern(
        2.4,
        "it_is_not_readable",
        r"^[\s[:punct:]¿¡«„“]*(?:[bcdfghjklmnpqrstvwxz]{5,}\w*|(?:asdf|qwer|zxcv|hjkl|jkl)\w*|\w*(?:sdf|dfg|fgh|jkl|lkj|xcv|qwe)\w*|(?:x{3,}|z{3,}|a{4,}))(?:\W+\w{1,12}){0,2}[\s[:punct:]…]*$",
    ),
    pattern(
        2.6,
        "it_is_not_clear_what_is_asked",
        r"^[¿¡\s\"']*(?:(?:kannst|können|könntest|du|sie|mir|mich|mal|kurz|bitte|eben|das|da|dies|die|der|es|mach|machen|nochmal|noch mal|brauche|ich|habe|hab|eine|ein|einer|bei|mit|sache|frage|problem|hilfe|helfen|hilf|dingsda|etwas|was)[\s\pP]+)*(?:mach|machen|nochmal|sache|frage|problem|hilfe|helfen|hilf|etwas|bitte|das|das da|was)[\s\pP]*$",
    ),
    pattern(
        2.6,
        "it_is_not_clear_what_is_asked",
        r"^[¿¡\s\"']*(?:(?:peux-tu|pouvez-vous|tu peux|j'ai|je|besoin|d'aide|d'un|une?|aide|aide-moi|aidez|m'aider|moi|pour|avec|un|truc|chose|question|problème|regarder|ça|cela|s'il|te|plaît|svp|necesito|que|me|ayud\w+|ayuda|con|esto|eso|una?|cosa|tengo|duda|pregunta|problema|puedes|podrías|algo|por|favor|preciso|de|ajuda\w*|pode|isso|isto|pra|mim|faz|faça|tenho|dúvida|uma|um|aiut\w+|ho|bisogno|di|aiuto|puoi|fare|farlo|tu|questa|questo|una|domanda|problema|mi|qualcosa)[\s\pP]+)*(?:aide|aide-moi|m'aider|d'aide|truc|chose|question|problème|ça|cela|esto|eso|cosa|duda|pregunta|problema|algo|ayuda|ayudarme|isso|isto|mim|ajuda|ajudar|dúvida|questo|domanda|aiuto|aiutarmi|farlo|tu|qualcosa)[\s\pP]*$",
    ),
    pattern(
        2.6,
        "it_is_not_clear_what_is_asked",
        r"^[\s\"']*(?:(?:kun|kan|je|jij|me|mij|ergens|even|mee|met|help|helpen|ik|heb|een|vraag|hulp|nodig|dit|dat|doe|pomóż|pomoc\w*|mi|z|tym|to|mam|pytanie|problem|zrób|możesz|potrzebuję|coś|помоги\w*|помощь|нужна|мне|с|этим|это|сделай|вопрос|есть|у|меня|можешь|помочь|bana|yardım|et|eder|misin|bir|şey|şuna|buna|bak|sorabilir|sorum|var|miyim|lütfen|kan|du|hjälpa|mig|jag|har|en|fråga|hjälp)[\s\pP]*)+$",
    ),
    pattern(
        2.6,
        "it_is_not_clear_what_is_asked",
        r"^(?:请|能|可以|帮|帮忙|帮助|我|你|看|一下|看看|这个|那个|怎么办|问题|不行|不对|有|一个|个|想问|问|吗|呢|吧|弄|做|搞|东西|事|件|事情|これ|それ|あれ|を|お願い|します|してください|助けて|ください|ちょっと|聞きたい|質問|こと|が|ある|あるんですが|あります|んですが|です|いい|ですか|手伝って|困って|います|도와|줘|주세요|이거|그거|좀|질문|있어요|해|[\s\pP])+$",
    ),
    examples=EXAMPLES,
)
