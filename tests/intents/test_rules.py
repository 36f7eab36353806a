"""Which rules staff may save, and that a bad one cannot hurt."""

import random
import time

import pytest

from routing.intents import Detector, IntentRule, IntentSpec, check_rule


class TestCheckRule:
    @pytest.mark.parametrize(
        "rule",
        [
            IntentRule("keyword", "refund", 1.0),
            IntentRule("keyword", "天气", 0.5),
            IntentRule("keyword", "c++", 10.0),
            IntentRule("pattern", r"\border \d{4,8}\b", 2.0),
            IntentRule("pattern", r"(?P<asks_for_a_refund>money back)", 2.0),
        ],
    )
    def test_accepts_a_good_rule(self, rule):
        assert check_rule(rule) is None

    @pytest.mark.parametrize(
        ("kind", "text", "weight", "sentence"),
        [
            ("pattern", "(unclosed", 1.0, "The pattern is not valid RE2: missing ): (unclosed."),
            ("pattern", "(?=ahead)", 1.0, "The pattern is not valid RE2: invalid perl operator: (?=."),
            ("pattern", r"(a)\1", 1.0, r"The pattern is not valid RE2: invalid escape sequence: \1."),
            ("pattern", "a*", 1.0, "The pattern matches an empty message, so it would match every message."),
            ("pattern", r"[\pL\pN]{1,9}", 1.0, "The pattern is too large. Use smaller repeat counts or fewer character classes."),
            ("pattern", "x" * 1_001, 1.0, "The rule is longer than 1,000 characters."),
            ("keyword", "  ", 1.0, "The rule is empty."),
            ("keyword", "?!", 1.0, "The keyword has no letter or digit."),
            ("keyword", "\ud800", 1.0, "The rule contains a character that cannot be stored."),
            ("keyword", "ok", 0.0, "The weight must be above 0 and at most 10."),
            ("keyword", "ok", 11.0, "The weight must be above 0 and at most 10."),
            ("keyword", "ok", float("nan"), "The weight must be above 0 and at most 10."),
        ],
    )  # fmt: skip
    def test_says_in_a_sentence_why_a_rule_cannot_be_used(self, kind, text, weight, sentence):
        assert check_rule(IntentRule(kind, text, weight)) == sentence


class TestEvilPatterns:
    @pytest.mark.parametrize("pattern", [r"(a+)+$", r"(x+x+)+y", r"(a|aa)+b", r"(.*a){20}z"])
    def test_cost_no_more_than_a_few_milliseconds(self, pattern):
        detector = Detector([IntentSpec("evil", rules=(IntentRule("pattern", pattern, 1.0),))])

        started = time.process_time()
        detector.detect("a" * 30_000 + "!" + "x" * 2_000)

        assert time.process_time() - started < 0.05

    def test_cost_little_even_if_their_automaton_is_too_large_to_build(self):
        # On random letters this would need about 2^100 states, so RE2 must do without them.
        hungry = IntentRule("pattern", "[ab]*a[ab]{100}[cd]", 1.0)
        detector = Detector([IntentSpec("evil", rules=(hungry,))])
        letters = random.Random(7)
        text = "".join(letters.choice("ab") for _ in range(4_000))

        started = time.process_time()
        detector.detect(text)

        assert time.process_time() - started < 0.05
