"""A conversation names itself."""

import pytest

from chatcore.turns.titles import LONGEST, title_from


class TestTitleFrom:
    def test_is_the_first_sentence(self):
        assert title_from("Where do swifts sleep? I saw none.") == "Where do swifts sleep?"

    def test_takes_the_next_sentence_along_when_the_first_says_little(self):
        assert title_from("Hi. How do I sort a list? Thanks.") == "Hi. How do I sort a list?"

    def test_drops_the_full_stop(self):
        assert title_from("Tell me about swifts.") == "Tell me about swifts"

    def test_reads_the_prose_rather_than_the_code(self):
        assert title_from("```python\nx = 1\n```\nWhy does this fail?") == "Why does this fail?"

    def test_is_the_code_when_there_is_nothing_else(self):
        assert title_from("```python\nprint(sorted(names))\n```") == "print(sorted(names))"

    def test_drops_markdown(self):
        assert title_from("## Read **the** [manual](http://a.example) of `grep`") == (
            "Read the manual of grep"
        )

    def test_keeps_underscores_inside_names(self):
        assert title_from("What does max_retry_count do") == "What does max_retry_count do"

    def test_ends_sentences_of_scripts_without_spaces(self):
        prompt = "请用简单的语言解释一下天空为什么是蓝色的？谢谢你"
        assert title_from(prompt) == "请用简单的语言解释一下天空为什么是蓝色的？"

    def test_cuts_between_words(self):
        title = title_from("word " * 40)

        assert title.endswith("word…")

    @pytest.mark.parametrize("prompt", ["x" * 500, "नमस्ते " * 50, "漢字" * 90, "👩‍👩‍👧" * 60])
    def test_is_short_in_any_script(self, prompt):
        assert 1 <= len(title_from(prompt)) <= LONGEST

    def test_tears_no_letter_from_its_marks(self):
        title = title_from("e\u0301" * 80)

        assert title.removesuffix("…").endswith("e\u0301")

    def test_hides_no_text_direction_tricks(self):
        assert title_from("Hello \u202edlrow good friend") == "Hello dlrow good friend"

    @pytest.mark.parametrize("prompt", ["", "  \n ", "```\n```", "\u200b"])
    def test_is_empty_when_nothing_is_left(self, prompt):
        assert title_from(prompt) == ""
