"""Which intents ship, and by which rules and examples are they known?

Plain data, so that it can be copied into tables and edited there. Weights: 1 is a hint, 2 a sign,
3 and more a clear request. A pattern's named group says to users what it found.
"""

from typing import Literal, TypedDict

from routing.catalogue.intent_examples import EXAMPLES


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


def _keywords(weight: float, words: str) -> list[RuleData]:
    return [
        {"kind": "keyword", "text": word.strip(), "weight": weight} for word in words.split(",")
    ]


def _pattern(weight: float, phrase: str, text: str) -> RuleData:
    return {"kind": "pattern", "text": f"(?P<{phrase}>{text})", "weight": weight}


def _intent(name: str, description: str, *rules: RuleData | list[RuleData]) -> IntentData:
    flat = tuple(
        rule for entry in rules for rule in (entry if isinstance(entry, list) else [entry])
    )
    return {"name": name, "description": description, "examples": EXAMPLES[name], "rules": flat}


# What may stand before the verb of a request.
_ASK = r"^[\s[:punct:]¿¡«„“]*(?:(?:hi|hello|hey|ok|okay|so|now|please|pls|kindly|just|bitte|svp|por favor|can|could|would|will|you|i|want|need|would like|to|help|me|kannst du|peux-tu|puedes|podrías|pode|puoi|kun je)\W+){0,6}"
_MAKE = r"(?:write|create|make|build|implement|code|generate|give|show|need|want|looking for|produce|compose|draft|come up with|suggest|prepare|craft|invent)"
_MAKE_ABROAD = r"(?:schreib\w*|erstell\w*|brauche|verfass\w*|[ée]cri[st]\w*|r[ée]dige\w*|cr[ée]e\w*|fais|escrib\w+|redacta\w*|crea|hazme|necesito|escrev\w+|redija|crie|preciso|scriv\w+|schrijf|maak|napisz|stwórz|напиши\S*|создай\S*|составь|skriv)"
_FIX = r"(?:fix|debug|refactor|review|optimi[sz]e|explain|convert|port|test|add|change|update|run|compile|deploy|install|improve|speed up|clean up|erklär\w*|corrige\w*|explique\w*|repara|arregla|spiega|popraw|исправь|объясни)"
_CODE_THING = r"(?:functions?|scripts?|class(?:es)?|methods?|regex\w*|regular expressions?|quer(?:y|ies)|code|codebase|programs?|components?|apis?|endpoints?|unit tests?|snippets?|macros?|loops?|arrays?|algorithms?|decorators?|crawlers?|scrapers?|bots?|cli|one-?liners?|dockerfile|makefile|migrations?|schemas?|hooks?|plugins?|web ?apps?)"
_CODE_THING_ABROAD = r"(?:funktion\w*|s[kc]ripts?|skript\w*|makro\w*|programm?|klasse|fonctions?|programmes?|classe|funci[oó]n|funciones|programas?|clase|função|funções|funzion[ei]|programma|functie|funkcj\S+|skrypt\w*|program\w*|функци\S+|скрипт\S*|программ\S+)"
_TEXT_THING = r"(?:essays?|e-?mails?|letters?|poems?|haikus?|sonnets?|limericks?|stor(?:y|ies)|fables?|tales?|articles?|blog|posts?|tweets?|captions?|bios?|biograph\w+|headlines?|titles?|slogans?|taglines?|names|descriptions?|speech(?:es)?|toasts?|lyrics|songs?|dialogues?|invitations?|press releases?|resumes?|cvs?|newsletters?|paragraphs?|introductions?|intro|conclusions?|summar(?:y|ies)|abstracts?|messages?|memos?|notes?|reports?|reply|obituar\w+|eulog\w+|vows|greetings?|wishes|announcements?|ads?|sentences?)"
_TEXT_THING_ABROAD = r"(?:e-?mails?|mails?|briefe?|gedichte?|aufsatz|geschichte|rede|einladung|bewerbung|nachricht|antwort|text|lettres?|courriel|poèmes?|textes?|discours|histoire|conte|cartas?|correos?|poemas?|ensayos?|cuentos?|discurso|invitación|convites?|redação|mensagem|mensaje|textos?|poesi[ae]|lettera|tema|racconto|discorso|verhaal|gedicht|brief|listy?|wiersz\w*|życze\S+|opowiadani\w+|письм\S+|стих\S*|поздравлени\S+|рассказ\S*|сочинени\S+|dikt|brev)"
_HELLO = r"(?:hi|hello|hey|hiya|yo|sup|howdy|greetings|good (?:morning|afternoon|evening|day)|morning|hallo|moin|servus|guten (?:morgen|tag|abend)|bonjour|salut|coucou|bonsoir|hola|buen[ao]s? (?:d[ií]as?|tardes|noches)|olá|oi|bom dia|boa (?:tarde|noite)|ciao|salve|buongiorno|buonasera|hoi|goedemorgen|goedendag|hej|cześć|dzień dobry|hejka|привет\S*|здравствуй\S*|добр\S+ (?:день|утро|вечер)|merhaba|selam|günaydın|مرحبا|السلام عليكم|नमस्ते)"
_VAGUE = r"(?:i|i'm|i've|i'd|i'll|let's|there's|here's|that's|what's|how's|who|i am|you|me|my|we|it|it's|this|that|these|those|one|ones|other|thing|things|thingy|stuff|something|anything|someone|somebody|some|a|an|the|with|for|to|of|on|at|in|and|or|but|so|um|uh|hm+|er|well|please|pls|plz|can|could|would|will|should|do|does|did|done|be|is|are|was|help|need|want|wanna|like|have|has|had|got|get|give|make|take|look|see|know|think|wonder|wondering|ask|question|questions|matter|problem|issue|advice|assistance|support|out|up|here|there|now|again|more|better|best|nice|good|right|wrong|broken|work|working|doesn't|don't|not|no|yes|maybe|ok|okay|whatever|how|what|where|why|start|put|sure|really|just|maybe|possibly|basically|kind|sort|bit|quick|quickly|hey|hello|hi|idk|change|fix|same|before|first|second|third|last|go|continue|about|care|deal|mean|your|yours|mine|if)"

SHIPPED_INTENTS: tuple[IntentData, ...] = (
    _intent(
        "social_chat",
        "Greetings, thanks, small talk, feelings, jokes.",
        _pattern(
            3.5,
            "says_thanks",
            r"^[\s[:punct:]¿¡«„“]*(?:(?:ok|okay|great|perfect|awesome|cool|nice|wow|brilliant|amazing|super|many|that worked|it works)\W+){0,3}(?:thanks|thank you|thx|ty|tysm|cheers|danke|dank\w*|vielen dank|merci|gracias|muchas gracias|obrigad[oa]|valeu|grazie|bedankt|dzięki|dziękuję|спасибо|teşekkür\w*|sağ ol|tack|谢谢|多谢|感谢|ありがと|감사|고마)",
        ),
        _pattern(4.5, "says_hello", rf"^[\s[:punct:]¿¡«„“]*{_HELLO}(?:[\s,.!?]+(?:there|all|again|everyone|everybody|friend|friends|mate|buddy|you|bot|guys|folks|zusammen|à tous|a todos|a tutti|allemaal))*[\s[:punct:]…]*$"),
        _pattern(2.2, "says_hello", rf"^[\s[:punct:]¿¡«„“]*{_HELLO}(?:[\s,.!?]+[^\s\d]{{1,12}}){{1,5}}[\s[:punct:]…]*$"),
        _pattern(3.5, "says_hello", r"^(?:你好|您好|早上好|早安|晚上好|嗨|哈喽|こんにちは|こんばんは|おはよう|안녕)"),
        _pattern(
            3.0,
            "says_goodbye",
            r"^[\s[:punct:]¿¡«„“]*(?:(?:ok|okay|well|alright|right)\W+)?(?:bye|goodbye|good night|night night|see (?:you|ya)|cya|talk (?:to you )?(?:later|soon|tomorrow)|take care|gotta go|tschüss|gute nacht|au revoir|bonne nuit|à bientôt|adiós|hasta (?:luego|mañana)|tchau|até (?:logo|amanhã)|arrivederci|buonanotte|doei|tot ziens|do widzenia|dobranoc|пока|до свидания|спокойной ночи|hoşça kal|görüşürüz|iyi geceler|再见|晚安|さようなら|おやすみ|hej då)\b",
        ),
        _pattern(
            3.0,
            "asks_how_you_are",
            r"\b(?:how are (?:you|u|things)|how(?:'s| is| has) (?:it going|life|everything|your|the day)|how (?:do|did|are) (?:you|u) (?:feel\w*|sleep|doing)|what'?s (?:up|new|good)|wie geht|alles (?:gut|klar|goed)|comment (?:ça va|vas|allez)|tu vas bien|ça va|quoi de neuf|cómo (?:estás|está|te va|andas)|qué tal|como (?:vai|vão|você está|está)|tudo bem|come (?:stai|va)|hoe gaat|co (?:u ciebie )?słychać|jak się masz|как (?:дела|ты|настроение|жизнь)|nasılsın\w*|nasıl gidiyor|naber|ne haber|hur mår)",
        ),
        _pattern(3.0, "asks_how_you_are", r"(?:最近好吗|怎么样呀|心情|还好吗|元気|ご機嫌|잘 지내)"),
        _pattern(
            3.0,
            "wants_a_joke",
            r"\b(?:joke|jokes|something funny|make me laugh|cheer me up|knock knock|witz\w*|blague\w*|chistes?|piadas?|barzellett\w+|mop(?:je)?|żart\w*|dowcip\w*|анекдот\w*|шутк\w+|fıkra|şaka|skämt)\b|笑话|冗談|ジョーク|농담|анекдот|шутк",
        ),
        _pattern(
            3.0,
            "talks_about_feelings",
            r"\b(?:i(?:'m| am)|i feel|feeling|i'?ve been feeling|i get|makes me)\W+(?:(?:so|very|really|kinda|kind of|a bit|just|pretty|too|quite|super|totally|literally|always|all)\W+){0,3}(?:sad|tired|lonely|alone|happy|bored|nervous|anxious|scared|stressed|exhausted|depressed|upset|angry|mad|excited|proud|terrible|awful|great|empty|lost|down|low|hurt|heartbroken|worried|overwhelmed|homesick|ashamed|crying|grateful)\b",
        ),
        _pattern(
            2.6,
            "talks_about_feelings",
            r"\b(?:i (?:miss|love|hate|adore) (?:you|him|her|them|my|being|it when|mondays?)|(?:broke|breaking) up|passed away|(?:dog|cat|dad|mum|mom|grandma|grandpa|friend|father|mother) (?:just )?(?:died|left)|can'?t (?:stop crying|sleep|believe (?:it|this))|(?:rough|bad|awful|terrible|horrible|hard|long|great|wonderful|best|worst) (?:day|week|month|year|night)|wish me luck|need to vent|want to vent|just want someone|someone to talk|feel like (?:crying|giving up|nobody))\b",
        ),
        _pattern(
            3.0,
            "talks_about_feelings",
            r"(?:ich (?:bin|fühle mich) (?:\w+ ){0,3}(?:traurig|müde|einsam|gestresst|glücklich|leer|allein|nervös|wütend|fertig)|je (?:me sens|suis) (?:\w+ ){0,2}(?:triste|seule?|fatiguée?|stressée?|heureu\w+|déprimée?|contente?)|(?:estoy|me siento) (?:\w+ ){0,2}(?:triste|sol[oa]|cansad[oa]|feliz|fatal|mal|nervios[oa]|content[oa])|(?:estou|me sinto) (?:\w+ ){0,2}(?:triste|sozinh[oa]|cansad[oa]|feliz|mal)|(?:sono|mi sento) (?:\w+ ){0,2}(?:triste|sol[oa]|stanc[oa]|felice|giù)|ik (?:ben|voel me) (?:\w+ ){0,2}(?:verdrietig|moe|eenzaam|blij)|jestem (?:\w+ ){0,2}(?:smutn\w|zmęczon\w|samotn\w)|мне (?:\w+ ){0,2}(?:грустно|плохо|одиноко|скучно)|(?:üzgün|yorgun|mutlu|yalnız)(?:üm|um|yum|ım)|难过|好累|孤独|开心|伤心|疲れ|悲しい|寂しい|嬉しい|슬퍼|피곤|외로)",
        ),
        _pattern(
            2.8,
            "chats_about_you_or_me",
            r"^[\s[:punct:]¿¡«„“]*(?:(?:so|and|hey|but|well)\W+)?(?:(?:do|did|have|are|can) you (?:ever |really |even |actually )?(?:like|love|hate|get (?:bored|tired|lonely|sad)|feel|dream|have (?:a |any )?(?:feelings|friends|name|family|hobbies|favou?rite)|sleep|eat|enjoy|believe|human|real|alive|a (?:real|robot|bot|person|human|machine)|happy|sad|lonely|tired|bored|funny|married|single)|what(?:'s| is| are) your (?:name|favou?rite|hobb\w+|dream|age|opinion|mood)|who (?:are|made|created|built) you|how old are you|where (?:are you|do you live)|what (?:did|do|are) you (?:do|doing|like|think about))\b|\byou(?:'re| are| r) (?:so |really |very |too |the |a |such a )*(?:funny|cute|sweet|kind|smart|great|amazing|best|nice|clever|awesome|welcome|silly|rude|annoying)\b",
        ),
        _pattern(
            2.4,
            "shares_a_moment",
            r"\b(?:lo+l|lmao|rofl|(?:ha){2,}h?|hehe+|jaja\w*|kkk+|rsrs\w*|mdr|xd|omg|yay|woo+hoo+|ugh|sigh|aww+|guess what|you rock|love you|sorry for|happy (?:new year|birthday|holidays|easter)|merry christmas|congrat\w*|nice to meet|long time no see|have a (?:nice|good|great)|let'?s (?:talk|chat)|just (?:wanted|want) to (?:chat|talk|say)|(?:i|we)(?:'re| are|'m| am) (?:having a baby|engaged|pregnant|getting married))",
        ),
    ),
    _intent(
        "coding_help",
        "Writing, fixing and explaining code, shells, SQL, regexes, stack traces.",
        _pattern(3.5, "contains_an_error_message", r"Traceback \(most|\b[A-Za-z]+(?:Error|Exception)\b|\bFile \".+\", line \d+|\bat [\w.$<>]+\([\w.]+:\d+\)|segmentation fault|core dumped|segfault|stack ?trace|undefined reference|command not found|permission denied|cannot read propert|is not (?:a function|defined)|CrashLoop|ECONN\w+|EACCES|errno|exit(?:s|ed)? (?:with )?code|panic:|\b(?:status|returns?|http) [45]\d\d\b"),
        _pattern(3.5, "contains_code", r"```|(?m:^\s*(?:def \w+\(|class \w+[:({]|import \w+$|from \w+ import|#include|using namespace|package \w+|public (?:class|static)|private \w+|(?:const|let|var) \w+ ?=|function \w*\(|async (?:def|function)|fn \w+\(|func \w+\(|<\?php|<!doctype|<html|\$ \w+|[-+] \w+\())|\b(?:def|function|fn|func) \w+\([^)]*\)\s*[:{]|for \w+ in \w+|(?:if|while|for) ?\([^)]*\)\s*\{|\w+\.\w+\([^)]*\)(?:\.|;|\s*$)|\w+\(\);|=> *[\w({]|[=!]==|console\.log|System\.out|printf|</?[a-z]+[^>]*>|;\s*\}|\breturn \w+[\[.(]|\w+\[\w+\]\s*="),
        _pattern(3.5, "contains_a_query", r"\bselect\b.{1,120}\bfrom\b.{1,200}(?:\bwhere\b|\bjoin\b|\border by\b|\bgroup by\b|\blimit\b|;)|\binsert into\b|\bcreate table\b|\balter table\b|\bupdate \w+ set\b"),
        _pattern(3.0, "contains_a_command", r"(?:^|[\s`$|\"'])(?:sudo|git|npm|npx|yarn|pip3?|docker|kubectl|curl|wget|ssh|scp|chmod|chown|grep|awk|sed|apt|brew|cargo|mvn|gradle|systemctl|terraform|ansible|psql|conda|cd|ls|tar|rsync) (?:-{1,2}\w|(?:add|apply|bisect|branch|build|checkout|cherry-pick|clone|commit|compose|conflict|create|delete|describe|diff|exec|fetch|get|init|install|log|logs|merge|pods|pull|push|rebase|remote|reset|restart|revert|rm|run|start|stash|status|stop|test|update|upgrade)\b)"),
        _pattern(3.2, "asks_for_code", rf"\b{_MAKE}\s(?:\S+\s+){{0,6}}?{_CODE_THING}\b"),
        _pattern(3.2, "asks_for_code", rf"(?:^|\s){_MAKE_ABROAD}\s(?:\S+\s+){{0,4}}?{_CODE_THING_ABROAD}(?:\W|$)"),
        _pattern(2.6, "asks_about_code", rf"\b{_FIX}\s(?:\S+\s+){{0,5}}?{_CODE_THING}\b"),
        _pattern(2.6, "asks_about_code", r"\b(?:my|the|this|our|mein|mon|mi|meu|il mio|mijn|mój|мой)(?: \w+){0,2} (?:code|script|function|program|app|component|container|server|build|pipeline|test|tests|query|loop|api|endpoint|backend|frontend|pod|branch|repo|repository|pull request|programa|programm|programma|código|codice|kodzie|bucle|boucle|код)\b"),
        _pattern(2.4, "asks_for_code", r"\b(?:in|with|using|for|mit|en|avec|con|em|com|w|na|на|в) (?:go|golang|c|r|rust|swift|ruby|scala|dart|julia|lua|perl|php|bash|java|elixir|haskell|excel vba|питоне|пайтоне|pythonie|javie)(?:[\s[:punct:]…]*$|[\s?.,:])"),
        _keywords(2.9, "python, time complexity, quicksort, merge sort, js, javascript, typescript, java, c++, c#, golang, kotlin, php, sql, mysql, postgres, postgresql, sqlite, mongodb, html, css, bash, powershell, zsh, vim, django, flask, fastapi, react, vue, angular, svelte, node, nodejs, node.js, npm, webpack, docker, dockerfile, kubernetes, kubectl, nginx, gunicorn, pandas, numpy, pytorch, pytest, jest, regex, regexp, json, yaml, xml, vba, git, github, gitlab, linux, ubuntu, terraform, redis, celery, graphql, tailwind, spring boot, laravel, rails, js, ts, cors, jwt, oauth, tcp, async, pointer, segfault, rust"),
        _keywords(1.7, "code, function, script, compile, compiler, debug, bug, refactor, unit test, unit tests, stack trace, exception, exceptions, api, endpoint, rest api, backend, frontend, database, query, array, loop, recursion, closure, inheritance, class, dict, tuple, linked list, hashmap, binary search, sorting algorithm, big o, time complexity, type hints, error handling, localhost, repo, branch, commit, pull request, merge conflict, component, framework, library, programming, programmer, software, terminal, shell, cron, csv, server, container, deploy, deployment, async, thread, threads, callback, promise, middleware, websocket, one liner, one-liner, stdin, stdout, environment variable, div"),
        _keywords(2.0, "programmieren, quellcode, funktion, skript, makro, datenbank, schleife, fehlermeldung, fonction, requête sql, boucle, compilation, base de données, código, función, programa en, arreglo, bucle, consulta sql, base de datos, função, laço, banco de dados, funzione, codice, ciclo, functie, foutmelding, lus, kod, kodzie, funkcję, funkcja, skrypt, pętla, pętlę, baza danych, код, коде, функцию, функция, скрипт, программу, массив, список python, питоне, питон, kodu, kodda, fonksiyon, döngü, veritabanı, kodlama, kod hata, 代码, 函数, 编程, 程序, 报错, 脚本, 爬虫, 数据库, 算法, 接口, コード, 関数, プログラム, バグ, スクリプト, エラー, 配列, データベース, 코드, 함수, 파이썬, 자바, 버그, 오류"),
    ),
    _intent(
        "editing_writing",
        "Rewriting, translating, summarising and drafting: mails, essays, poems.",
        _pattern(4.0, "asks_to_edit_a_text", rf"{_ASK}(?:rewrite|reword|rephrase|paraphrase|proof-?read|copy-?edit|summari[sz]e|condense|shorten|edit|polish|translate|correct|rework|re-?phrase|reply to|respond to|expand (?:this|the|on|my)|outline|formali[sz]e|tl;?dr|fix (?:the |my |any |all )?(?:grammar|spelling|punctuation|typos|wording|mistakes)|check (?:the |my |this )?(?:grammar|spelling|punctuation|essay|text|letter|email))\b"),
        _pattern(3.4, "asks_for_a_text", rf"\b{_MAKE}\s(?:[\w'&-]+\s+){{0,7}}?{_TEXT_THING}\b"),
        _pattern(3.4, "asks_for_a_text", rf"(?:^|\s){_MAKE_ABROAD}\s(?:[^\s:]+\s+){{0,4}}?{_TEXT_THING_ABROAD}(?:\W|$)"),
        _pattern(3.0, "asks_for_a_text", rf"^[\s[:punct:]¿¡«„“]*(?:(?:an?|some|short|long|funny|nice|the|my|one|quick|catchy|good|cute|cool|formal|birthday|wedding|retirement|thank|you|product|cover|job|five|\d+|instagram|linkedin|facebook|twitter|youtube)[\s-]+){{0,4}}{_TEXT_THING} (?:for|about|on|to|from|announcing)\b"),
        _pattern(3.0, "asks_for_another_tone", r"\b(?:make|make it|mach|macht|rends|haz|deixe|rendi|maak)\b(?:\W+[\w'-]+){0,5}?\W+(?:sound|read|more (?:formal|professional|polite|friendly|casual|concise|persuasive|engaging|readable)|less (?:formal|harsh|angry|wordy|stiff|aggressive|robotic)|clearer|friendlier|politer|shorter|formeller|höflicher|freundlicher|poli\w*|formal\w*)\b(?:.{0,40}:|.{40,})"),
        _pattern(3.0, "asks_for_a_translation", r"\b(?:how (?:do|would|can) (?:you|i|we) say\b|(?:in|into|to|auf|ins|en|al|para o|naar het|na) (?:english|spanish|french|german|italian|portuguese|dutch|polish|russian|turkish|chinese|japanese|korean|arabic|swedish|latin|englische?|deutsch\w*|französisch\w*|spanisch\w*|anglais|espagnol|allemand|inglés|francés|alemán|inglês|inglese|francese|tedesco|engels|angielski|niemiecki)\s*(?:please|pls|bitte)?\s*[:?.]*(?:\s|$))"),
        _pattern(3.6, "asks_for_a_translation", r"(?:^|\W)(?:translat\w+|übersetz\w*|traduis\w*|traduire|traduction|traduce\w*|traducir|traduza|traduz\w*|traduc[ei]\w*|tradur\w+|vertaal|vertalen|przetłumacz\w*|tłumacz\w*|översätt\w*)\b|перевед\w*|перевод|çevir|tercüme|翻译|翻訳|译成|번역"),
        _pattern(3.4, "asks_to_edit_a_text", r"(?:^|\W)(?:formulier\w*|umformulier\w*|zusammenfass\w*|fass\w* .{0,40}zusammen|korrigier\w*|korrektur\w*|verbesser\w* (?:den|diesen|meinen) text|résume\w*|reformul\w*|corrige\w*|relis|resum[ea]\w*|reescrib\w*|corrija|reescrev\w*|riassum\w*|riscriv\w*|correggi\w*|vat .{0,30}samen|herschrijf\w*|verbeter|popraw|streszcz\w*|streść|przeredaguj|sammanfatta\w*|rätta)\b|исправ\w* (?:текст|ошибки)|перепиши|перефразируй|сократи|özetle|düzelt|yeniden yaz|总结|概括|改写|润色|修改这|缩写|要約|書き直|添削|丁寧|校正|요약|교정|다듬"),
        _pattern(3.0, "asks_for_a_text", r"(?:写|寫)(?:一?[封篇首段份]|信|邮件|作文|文章|诗|故事|祝福|文案)|(?:メール|手紙|文章|作文|詩|物語|俳句|スピーチ|案内文).{0,8}(?:書|作|考え)|(?:mektup|e-posta|eposta|şiir|hikaye|makale|mesaj|metin|kompozisyon).{0,12}yaz|yaz.{0,10}(?:mektup|şiir|hikaye)|напиши\S* .{0,24}(?:письм|стих|поздравл|рассказ|сочинен|текст|пост|эссе)|(?:편지|이메일|시|글|에세이).{0,6}(?:써|작성)"),
        _pattern(3.0, "asks_about_wording", r"\b(?:better|another|different|fancier|nicer|stronger) (?:word|way to say|phrase|term)\b|\bsynonyms?\b|\bis (?:this|the|my) (?:sentence|phrase|paragraph|wording|grammar) (?:correct|right|ok|okay|good)\b|\b(?:bullet points|turn (?:this|these|it|the|my) .{0,30}into)\b"),
        _keywords(1.6, "grammar, spelling, punctuation, typos, wording, tone, essay, poem, haiku, limerick, sonnet, lyrics, cover letter, resignation letter, paragraph, blog post, tweet, slogan, tagline, newsletter, press release, speech, toast, short story, draft, intro, bullet points, linkedin, catchy, résumé, grammatik, rechtschreibung, aufsatz, gedicht, bewerbung, anschreiben, orthographe, rédaction, lettre, poème, dissertation, ortografía, redacción, carta, poema, ensayo, redação, lettera, poesia, tema, opstel, gedicht, wiersz, wypracowanie, list motywacyjny, письмо, стихотворение, сочинение, эссе, mektup, şiir, metin, makale, 作文, 文章, 邮件, 诗, 段话, 这句话, この文, 作文を, メール, 手紙, この文章"),
    ),
    _intent(
        "reasoning_math",
        "Puzzles, proofs, arithmetic, word problems, probability, planning by logic.",
        _pattern(4.0, "is_a_calculation", r"^[\s[:punct:]¿¡«„“]*(?:(?:what(?:'s| is)|calculate|compute|solve|evaluate|was ist|combien fait|cuánto es|quanto é|quanto fa|hoeveel is|ile to(?: jest)?|сколько будет)\W+)?[\s(√-]*(?:\d[\d.,]*|sqrt\(\d+\))\s*[-+*/^×÷!%][\d\s().,+*/^%=!×÷√?-]*[\s[:punct:]…]*$"),
        _pattern(3.0, "contains_a_calculation", r"\d\s*(?:[*×÷^]|\s[-+/]\s)\s*\(?\d"),
        _pattern(3.6, "asks_for_a_percentage", r"\d\s*(?:%|percent|prozent|por ciento|por cento|per cento|procent|процент\w*)\W+(?:of|on|off|tip|von|de|del|di|van|z|от|av|引き)|yüzde \d|的?百分之|\d[%%]引き|\d/\d\s(?:of|von|de|di|van|z|от)\b"),
        _pattern(3.4, "contains_an_equation", r"(?:\b|\d)[a-z](?:\^\d|²|³)?\s*(?:[-+*/]\s*\d*[a-z]?(?:\^\d|²)?\s*){0,4}=\s*-?\d|\d\s*[xyz]\s*[-+]\s*\d|[xyzn](?:\^\d|²|³)|[xyz]\s*\+\s*[xyz]|\b(?:sin|cos|tan|ln|log|sqrt|lim)(?:\s*\(|\s+[xyt]\b)|\d\.*\s*=\s*\d"),
        _pattern(3.0, "asks_to_solve_or_prove", rf"{_ASK}(?:solve|prove|disprove|calculate|compute|simplify|factori[sz]e|differentiate|integrate|derive|evaluate|work out|show that|find (?:the |all )?(?:value|derivative|integral|area|probability|sum|roots?|solutions?|x\b|number of|minimum|maximum)|löse|berechne|beweise|zeige, dass|rechne|résou\w*|calcul\w*|démontre\w*|prouve\w*|resuelve|demuestra|resolva|calcule|prove|demonstre|risolvi|calcola|dimostra|bereken|los op|bewijs|oblicz|rozwiąż|udowodnij|lös|beräkna|bevisa)\b"),
        _pattern(3.2, "asks_to_solve_or_prove", r"реши(?:те)? |вычисли|докажи|посчитай|найди (?:площадь|сумму|производную|вероятность)|(?:denklem|integral|türev|olasılık|hesapla|ispatla|kanıtla|çarp[ıi]m|alan[ıi] ka[cç])|解方程|方程|计算|求解|证明|概率|面积是|等于多少|一共有多少|積分|微分|確率|方程式|面積|証明|計算|いくらですか|방정식|확률|계산|증명|넓이"),
        _pattern(2.8, "sets_a_word_problem", r"(?s)(?:\d|\b(?:two|three|four|five|six|seven|twice|half|double|zwei|drei|doppelt|deux|trois|double|dos|tres|doble|dois|três|dobro|due|tre|doppio)\b).{4,}(?:\d|\b(?:two|three|four|five|six|seven|twice|half|double|another|together|total|each|every|times|zusammen|ensemble|juntos|entre los|insieme|samen|razem|вместе)\b).{2,}(?:\b(?:how (?:many|much|long|fast|far|old|tall|often|big)|when (?:do|does|will|did)|what(?:'s| is) (?:the|my)|which|who|ages?|wie (?:viele?|lange|schnell|wahrscheinlich|alt|groß)|combien|quelle? (?:distance|vitesse|est)|cuánt\w+|quant\w+|hoeveel|ile|jak długo)\b|сколько|kaç|多少|何)"),
        _pattern(2.6, "sets_a_word_problem", r"\b(?:if|when|wenn|falls|si|se|als|jeśli|если)\b.{0,60}\d.{1,120}\b(?:how (?:many|much|long|fast|far|old)|what|wie (?:viele?|lange)|combien|cuánt\w+|quant\w+|hoeveel|ile)\b"),
        _pattern(3.0, "sets_a_logic_puzzle", r"\b(?:all|some|no|every) \w+ (?:is|are) \w+.{1,60}\b(?:all|some|no|every|does it follow|therefore|conclude|valid)\b|\b(?:riddle|brain ?teaser|logic puzzle|puzzle|sudoku|knights and knaves|tells? the truth|always lies|monty hall|zebra puzzle|seating plan|rätsel|énigme|devinette|acertijo|adivinanza|charada|enigma|indovinello|raadsel|zagadk\w+|загадк\w+|bilmece)\b|谜语|逻辑题|なぞなぞ|수수께끼"),
        _pattern(2.4, "sets_a_logic_puzzle", r"\b\w+ is (?:\w+ ){0,2}\w+er than \w+.{2,}\b(?:who|which|youngest|oldest|tallest|shortest|order)\b|\b(?:must|can'?t|cannot) (?:be|sit|go|come) (?:before|after|next to|with|between|together)\b.{0,120}"),
        _pattern(3.4, "asks_for_a_probability", r"\b(?:what are the (?:odds|chances)|odds of|chance of|chances of|probability|likelihood of|expected value|how many (?:\S+ ){0,3}?(?:ways|digits?|pins|codes|passwords|arrangements|handshakes|combinations|permutations|arrangements|possible|different)|in how many ways|wahrscheinlich\w*|probabilidad\w*|probabilidade|waarschijnlijk\w*|prawdopodobie\w+)\b|\bprobabilit(?:à|é|ät)|вероятность|olasılığ?"),
        _pattern(3.0, "asks_for_the_next_number", r"\b(?:next (?:number|term|in (?:the|this) (?:sequence|series|pattern))|complete the (?:sequence|pattern|series)|(?:the )?sequence)\b.{0,20}\d|(?:\d+\s*,\s*){3,}(?:\d+|\?|_|…|\.\.\.)"),
        _pattern(2.6, "asks_for_a_quantity", r"\b(?:(?:sum|product|average|mean|median|remainder|difference|square|cube|area|volume|perimeter|circumference) of\b.{0,40}(?:\d|number|integer|side|radius|base)|\d+ (?:days|weeks|hours|minutes) (?:from|after|before)|in \d+ (?:days|weeks|hours)|recipe .{0,60}\d|how much for \d|(?:cheapest|shortest|optimal|fastest|best) (?:order|route|path|tour|schedule|way to (?:visit|split|divide))|find a (?:schedule|seating|plan|way))|\d/\d (?:of|von|de|di|van|to a)\b"),
        _keywords(2.0, "derivative, integral, equation, equations, theorem, proof, prime, primes, prime number, matrix, determinant, eigenvalue, polynomial, quadratic, logarithm, square root, fraction, decimal, triangle, rectangle, circle, radius, perimeter, circumference, hypotenuse, angle, area of, volume of, median, standard deviation, variance, arithmetic, algebra, geometry, calculus, combinatorics, permutations, lcm, gcd, modulo, factorial, compound interest, interest rate, dice, coin flips, deck of cards, average speed, km/h, mph, irrational, divisible, remainder, even number, odd number, induction, logic, paradox, handshakes, weighing"),
        _keywords(2.0, "ableitung, gleichung, beweis, primzahl, primzahlen, dreieck, fläche, flächeninhalt, wurzel, bruch, würfel, dérivée, équation, intégrale, racine carrée, triangle, aire, périmètre, derivada, ecuación, raíz cuadrada, triángulo, área, dados, equação, raiz quadrada, triângulo, derivata, equazione, radice, triangolo, dadi, afgeleide, vergelijking, oppervlakte, driehoek, pochodną, równanie, układ równań, trójkąt, pole, pierwiastek, производную, уравнение, треугольник, площадь, корень, интеграл, üçgen, denklemini, alanı, karekök, 三角形, 正方形, 长方形, 周长, 面积, 骰子, サイコロ, 三角形, 合計, 삼각형"),
    ),
    _intent(
        "qa_retrieval",
        "Facts, news, prices, who, what and when: anything to look up, with sources.",
        _pattern(0.8, "asks_for_a_fact", r"^[\s[:punct:]¿¡«„“]*(?:(?:hey|hi|so|and|ok|please|tell me|do you know|can you tell me|quick question|question)\W+){0,2}(?:who|whose|when|where|which|what year|what time|what country|what happened|what language|what(?:'s|s| is| are| was| were) (?:the|a|an|some))\b"),
        _pattern(1.2, "asks_for_a_fact", r"^[\s[:punct:]¿¡«„“]*(?:who|whose|when|where|which|what|what's|whats|why (?:is|are|do|does|did|was|were)|(?:is|are|did|does|was|were|has|have) (?:the|there|a|an|any|it|[a-z]+)|how (?:do|does|did|is|are|long|tall|old|far|big|deep|high|heavy|hot|cold|fast|many|much|often|come))\b"),
        _pattern(0.6, "asks_for_a_fact", r"\bhow (?:tall|old|far|big|deep|high|heavy|hot|cold|many|much|long)\b"),
        _pattern(2.6, "asks_for_current_facts", r"\b(?:latest|breaking|recent|current|today'?s?|right now|this (?:week|weekend|month|year)|last night|tonight|tomorrow|yesterday|upcoming|so far)\b.{0,60}\b(?:news|price|prices|score|scores|results?|weather|forecast|rate|rates|version|release|ceo|president|minister|champion|election|game|match|market|stock|strike|update|updates)\b|\b(?:news|weather|forecast|price|stock|score|exchange rate|election)\b.{0,50}\b(?:today|tomorrow|now|tonight|latest|week|weekend|currently|yesterday|last night)\b"),
        _pattern(2.4, "asks_for_current_facts", r"^[\s[:punct:]¿¡«„“]*(?:(?:the|any|latest|current|some)\W+){0,2}(?:news|price|prices|weather|forecast|capital|population|ceo|president|prime minister|cost|release date|opening (?:hours|times)|symptoms|side effects|definition|meaning|exchange rate|height|distance|age|birthday|net worth) (?:of|on|about|for|in|from|at)\b"),
        _pattern(3.0, "asks_for_sources", r"\b(?:cite|citations?|sources?|references|links? to|with links|studies on|papers on|look up|search (?:for|the web)|google|find (?:me )?(?:\w+ ){0,3}(?:studies|articles|papers|information|info|sources|statistics|data)|where did you (?:get|read|find|hear)|quellenangaben?|quellen|fuentes|fontes|fonti|bronnen|źródła|источник\w*|kaynak)\b|出典|来源"),
        _pattern(2.0, "asks_what_something_is", r"\b(?:what does .{1,40} mean|meaning of|definition of|define|what (?:is|are|was|were) (?:an? )?[\w-]+[\s[:punct:]…]*$|history of|tell me about|difference between|compare|is it (?:true|safe|legal|possible|allowed|illegal)|actually true|really true|how (?:do|does|did) (?:\w+ ){1,4}(?:work|happen|form|start|die|get|become|make))\b"),
        _pattern(1.7, "asks_for_a_fact", r"^[¿¡\s\"'«„(]*(?:wer|wann|wo|woher|welche[rsnm]?|wie (?:viele?|hoch|groß|alt|weit|lang|tief|heißt|wird|ist|teuer)|was (?:kostet|ist|sind|bedeutet|war)|warum (?:ist|sind)|qui|quand|où|quel(?:le)?s?|combien|qu'est-ce que|pourquoi|c'est quoi|quién(?:es)?|cuándo|dónde|cuál(?:es)?|cuánt[oa]s?|qué|por qué|quem|quando|onde|qual|quais|quant[oa]s?|o que|chi|dove|quale|quali|quant[eoia]|cos'è|che cos|perché|wie|wanneer|waar|hoeveel|wat|welke|hoe (?:hoog|groot|oud|ver)|kto|kiedy|gdzie|ile|jak(?:i|a|ie) |co to|dlaczego|vem|när|var|vad|hur (?:många|gammal|hög)|кто|когда|где|какой|какая|какие|какое|сколько|что такое|почему|чей)(?:\s|\W|$)"),
        _pattern(2.2, "asks_for_a_fact", r"(?:谁|什么时候|哪里|哪儿|哪个|哪年|多高|多大|多远|多少钱|首都|人口|天气|新闻|是什么|为什么|最新|誰|いつ|どこ|何メートル|何人|いくつ|首都|人口|天気|ニュース|とは何|とは|教えて|수도|누구|언제|어디|얼마|날씨|뉴스|무엇)|\b(?:kim|nerede|nedir|hangi(?:si|sidir)?|kaç|ne kadar|ne zaman|nüfusu?|başkenti)\b|kaç\?|neresi"),
        _keywords(2.0, "news, weather, forecast, price of, capital, capital of, population, president, prime minister, ceo, founded, invented, discovered, world record, tallest, largest, opening hours, opening times, exchange rate, stock price, side effects, symptoms, vitamin, dosage, visa, passport, flights, train, restaurants, restaurant, hotel, museum, ingredients, lyrics of, election, war, century, dynasty, empire, planet, moon, country, countries, continent, river, mountain, species, olympics, movie, actor, recipe for, recommend, reviews of, bitcoin, iphone, located, born, died, height of, release date"),
        _keywords(2.0, "nachrichten, wetter, preis, einwohner, hauptstadt, bundeskanzler, öffnungszeiten, gebaut, gegründet, météo, actualités, nouvelles, capitale, prix, habitants, président, horaires, noticias, clima, tiempo hace, precio, presidente, capital, población, habitantes, notícias, previsão, preço, população, notizie, meteo, prezzo, popolazione, nieuws, weer, prijs, inwoners, hoofdstad, koning, wiadomości, pogoda, cena, stolica, ludność, prezydent, новости, погода, цена, столица, население, президент, война, haberler, hava durumu, fiyat, fiyatı, başkent, doğdu, nyheter, väder, huvudstad, 天气, 新闻, 首都, 价格, 最高, 天気, 高さ, 首相, 値段, 최신, 뉴스"),
    ),
    _intent(
        "ambiguous_or_other",
        "Everything else: vague, unclear, gibberish, or only an attachment mentioned.",
        _pattern(2.2, "it_is_not_clear_what_is_asked", rf"^(?:[\s\pP\pS]*\b{_VAGUE}\b)+[\s\pP\pS]*$"),
        _pattern(2.4, "only_mentions_an_attachment", r"^[\s[:punct:]¿¡«„“]*(?:(?:please|here|here's|here is|is|are|i|i've|have|just|see|look at|check|open|find|the|my|a|an|this|that|attached|added|uploaded|sent|take a look at)\W+){0,5}(?:attached|attachment|attachments|file|files|document|image|picture|pic|photo|pdf|screenshot|link|upload|enclosed)[\s[:punct:]…]*$|^[\s[:punct:]¿¡«„“]*(?:siehe anhang|anbei|im anhang|pièce jointe|voir (?:la )?pièce|ci-joint|ver adjunto|adjunto|em anexo|veja o anexo|in allegato|vedi allegato|zie bijlage|bijlage|w załączniku|см\.? вложение|во вложении|ekte|见附件|附件|添付)"),
        _pattern(2.4, "it_is_not_readable", r"^[\s[:punct:]¿¡«„“]*(?:[bcdfghjklmnpqrstvwxz]{5,}\w*|(?:asdf|qwer|zxcv|hjkl|jkl)\w*|\w*(?:sdf|dfg|fgh|jkl|lkj|xcv|qwe)\w*|(?:x{3,}|z{3,}|a{4,}))(?:\W+\w{1,12}){0,2}[\s[:punct:]…]*$"),
        _pattern(2.6, "it_is_not_clear_what_is_asked", r"^[¿¡\s\"']*(?:(?:kannst|können|könntest|du|sie|mir|mich|mal|kurz|bitte|eben|das|da|dies|die|der|es|mach|machen|nochmal|noch mal|brauche|ich|habe|hab|eine|ein|einer|bei|mit|sache|frage|problem|hilfe|helfen|hilf|dingsda|etwas|was)[\s\pP]+)*(?:mach|machen|nochmal|sache|frage|problem|hilfe|helfen|hilf|etwas|bitte|das|das da|was)[\s\pP]*$"),
        _pattern(2.6, "it_is_not_clear_what_is_asked", r"^[¿¡\s\"']*(?:(?:peux-tu|pouvez-vous|tu peux|j'ai|je|besoin|d'aide|d'un|une?|aide|aide-moi|aidez|m'aider|moi|pour|avec|un|truc|chose|question|problème|regarder|ça|cela|s'il|te|plaît|svp|necesito|que|me|ayud\w+|ayuda|con|esto|eso|una?|cosa|tengo|duda|pregunta|problema|puedes|podrías|algo|por|favor|preciso|de|ajuda\w*|pode|isso|isto|pra|mim|faz|faça|tenho|dúvida|uma|um|aiut\w+|ho|bisogno|di|aiuto|puoi|fare|farlo|tu|questa|questo|una|domanda|problema|mi|qualcosa)[\s\pP]+)*(?:aide|aide-moi|m'aider|d'aide|truc|chose|question|problème|ça|cela|esto|eso|cosa|duda|pregunta|problema|algo|ayuda|ayudarme|isso|isto|mim|ajuda|ajudar|dúvida|questo|domanda|aiuto|aiutarmi|farlo|tu|qualcosa)[\s\pP]*$"),
        _pattern(2.6, "it_is_not_clear_what_is_asked", r"^[\s\"']*(?:(?:kun|kan|je|jij|me|mij|ergens|even|mee|met|help|helpen|ik|heb|een|vraag|hulp|nodig|dit|dat|doe|pomóż|pomoc\w*|mi|z|tym|to|mam|pytanie|problem|zrób|możesz|potrzebuję|coś|помоги\w*|помощь|нужна|мне|с|этим|это|сделай|вопрос|есть|у|меня|можешь|помочь|bana|yardım|et|eder|misin|bir|şey|şuna|buna|bak|sorabilir|sorum|var|miyim|lütfen|kan|du|hjälpa|mig|jag|har|en|fråga|hjälp)[\s\pP]*)+$"),
        _pattern(2.6, "it_is_not_clear_what_is_asked", r"^(?:请|能|可以|帮|帮忙|帮助|我|你|看|一下|看看|这个|那个|怎么办|问题|有|一个|个|想问|问|吗|呢|吧|弄|做|搞|东西|事|件|事情|これ|それ|あれ|を|お願い|します|してください|助けて|ください|ちょっと|聞きたい|質問|こと|が|ある|あるんですが|あります|んですが|です|いい|ですか|手伝って|困って|います|도와|줘|주세요|이거|그거|좀|질문|있어요|해|[\s\pP])+$"),
    ),
)
