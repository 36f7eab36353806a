"""A bare page with the real rendering modules, which notices whatever a payload gets done."""

from typing import Any

from playwright.sync_api import Page, Request, Route

ALLOWED_TAGS = {
    "A",
    "BLOCKQUOTE",
    "BR",
    "BUTTON",
    "CODE",
    "DEL",
    "DIV",
    "EM",
    "H3",
    "H4",
    "H5",
    "H6",
    "HR",
    "KBD",
    "LI",
    "OL",
    "P",
    "PRE",
    "SPAN",
    "STRONG",
    "SUB",
    "SUP",
    "TABLE",
    "TBODY",
    "TD",
    "TH",
    "THEAD",
    "TR",
    "UL",
    "svg",
    "use",
}
ALLOWED_ATTRIBUTES = {
    "align",
    "aria-hidden",
    "aria-label",
    "class",
    "dir",
    "href",
    "rel",
    "start",
    "tabindex",
    "target",
    "title",
    "type",
}

SHOW_WHOLE = """text => {
    const main = document.querySelector("main");
    new bench.ReplyText(main).show(text, true);
    return main.innerHTML;
}"""
# Every prefix, then the end; what stood on the page at each step was live.
SHOW_STREAMED = """async text => {
    const main = document.querySelector("main");
    const reply = new bench.ReplyText(main);
    const strange = new Set();
    for (let end = 1; end <= text.length; end++) {
        reply.show(text.slice(0, end), false);
        for (const found of bench.strange(main)) strange.add(found);
        if (end % 40 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    reply.show(text, true);
    return [...strange];
}"""
SANITISE = """html => {
    document.querySelector("main").replaceChildren(bench.sanitise(html));
}"""
STRANGE = """([tags, attributes]) => {
    bench.strange = (root) => [...root.querySelectorAll("*")].flatMap((node) => {
        const found = tags.includes(node.nodeName) ? [] : [node.nodeName];
        for (const { name, value } of node.attributes) {
            if (!attributes.includes(name)) found.push(`${node.nodeName} ${name}`);
            const internal = node.nodeName === "use" && value.startsWith("#icon-");
            if (name === "href" && !internal && !/^(https?:\\/\\/|mailto:)/i.test(value)) {
                found.push(`${node.nodeName} href=${value}`);
            }
        }
        return found;
    });
}"""


class Bench:
    """Shows texts and tells what came of it."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self._origin = origin
        self.requests_elsewhere: list[str] = []
        page.on("request", self._note)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.context.route(lambda url: not url.startswith(origin), self._abort)

    def prepare(self) -> None:
        """Teach the page what may stand in a reply."""
        self.page.evaluate(STRANGE, [sorted(ALLOWED_TAGS), sorted(ALLOWED_ATTRIBUTES)])

    def clear(self) -> None:
        """Forget what was shown and noticed."""
        self.page.evaluate("document.querySelector('main').replaceChildren(); wins.length = 0")
        self.requests_elsewhere.clear()

    def show_whole(self, text: str) -> str:
        """A reply that is there at once; returns its HTML."""
        return str(self.page.evaluate(SHOW_WHOLE, text))

    def show_streamed(self, text: str) -> list[str]:
        """A reply that grows by one character; returns what was strange at any step."""
        return list(self.page.evaluate(SHOW_STREAMED, text))

    def sanitise(self, html: str) -> None:
        """HTML past the Markdown renderer, straight to the sanitiser."""
        self.page.evaluate(SANITISE, html)

    def strange(self) -> list[str]:
        """Elements, attributes and addresses on the page that no reply may have."""
        return list(self.page.evaluate("bench.strange(document.querySelector('main'))"))

    def provoke(self) -> None:
        """Do to the reply what a user might: point, focus and click everywhere."""
        self.page.evaluate(
            """async () => {
                for (const node of document.querySelectorAll("main *")) {
                    for (const type of ["mouseover", "pointerenter", "focus", "toggle"]) {
                        node.dispatchEvent(new Event(type, { bubbles: true }));
                    }
                    if (node.nodeName === "A") node.setAttribute("target", "_self");
                    if (node.nodeName !== "A" || !/^(https?|mailto):/.test(node.href)) node.click?.();
                }
                await new Promise((resolve) => setTimeout(resolve, 30));
            }"""
        )

    def wins(self) -> list[Any]:
        """The scripts that ran."""
        return list(self.page.evaluate("wins"))

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self._origin, "data:", "blob:")):
            self.requests_elsewhere.append(request.url)

    def _abort(self, route: Route) -> None:
        route.abort()
