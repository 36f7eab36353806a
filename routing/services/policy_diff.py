"""Describes the changes between two policies in one line.

E.g. "coding_help: Gemini 3.8 Flash moved above GPT-6 Luna; persona changed".
"""

from collections.abc import Iterator, Mapping, Sequence

from routing.services.policy_content import IntentContent, LadderContent, PolicyContent

Labels = Mapping[str, str]


def in_words(old: PolicyContent, new: PolicyContent, labels: Labels) -> str:
    """The changes from `old` to `new`; `labels` are the names of deployments that people see."""
    changes = [*_general(old, new), *_intents(old, new), *_ladders(old, new, labels)]
    return "; ".join(changes) or "nothing changed"


def _general(old: PolicyContent, new: PolicyContent) -> Iterator[str]:
    if old.persona != new.persona:
        yield "persona changed"
    if old.max_calls != new.max_calls:
        yield f"calls per message {old.max_calls} → {new.max_calls}"
    if old.patience_s != new.patience_s:
        yield f"patience {old.patience_s:g} s → {new.patience_s:g} s"
    if old.turn_limit_s != new.turn_limit_s:
        yield f"longest reply {old.turn_limit_s:g} s → {new.turn_limit_s:g} s"
    if old.unsure_below != new.unsure_below:
        yield f"guesses count from {old.unsure_below:g} → {new.unsure_below:g}"
    if old.when_unsure != new.when_unsure:
        yield f"without a guess: {old.when_unsure} → {new.when_unsure}"
    if old.reroute_filtered != new.reroute_filtered:
        yield (
            "filtered prompts now go on to the next rung"
            if new.reroute_filtered
            else ("filtered prompts now stop at the first rung")
        )


def _intents(old: PolicyContent, new: PolicyContent) -> Iterator[str]:
    for name in new.intents:
        if name not in old.intents:
            yield f"intent {name} added"
        elif changes := list(_intent(old.intents[name], new.intents[name])):
            yield f"{name}: {', '.join(changes)}"
    for name in old.intents:
        if name not in new.intents:
            yield f"intent {name} removed"


def _intent(old: IntentContent, new: IntentContent) -> Iterator[str]:
    if old.enabled != new.enabled:
        yield "switched on" if new.enabled else "switched off"
    if old.label != new.label:
        yield f"now called {new.label}"
    if old.description != new.description:
        yield "description changed"
    if old.position != new.position:
        yield "place in the list changed"
    if old.examples != new.examples:
        yield _counted("example", old.examples, new.examples)
    if old.rules != new.rules:
        yield _counted("rule", old.rules, new.rules)


def _counted(noun: str, old: Sequence[object], new: Sequence[object]) -> str:
    added = sum(1 for item in new if item not in old)
    removed = sum(1 for item in old if item not in new)
    if added and removed:
        return f"{noun}s changed"
    if added or removed:
        number = added or removed
        return f"{number} {noun}{'' if number == 1 else 's'} {'added' if added else 'removed'}"
    return f"order of {noun}s changed"


def _ladders(old: PolicyContent, new: PolicyContent, labels: Labels) -> Iterator[str]:
    for name, ladder in new.ladders.items():
        before = old.ladders.get(name)
        if before is None:
            # An intent's ladder comes with it, which was said.
            if ladder.intent is None or ladder.intent in old.intents:
                yield f"ladder {name} added"
        elif changes := list(_ladder(before, ladder, labels)):
            yield f"{name}: {', '.join(changes)}"
    for name, ladder in old.ladders.items():
        if name not in new.ladders and (ladder.intent is None or ladder.intent in new.intents):
            yield f"ladder {name} removed"


def _ladder(old: LadderContent, new: LadderContent, labels: Labels) -> Iterator[str]:
    def label(rung: str) -> str:
        return labels.get(rung, rung)

    before = [rung.deployment for rung in old.rungs]
    after = [rung.deployment for rung in new.rungs]
    yield from (f"{label(rung)} added" for rung in after if rung not in before)
    yield from (f"{label(rung)} removed" for rung in before if rung not in after)
    stayed = [rung for rung in before if rung in after]
    now = [rung for rung in after if rung in before]
    if stayed != now:
        yield _moved(stayed, now, label_of=[label(rung) for rung in now])
    if old.cache_ttl_s != new.cache_ttl_s:
        yield f"replies kept {_seconds(old.cache_ttl_s)} → {_seconds(new.cache_ttl_s)}"
    if old.cache_scope != new.cache_scope:
        yield f"replies shared by {old.cache_scope} → {new.cache_scope}"
    if old.on_break != new.on_break:
        yield f"on a break {old.on_break} → {new.on_break}"
    if old.web_search != new.web_search:
        yield "may search the web" if new.web_search else "no longer searches the web"


def _moved(old: Sequence[str], new: Sequence[str], *, label_of: Sequence[str]) -> str:
    """The change of order: as the move of one rung, preferably upwards, if it was only one."""
    single = [
        (place, rung)
        for place, rung in enumerate(new)
        if [other for other in old if other != rung] == [other for other in new if other != rung]
    ]
    for place, rung in single:
        if place < old.index(rung):
            return f"{label_of[place]} moved above {label_of[place + 1]}"
    for place, _ in single:
        return f"{label_of[place]} moved below {label_of[place - 1]}"
    return f"order is now {', '.join(label_of)}"


def _seconds(ttl_s: int) -> str:
    return f"{ttl_s} s" if ttl_s else "never"
