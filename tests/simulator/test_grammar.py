"""A model's name says what the simulator does."""

import pytest

from routing.simulator.behaviours import NAMES, Behaviour, Unreadable, parse


class TestAName:
    @pytest.mark.parametrize("model", ["gpt-6-luna", "perplexity/sonar", "kimi-k3.1-pro", "simple"])
    def test_that_is_ordinary_answers_normally(self, model):
        assert parse(model) == Behaviour()

    @pytest.mark.parametrize("name", sorted(NAMES))
    def test_of_the_grammar_is_read(self, name):
        assert parse(f"sim-{name}").name == name

    def test_may_have_a_vendor_in_front(self):
        assert parse("perplexity/sim-stall").name == "stall"

    def test_sets_length_pace_and_place(self):
        behaviour = parse("sim-stall-tokens500-pace5-after7-wait20-split3")

        assert (behaviour.tokens, behaviour.pace_ms, behaviour.after) == (500, 5, 7)
        assert (behaviour.wait_ms, behaviour.split) == (20, 3)

    def test_says_where_the_delay_stands_and_how_long_it_is(self):
        behaviour = parse("sim-429-header30")

        assert (behaviour.label, behaviour.delay) == ("429-header", 30)

    @pytest.mark.parametrize("word", ["abort", "model_length", "safety"])
    def test_says_with_which_word_a_reply_finishes(self, word):
        behaviour = parse(f"sim-finish-{word}-tokens4")

        assert (behaviour.kind, behaviour.tokens) == (word, 4)

    def test_that_thinks_does_so_for_three_seconds_unless_it_says_otherwise(self):
        assert parse("sim-thinks").wait_ms == 3000
        assert parse("sim-thinks-wait50").wait_ms == 50

    def test_may_fail_only_so_many_times(self):
        behaviour = parse("sim-flaky-2-503-pace0")

        assert (behaviour.name, behaviour.fails_first, behaviour.pace_ms) == ("503", 2, 0)

    def test_may_carry_a_tag_that_changes_nothing(self):
        assert parse("sim-503-tag17") == parse("sim-503")

    @pytest.mark.parametrize(
        ("model", "culprit"),
        [
            ("sim-stal", "stal"),
            ("sim-", "''"),
            ("sim-ok-tokens", "tokens"),
            ("sim-ok-abort", "abort"),
            ("sim-finish-Abort", "Abort"),
            ("sim-503-verify", "verify"),
            ("sim-ok-header3", "header3"),
            ("sim-429-after", "after"),
            ("sim-flaky-503", "flaky"),
            ("sim-flaky-2", "flaky"),
        ],
    )
    def test_that_is_misspelt_is_refused_by_name(self, model, culprit):
        with pytest.raises(Unreadable, match=culprit):
            parse(model)
