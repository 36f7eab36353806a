"""A conversation names itself."""

import pytest
import re2

from chatcore.turns import titles
from chatcore.turns.titles import LONGEST, READ, title_from


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

    def test_reads_the_prose_after_long_code(self):
        code = "print(sorted(names))\n" * 100
        assert title_from(f"```python\n{code}```\nWhy does this fail?") == "Why does this fail?"

    @pytest.mark.parametrize("prompt", ["2 * 3 * 4 is what?", "a_b and *c", "so ** this **"])
    def test_keeps_marks_that_emphasise_nothing(self, prompt: str):
        assert title_from(prompt) == prompt

    @pytest.mark.parametrize("prompt", ["", "  \n ", "```\n```", "\u200b"])
    def test_is_empty_when_nothing_is_left(self, prompt):
        assert title_from(prompt) == ""


class Measured:
    """A pattern that notes how much text it is given."""

    def __init__(self, pattern, read: list[int]) -> None:
        self._pattern = pattern
        self._read = read

    def sub(self, replacement, text: str) -> str:
        self._read.append(len(text))
        return self._pattern.sub(replacement, text)

    def finditer(self, text: str):
        self._read.append(len(text))
        return self._pattern.finditer(text)


class TestAHostilePrompt:
    """Titles are made while a thread is locked, of whatever somebody sends."""

    @pytest.mark.parametrize(
        "prompt",
        [
            "\n" * 4000 + "x",
            "```" + "\n" * 4000,
            "```\n" * 1000,
            ".*a" * 1333,
            "*a" * 2000,
            "_a " * 1333,
            "[" * 4000,
            "[a](" * 1000,
            "# " * 2000,
            "1. " * 1333,
            "x" * 32_000,
        ],
        ids=lambda prompt: repr(prompt[:6]),
    )
    def test_is_read_by_patterns_of_linear_time_and_only_in_part(self, prompt: str, monkeypatch):
        read: list[int] = []
        patterns = {
            name: pattern
            for name, pattern in vars(titles).items()
            if hasattr(pattern, "groupindex")
        }
        for name, pattern in patterns.items():
            monkeypatch.setattr(titles, name, Measured(pattern, read))

        title_from(prompt)

        assert {type(pattern) for pattern in patterns.values()} == {type(re2.compile("x"))}
        assert sum(read) <= len(patterns) * READ
