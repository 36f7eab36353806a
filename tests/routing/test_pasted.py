"""What becomes of keys and addresses as people paste them."""

import pytest

from routing.pasted import NotUsable, read_address, read_key

KEY = "test-key-0123456789"


class TestAKey:
    @pytest.mark.parametrize(
        "pasted",
        [
            KEY,
            f"  {KEY}\n",
            f"{KEY}\r\n",
            f'"{KEY}"',
            f"'{KEY}'",
            f"`{KEY}`",
            f"“{KEY}”",
            f"„{KEY}“",
            f"‘{KEY}’",
            f"«{KEY}»",
            f"' \"{KEY}\" '",
            f"\ufeff{KEY}\u200b",
            f"Bearer {KEY}",
            f"bearer  '{KEY}'",
            f'"Bearer {KEY}"',
        ],
    )
    def test_is_read_without_what_was_pasted_around_it(self, pasted):
        assert read_key(pasted).text == KEY

    @pytest.mark.parametrize("key", ["sk-a/b+c==", "a=b", "AIza_x-y", "k'k", "Bearer"])
    def test_may_look_like_anything(self, key):
        assert (read_key(key).text, read_key(key).notes) == (key, ())

    @pytest.mark.parametrize("nothing", ["", "  \n", '""', "“ ”"])
    def test_is_empty_where_there_is_none(self, nothing):
        assert read_key(nothing).text == ""

    @pytest.mark.parametrize(
        ("pasted", "words"),
        [
            (f"OPENAI_API_KEY={KEY}", "it begins with “OPENAI_API_KEY”"),
            (f"export KIMI_API_KEY='{KEY}'", "it begins with “KIMI_API_KEY”"),
            (f"GEMINI_API_KEY: {KEY}", "it begins with “GEMINI_API_KEY”"),
            (f'"{KEY}', "a quotation mark at one end"),
            (f"{KEY}”", "a quotation mark at one end"),
            (f"{KEY} {KEY}", "no spaces"),
            (f"{KEY}\n{KEY}", "line breaks"),
            (f"{KEY}é", "accented letters"),
            (f"Authorization: Bearer {KEY}", "no spaces"),
        ],
    )
    def test_is_refused_in_words_where_it_is_not_certain(self, pasted, words):
        with pytest.raises(NotUsable, match=words) as caught:
            read_key(pasted)

        assert KEY not in str(caught.value)

    def test_is_told_what_was_left_out(self):
        assert read_key(f"Bearer '{KEY}'").notes == (
            "The word “Bearer” before the key was left out.",
            "The quotation marks around it were left out.",
        )

    def test_is_shown_in_no_repr(self):
        assert KEY not in repr(read_key(KEY))


class TestAnAddress:
    @pytest.mark.parametrize(
        ("pasted", "address"),
        [
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1///", "https://api.openai.com/v1"),
            ("“https://api.openai.com/v1/”", "https://api.openai.com/v1"),
            ("HTTPS://api.openai.com/v1", "https://api.openai.com/v1"),
            ("http://127.0.0.1:8100/openai/v1", "http://127.0.0.1:8100/openai/v1"),
            ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/chat/completions/", "https://api.openai.com/v1"),
            ("https://api.perplexity.ai/v1/responses", "https://api.perplexity.ai/v1"),
            ("https://api.openai.com/v1/models", "https://api.openai.com/v1"),
            (
                "https://generativelanguage.googleapis.com/v1beta/models/some-model"
                ":streamGenerateContent?alt=sse&key=test-key",
                "https://generativelanguage.googleapis.com/v1beta",
            ),
            ("https://api.openai.com", "https://api.openai.com/v1"),
            ("https://api.openai.com/chat/completions", "https://api.openai.com/v1"),
            (
                "https://generativelanguage.googleapis.com/",
                "https://generativelanguage.googleapis.com/v1beta",
            ),
            ("https://api.moonshot.cn", "https://api.moonshot.cn/v1"),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai",
                "https://generativelanguage.googleapis.com/v1beta/openai",
            ),
            ("http://10.0.0.7:9000/gateway", "http://10.0.0.7:9000/gateway"),
            (" ", ""),
        ],
    )
    def test_is_read_up_to_its_version(self, pasted, address):
        assert read_address(pasted).text == address

    @pytest.mark.parametrize(
        ("pasted", "words"),
        [
            ("api.openai.com/v1", "it must begin with https://"),
            ("ftp://api.openai.com/v1", "it must begin with https://"),
            ("https://api.openai .com/v1", "it has a space in it"),
            ("https://api.openai.com/v1?version=2", r"it has a \? or a # in it"),
            ("https://api.openai.com/v1?", r"it has a \? or a # in it"),
            ("https://api.openai.com/v1#top", r"it has a \? or a # in it"),
            ("https://me:secret@api.openai.com/v1", "it has a user name or a password"),
            ("https://api.openai.com:port/v1", "no host, or a port that is none"),
            ("https://", "no host, or a port that is none"),
            ("https://[::1/v1", "no host, or a port that is none"),
            ("OPENAI_BASE_URL=https://api.openai.com/v1", "it begins with “OPENAI_BASE_URL”"),
            ("https://api.openai.com/openai", "expected https://api.openai.com/v1"),
            ("https://api.openai.com/\u200bv1", "characters in it that cannot be seen"),
        ],
    )
    def test_is_refused_in_one_clause(self, pasted, words):
        with pytest.raises(NotUsable, match=words) as caught:
            read_address(pasted)

        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        ("pasted", "note"),
        [
            ("https://api.openai.com/v1/chat/completions", "“/chat/completions” at the end was"),
            ("https://api.openai.com", "“/v1” was put at its end"),
            ("http://10.0.0.7:9000", "It has no version path such as “/v1”"),
        ],
    )
    def test_is_told_what_was_corrected_or_is_doubtful(self, pasted, note):
        (told,) = read_address(pasted).notes
        assert told.startswith(note)
