"""The intents that ship: plain data, copied into tables and edited there.

What tells them apart was learned (`scripts/train_intents`); the patterns are signs that staff can see and
change. A pattern's named group says to users what it found. Weight 1 is a hint, 3 a clear request.
"""

from typing import Literal, TypedDict


class RuleData(TypedDict):
    """One rule; the fields of `routing.intents.IntentRule`."""

    kind: Literal["keyword", "pattern"]
    text: str
    weight: float


class IntentData(TypedDict):
    """One intent; the fields of `routing.intents.IntentSpec`."""

    name: str
    description: str
    examples: tuple[str, ...]
    rules: tuple[RuleData, ...]


def _pattern(weight: float, phrase: str, text: str) -> RuleData:
    return {"kind": "pattern", "text": f"(?P<{phrase}>{text})", "weight": weight}


_EDGE = r"[\s[:punct:]¿¡…]*"
_HELLO = (
    "hi|hiya|hello|hey|heya|yo|howdy|good (?:morning|afternoon|evening|day)|hallo|moin|servus|guten (?:tag|morgen|abend)"
    "|salut|bonjour|bonsoir|coucou|hola|buen[oa]s(?: (?:d[ií]as|tardes|noches))?|olá|oi|bom dia|boa (?:tarde|noite)|ciao"
    "|buon(?:giorno|asera)|hoi|goede(?:morgen|middag|navond)|cześć|dzień dobry|привет|здравствуй(?:те)?|добрый (?:день|вечер)"
    "|merhaba|selam|hej|你好|您好|嗨|早上好|こんにちは|こんばんは|おはよう(?:ございます)?|안녕(?:하세요)?|مرحبا|नमस्ते|xin chào|halo"
)
_THANKS = (
    "thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|ty|cheers|danke(?: (?:schön|dir|sehr))?|vielen dank|merci(?: beaucoup)?"
    "|(?:muchas )?gracias|(?:muito )?obrigad[oa]|grazie(?: mille)?|bedankt|dank je(?: wel)?|dzięk(?:i|uję)|(?:большое )?спасибо"
    "|teşekkürler|tack|谢谢(?:你|您)?|多谢|ありがとう(?:ございます)?|감사합니다|고마워요?|شكرا|धन्यवाद|cảm ơn|terima kasih"
)
_TRACE = (
    r"traceback \(most recent call last\)|^\s+at [\w.$<>]+\([\w.]+:\d+\)|exception in thread|\b\w+(?:error|exception): "
    r"|segmentation fault|undefined reference to|npm err!|error\[e\d+\]|\berror ts\d+"
)
_QUERY = r"\bselect\b.+\bfrom\b.+(?:\bwhere\b|\bjoin\b|\border by\b|\bgroup by\b|;)|\binsert into\b|\bcreate table\b"
_ATTACHMENT = (
    r"(?:(?:please|here(?:'s| is)|see|look at|check|open|find|the|my|a|an|this|attached|i(?:'ve)? (?:attached|uploaded|sent))\W+){0,5}"
    r"(?:attached|attachment|file|document|image|picture|photo|pdf|screenshot|link)"
    "|siehe anhang|(?:s\\. )?anbei|voir pièce jointe|ci-joint|ver adjunto|em anexo|in allegato|zie bijlage|w załączniku|см\\.? вложение|见附件|添付"
)

SOCIAL_CHAT: IntentData = {
    "name": "social_chat",
    "description": "Greetings, thanks, small talk, feelings, jokes, questions about the assistant.",
    "rules": (
        _pattern(2.0, "says_hello", rf"^{_EDGE}(?:{_HELLO})(?: there| all| you)?{_EDGE}$"),
        _pattern(2.0, "says_thanks", rf"^{_EDGE}(?:{_THANKS}){_EDGE}$"),
    ),
    "examples": (
        "morning! did you sleep well",
        "that was kind of you, have a nice weekend",
        "I feel a bit low since my dog died",
        "tell me something funny about cats",
        "are you a person or a machine",
        "who built you and why",
        "so bored, talk to me about anything",
        "¿cómo te sientes hoy?",
        "ich hatte heute echt einen miesen tag",
        "你会做梦吗",
    ),
}
CODING_HELP: IntentData = {
    "name": "coding_help",
    "description": "Writing, fixing and explaining code, shells, queries, regular expressions, stack traces.",
    "rules": (
        _pattern(
            1.0, "contains_code", r"```|^\s*(?:def|class|import|#include|public static|function) \S"
        ),
        _pattern(1.5, "contains_an_error_report", rf"(?m:{_TRACE})"),
        _pattern(1.0, "contains_a_query", rf"(?s:{_QUERY})"),
    ),
    "examples": (
        "my unit test passes locally but fails in the pipeline",
        "implement a stack with push and pop",
        "formula in excel that sums a column if another cell is yes",
        "how do I revert a commit that I already pushed to the remote",
        "the variable is undefined inside the callback",
        "what is an interface in object oriented programming",
        "connect to a database and insert a row",
        "le serveur ne répond pas sur le port",
        "Wie binde ich eine Bibliothek ein",
        "程序运行时内存溢出,怎么解决",
    ),
}
EDITING_WRITING: IntentData = {
    "name": "editing_writing",
    "description": "Texts to be written or changed: mails, essays, stories, translations, summaries.",
    "rules": (),
    "examples": (
        "make this paragraph sound less stiff",
        "a short poem for my grandmother's ninetieth birthday",
        "turn these notes into a friendly mail to the landlord",
        "three slogans for a bakery that opens at night",
        "correct the spelling in what follows",
        "outline of a talk on bees for ten year olds",
        "Übersetze den folgenden Absatz ins Polnische",
        "écris une lettre de motivation pour un poste de jardinier",
        "reescribe esta frase con otras palabras",
        "把这段话改得正式一点",
    ),
}
REASONING_MATH: IntentData = {
    "name": "reasoning_math",
    "description": "Sums, word problems, proofs, puzzles, probability, estimates, deduction step by step.",
    "rules": (
        _pattern(
            2.0,
            "asks_for_a_calculation",
            r"^[\s\d.,+\-−*/×÷^()%=?¿]*\d\s*[+\-−*/×÷^]\s*[\d(][\s\d.,+\-−*/×÷^()%=?]*$",
        ),
        _pattern(
            2.0,
            "asks_for_a_calculation",
            r"\d\s*(?:times|multiplied by|divided by|[×÷]|mal|geteilt durch|fois|divisé par|keer|razy|乘以|除以)\s*\d",
        ),
    ),
    "examples": (
        "a train leaves at nine and another one an hour later, when do they meet",
        "prove that the square root of three is irrational",
        "what are the odds of two sixes in five throws",
        "how many piano tuners work in Lisbon, roughly",
        "if all bloops are razzies and no razzie is a lazzie, what about bloops",
        "17% tip on 84 euros",
        "seat five guests so that Ann is not next to Bob",
        "quanto fa la radice quadrata di 144 più 12",
        "löse die gleichung nach x auf",
        "小明有12个苹果,吃了一半,还剩几个",
    ),
}
QA_RETRIEVAL: IntentData = {
    "name": "qa_retrieval",
    "description": "Questions of fact, explanations, advice, recommendations, how-to; anything to look up.",
    "rules": (),
    "examples": (
        "how tall is the highest mountain of Africa",
        "why does bread rise",
        "best time of the year to visit Japan",
        "what helps against a stiff neck",
        "difference between a loan and a lease",
        "who won the election in Chile",
        "can my landlord keep the deposit if I painted the walls",
        "wann wurde das Rote Kreuz gegründet",
        "¿qué vacunas necesito para viajar a Kenia?",
        "地震是怎么形成的",
    ),
}
AMBIGUOUS_OR_OTHER: IntentData = {
    "name": "ambiguous_or_other",
    "description": "Everything else: too vague to tell, only an attachment, commands to a device, gibberish.",
    "rules": (_pattern(1.5, "only_mentions_an_attachment", rf"^{_EDGE}(?:{_ATTACHMENT}){_EDGE}$"),),
    "examples": (
        "could somebody give me a hand with something over here",
        "I want you to do that for me somehow",
        "well you know, just some stuff",
        "please see the attached picture and say",
        "turn down the lights in the hall",
        "set an alarm for half past six",
        "asdf jkl",
        "est-ce que quelqu'un pourrait m'aider pour quelque chose",
        "нужна ваша помощь в одном деле",
        "我有点事想请你帮个忙",
    ),
}

SHIPPED_INTENTS: tuple[IntentData, ...] = (
    SOCIAL_CHAT,
    CODING_HELP,
    EDITING_WRITING,
    REASONING_MATH,
    QA_RETRIEVAL,
    AMBIGUOUS_OR_OTHER,
)
