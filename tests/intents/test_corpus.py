"""The labelled prompts are fair, and the shipped detector does well on them."""

import re
from collections import Counter

import pytest

from routing.intents import check_rule
from routing.intents.text import fold, is_unspaced
from tests.intents.corpus import HELD_OUT, NAMES, SPECS, TUNING, BagOfWords, Confusion


@pytest.fixture(scope="module")
def confusion(detector, figures):
    result = Confusion(
        HELD_OUT, lambda row: detector.detect(row.text, previous_intent=row.previous).intent
    )
    figures += ["detector (rows: the label, columns: the guess)", *result.lines(), ""]
    return result


@pytest.fixture(scope="module")
def baseline(figures):
    result = Confusion(HELD_OUT, BagOfWords(TUNING).guess)
    figures += ["bag of words (naive Bayes, trained on tuning.jsonl)", *result.lines(), ""]
    return result


class TestTheLabelledPrompts:
    def test_are_at_least_300_and_a_third_of_the_minimum_is_held_out(self):
        assert len(HELD_OUT) >= 130
        assert len(HELD_OUT) + len(TUNING) >= 360

    def test_hold_out_at_least_20_of_each_intent(self):
        counts = Counter(row.intent for row in HELD_OUT)

        assert set(counts) == set(NAMES)
        assert min(counts.values()) >= 20

    def test_speak_many_languages_in_both_files(self):
        for rows in (HELD_OUT, TUNING):
            assert len({row.lang for row in rows}) >= 10

    def test_hold_follow_ups_in_both_files(self):
        for rows in (HELD_OUT, TUNING):
            assert sum(row.previous is not None for row in rows) >= 15

    def test_share_no_prompt_between_the_files(self):
        held_out = {(fold(row.text), row.previous) for row in HELD_OUT}

        assert not held_out & {(fold(row.text), row.previous) for row in TUNING}


def plain(text: str) -> str:
    """The words of a text alone, so that punctuation and pattern signs hide nothing."""
    return " ".join(re.findall(r"[\w|]+", fold(text)))


def is_a_phrase(text: str) -> bool:
    """One word ("thanks", "help") is vocabulary that any keyword list must hold; more is not."""
    return len(text.split()) >= 2 or (is_unspaced(text) and len(text) >= 6)


class TestTheShippedIntents:
    def test_hold_only_rules_that_can_be_used(self):
        assert [rule for spec in SPECS for rule in spec.rules if check_rule(rule)] == []

    @pytest.mark.parametrize("spec", SPECS, ids=NAMES)
    def test_hold_no_rule_twice(self, spec):
        counts = Counter((rule.kind, rule.text) for rule in spec.rules)

        assert [rule for rule, count in counts.items() if count > 1] == []

    def test_contain_no_whole_prompt_in_a_rule_or_an_example(self):
        prompts = {plain(row.text) for row in (*HELD_OUT, *TUNING)}
        phrases = [prompt for prompt in prompts if is_a_phrase(prompt)]
        texts = [
            f" {plain(text)} "
            for spec in SPECS
            for text in (*spec.examples, spec.description, *(rule.text for rule in spec.rules))
        ]

        memorised = [phrase for phrase in phrases for text in texts if f" {phrase} " in text]

        assert memorised == []

    def test_are_right_for_at_least_85_percent_of_the_held_out_prompts(self, confusion):
        assert confusion.share_right() >= 0.85

    @pytest.mark.parametrize("intent", NAMES)
    def test_are_right_for_at_least_75_percent_of_each_intent(self, confusion, intent):
        assert confusion.share_right(intent) >= 0.75

    def test_do_better_than_a_bag_of_words(self, confusion, baseline):
        assert confusion.share_right() > baseline.share_right()
