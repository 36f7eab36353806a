"""A growing reply ends up looking as if it had come at once, and stays cheap on the way."""

import pytest
from playwright.sync_api import expect

from tests.browser.bench import Bench
from tests.browser.hostile_markdown import PAYLOADS

TEXTS = {
    "paragraphs": "One *two*\nthree.\n\nFour **five** `six`.\n\n---\n\nseven",
    "lists": "1. a\n\n2. b\n   - c\n\n   d\n3. e\n\n- [x] done\n- [ ] open\n",
    "setext": "Title\n=====\n\nText\n---\n\nmore",
    "table": "a\n\n| x | y |\n|:-:|--:|\n| 1 | 2 |\n\nafter",
    "quote": "> one\nlazy\n\n> two\n> - three\n\nend",
    "code": "Before\n\n```text\na\n\nb\n```\n\nafter\n\n    indented\n\nend",
    "code_in_list": "- item\n\n  ```text\n  x\n  ```\n- next\n",
    "links_defined_later": "See [this] and [that][2].\n\nMore.\n\nMore still.\n\n"
    "[this]: https://example.org/a\n[2]: https://example.org/b\n",
    "html": "a <kbd>x</kbd> b<br>c\n\n<div>\ntext\n</div>\n\nafter",
}
SHOW_GROWING = """([text, step]) => {
    const main = document.querySelector("main");
    const reply = new bench.ReplyText(main);
    for (let end = step; end < text.length; end += step) reply.show(text.slice(0, end), false);
    reply.show(text, true);
    return main.innerHTML;
}"""
LATE_STEPS_TO_EARLY_ONES = """async ([text, step]) => {
    const reply = new bench.ReplyText(document.querySelector("main"));
    const times = [];
    for (let end = step; end <= text.length; end += step) {
        const began = performance.now();
        reply.show(text.slice(0, end), false);
        times.push(performance.now() - began);
    }
    const median = (some) => [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)];
    const tenth = Math.floor(times.length / 10);
    return median(times.slice(-tenth)) / Math.max(median(times.slice(tenth, 2 * tenth)), 0.1);
}"""
NODES_KEPT = """text => {
    const main = document.querySelector("main");
    const reply = new bench.ReplyText(main);
    reply.show(text, false);
    const first = main.firstElementChild;
    reply.show(text + " and more\\n\\nand more", false);
    reply.show(text + " and more\\n\\nand more, ended", true);
    return main.firstElementChild === first;
}"""


class TestReplyText:
    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    @pytest.mark.parametrize("step", [1, 7])
    def test_ends_as_if_it_had_come_at_once(self, bench: Bench, text: str, step: int):
        grown = bench.page.evaluate(SHOW_GROWING, [text, step])

        bench.clear()
        assert grown == bench.show_whole(text)

    def test_ends_so_for_hostile_texts_too(self, bench: Bench):
        different = []
        for name, text in PAYLOADS.items():
            bench.clear()
            grown = bench.page.evaluate(SHOW_GROWING, [text, 1])
            bench.clear()
            if grown != bench.show_whole(text):
                different.append(name)

        assert different == []

    def test_leaves_finished_blocks_alone(self, bench: Bench):
        assert bench.page.evaluate(NODES_KEPT, "One.\n\nTwo.\n\nThree.\n\nFour")

    def test_costs_no_more_at_the_end_of_a_long_text_than_at_its_beginning(self, bench: Bench):
        text = "\n\n".join(f"Paragraph {n} of **many** with `code`. " * 5 for n in range(110))
        assert len(text) > 20_000

        # Rendering everything anew would cost some fifteen times as much; only the last block is.
        ratio = bench.page.evaluate(LATE_STEPS_TO_EARLY_ONES, [text, 40])
        assert ratio < 5

    def test_colours_code_once_it_is_complete(self, bench: Bench):
        bench.show_whole("```python\ndef f():\n    return 1\n```\n")

        expect(bench.page.locator("main .hljs-keyword")).to_have_count(2)

    def test_keeps_the_code_s_text_when_it_colours_it(self, bench: Bench):
        code = 'if a < b && c > d:\n    s = "<b>&amp;</b>"\n'
        bench.show_whole(f"```python\n{code}```\n")

        expect(bench.page.locator("main .hljs-string")).to_have_count(1)
        assert bench.page.locator("main code").text_content() == code

    def test_shows_an_image_as_a_link_to_it(self, bench: Bench):
        bench.show_whole("![a cat](https://example.org/cat.png)")

        link = bench.page.locator("main a")
        expect(link).to_have_text("a cat (https://example.org/cat.png)")
        expect(link).to_have_attribute("href", "https://example.org/cat.png")

    def test_opens_links_elsewhere_and_tells_them_nothing(self, bench: Bench):
        bench.show_whole("[x](https://example.org/)")

        link = bench.page.locator("main a")
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")

    def test_shows_raw_html_as_the_text_it_is(self, bench: Bench):
        bench.show_whole("a <u onclick=x>b</u> c")

        expect(bench.page.locator("main p")).to_have_text("a <u onclick=x>b</u> c")
