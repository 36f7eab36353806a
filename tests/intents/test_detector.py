"""What a detector promises to those who build on it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.intents import FALLBACK_INTENT, Detector, IntentRule, IntentSpec, Unsure
from tests.intents.corpus import NAMES, SPECS

HOLIDAYS = IntentSpec(
    name="holiday_requests",
    description="Asking for days off.",
    examples=(
        "I would like to take next Friday off",
        "how many days of leave do I have left",
        "please book two weeks of leave for me in August",
    ),
    rules=(IntentRule("keyword", "annual leave", 3.0), IntentRule("keyword", "urlaub", 3.0)),
)


def score_of(detection, intent):
    return next(score for score in detection.scores if score.intent == intent)


class TestDetection:
    def test_lists_every_intent_with_the_highest_score_first(self, detector):
        detection = detector.detect("write a function that reverses a string in python")

        assert {score.intent for score in detection.scores} == set(NAMES)
        values = [score.score for score in detection.scores]
        assert values == sorted(values, reverse=True)
        assert detection.scores[0].intent == detection.intent == "coding_help"

    @pytest.mark.parametrize(
        "text", ["hello", "what is 3 + 4", "help", "", "traduce esto al inglés"]
    )
    def test_gives_probabilities_that_add_up_to_one(self, detector, text):
        scores = [score.score for score in detector.detect(text).scores]

        assert min(scores) >= 0
        assert sum(scores) == pytest.approx(1, abs=0.001)

    def test_names_the_rule_and_what_it_matched(self):
        spec = IntentSpec("travel", rules=(IntentRule("keyword", "Boarding Pass", 2.0),))

        detection = Detector([spec]).detect("Where is my boarding pass?")

        evidence = score_of(detection, "travel").evidence[0]
        assert "Boarding Pass" in evidence.rule
        assert (evidence.matched, evidence.weight) == ("boarding pass", 2.0)

    def test_shows_the_words_that_a_pattern_found(self):
        spec = IntentSpec("travel", rules=(IntentRule("pattern", r"gate \w+", 2.0),))

        evidence = score_of(Detector([spec]).detect("Go to GATE B12 now"), "travel").evidence[0]

        assert evidence.rule == r"pattern gate \w+"
        assert evidence.matched == "GATE B12"

    def test_gives_a_named_group_as_the_reason(self, detector):
        assert detector.detect("12 * (3 + 4)").reason == "asks for a calculation"

    def test_gives_the_keyword_as_the_reason_where_no_group_is_named(self):
        detection = Detector([HOLIDAYS]).detect("annual leave form")

        assert detection.reason == "mentions “annual leave”"

    def test_gives_no_reason_where_no_rule_holds(self, detector):
        assert detector.detect("who was Ada Lovelace").reason == ""

    def test_is_confident_when_one_intent_is_likely(self, detector):
        assert detector.detect("Translate this letter into Polish: dear aunt").confident

    def test_is_the_same_for_a_detector_made_again(self, detector):
        text = "how do I cook rice, and why does my script print it?"

        assert Detector(SPECS).detect(text) == detector.detect(text)


class TestAGuessThatIsNotLikelyEnough:
    def test_goes_to_the_fallback_intent(self):
        detection = Detector(SPECS, unsure=Unsure(below=1.0)).detect("who was Ada Lovelace")

        assert (detection.intent, detection.confident) == (FALLBACK_INTENT, False)
        assert detection.scores[0].intent == "qa_retrieval"

    @pytest.mark.parametrize("previous", ["coding_help", None])
    def test_goes_where_the_message_before_went_if_staff_say_so(self, previous):
        detector = Detector(SPECS, unsure=Unsure(below=1.0, then="previous"))

        detection = detector.detect("who was Ada Lovelace", previous_intent=previous)

        assert detection.intent == (previous or FALLBACK_INTENT)

    def test_counts_where_staff_ask_for_nothing(self):
        detector = Detector(SPECS, unsure=Unsure(below=0.0))

        assert detector.detect("marmalade").confident


class TestFollowUps:
    @pytest.mark.parametrize(
        ("text", "previous", "expected"),
        [
            ("explain how that works", "coding_help", "coding_help"),
            ("explain how that works", "reasoning_math", "reasoning_math"),
            ("make it shorter", "coding_help", "coding_help"),
            ("make it shorter", "qa_retrieval", "qa_retrieval"),
            ("make it shorter", "editing_writing", "editing_writing"),
            ("make it shorter", None, FALLBACK_INTENT),
            ("thanks!", "coding_help", "social_chat"),
            ("thanks!", "reasoning_math", "social_chat"),
            ("thanks!", None, "social_chat"),
            ("Could you check your previous answer, all of it, for things that you may have missed there?", "reasoning_math", "reasoning_math"),
            ("who painted the Mona Lisa?", "coding_help", "qa_retrieval"),
            ("write a poem about the sea", "reasoning_math", "editing_writing"),
        ],
    )  # fmt: skip
    def test_go_where_the_last_turn_went_unless_they_ask_for_something_else(
        self, detector, text, previous, expected
    ):
        assert detector.detect(text, previous_intent=previous).intent == expected

    def test_edit_a_text_that_comes_with_them(self, detector):
        text = "make it shorter: We would be very happy indeed if you could find the time to call."

        assert detector.detect(text).intent == "editing_writing"

    def test_say_so_in_their_reason(self, detector):
        detection = detector.detect("make it shorter", previous_intent="coding_help")

        assert detection.reason == "follows on from the last message"

    def test_ignore_a_previous_intent_that_is_gone(self, detector):
        gone = detector.detect("make it shorter", previous_intent="deleted_last_week")

        assert gone == detector.detect("make it shorter")


class TestTheFallbackIntent:
    @pytest.mark.parametrize(
        "text", ["help me with this thing", "", "   ", "???", "sdkfjh", "🙂🙂", "the file"]
    )
    def test_takes_what_is_vague_or_unreadable(self, detector, text):
        assert detector.detect(text).intent == FALLBACK_INTENT

    def test_is_there_even_if_nobody_defined_it(self):
        assert Detector([]).detect("hello").intent == FALLBACK_INTENT


class TestAnIntentThatStaffAdded:
    @pytest.fixture
    def extended(self):
        return Detector([*SPECS, HOLIDAYS])

    @pytest.mark.parametrize(
        "text", ["how do I ask for annual leave?", "Ich möchte im Juli Urlaub nehmen"]
    )
    def test_is_found_by_its_rules_before_it_was_learned(self, extended, text):
        assert extended.detect(text).intent == "holiday_requests"

    @pytest.mark.parametrize(
        "text", ["hello there", "fix this python function", "who is the king of Spain"]
    )
    def test_leaves_the_other_intents_their_messages(self, extended, detector, text):
        assert extended.detect(text).intent == detector.detect(text).intent

    def test_is_not_spoiled_by_a_rule_that_cannot_be_used(self):
        broken = IntentSpec("travel", rules=(IntentRule("pattern", "(", 2.0), *HOLIDAYS.rules))

        assert Detector([broken]).detect("annual leave").intent == "travel"


class TestKeywords:
    @pytest.mark.parametrize(
        ("keyword", "text", "found"),
        [
            ("cat", "my cat sleeps", True),
            ("cat", "concatenate", False),
            ("Straße", "in dieser STRASSE", True),
            ("café", "un cafe\u0301 noir", True),
            ("istanbul", "İSTANBUL'DA hava", True),
            ("c++", "c++ or rust", True),
            ("c++", "vitamin c or d", False),
            ("boarding pass", "boarding\n  pass", True),
            ("天气", "今天天气怎么样", True),
            ("코드", "이 코드를 봐 줘", True),
            ("word", "今天word文件", True),
        ],
    )
    def test_match_whole_words_and_anywhere_in_scripts_without_spaces(self, keyword, text, found):
        detector = Detector([IntentSpec("it", rules=(IntentRule("keyword", keyword, 3.0),))])

        assert (detector.detect(text).intent == "it") is found

    def test_count_four_times_at_most_so_that_a_long_text_is_no_louder(self):
        rules = tuple(
            IntentRule("keyword", word, 1.0) for word in ["red", "green", "blue", "black"]
        )
        rules += (IntentRule("keyword", "white", 1.0),)

        detection = Detector([IntentSpec("it", rules=rules)]).detect("red green blue black white")

        assert len(score_of(detection, "it").evidence) == 4


class TestHostileText:
    @settings(max_examples=200, deadline=None)
    @given(text=st.text(st.characters(exclude_categories=()), max_size=200))
    def test_never_raises(self, text):
        assert SHIPPED.detect(text).intent in NAMES

    @pytest.mark.parametrize(
        "text",
        [
            "\0" * 32_000,
            "\ud800" * 32_000,
            "a" * 32_000,
            " " * 31_000 + "hi",
            "what " * 6_400,
            "1+" * 16_000,
            "\u0301" * 32_000,
            "天" * 32_000,
            "\ufdfa" * 32_000,
            "((((" * 8_000,
            "😀" * 32_000,
        ],
        ids=lambda text: ascii(text[:4]),
    )
    def test_of_32_000_characters_costs_under_50_ms(self, detector, text):
        spent = []
        for _ in range(3):
            started = time.process_time()
            detector.detect(text, previous_intent="coding_help")
            spent.append(time.process_time() - started)

        assert min(spent) < 0.05

    def test_is_read_at_its_beginning_and_at_its_end(self, detector):
        filler = "lorem ipsum dolor sit amet " * 1_000

        for text in (f"```python {filler}", f"{filler}\n\n```"):
            evidence = score_of(detector.detect(text), "coding_help").evidence
            assert "contains code" in " ".join(item.rule for item in evidence)


SHIPPED = Detector(SPECS)
