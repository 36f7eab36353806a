"""The admin as staff at a browser see and use it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

SAVED = re.compile(r"Published as version (\d+): (.+)")


class AdminTab:
    """A tab of a superuser; it notes what the browser's console complains about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.set_viewport_size({"width": 1280, "height": 1000})
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", self._note)

    def visit(self, path: str) -> None:
        """Open a page below /admin/, which must be there."""
        answer = self.page.goto(f"{self.url}/admin/{path}", wait_until="load")
        assert answer is not None
        assert answer.status == 200, path

    def open_row(self, list_path: str, text: str) -> None:
        """Open the row of a list whose name holds `text`."""
        self.visit(list_path)
        self.page.locator("#result_list tbody th a").filter(has_text=text).first.click()
        expect(self.page.get_by_role("button", name="Save", exact=True)).to_be_visible()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()

    def published(self) -> int:
        """The number of the version that this page says was just published."""
        said = self.page.get_by_text(SAVED).first
        expect(said).to_be_visible()
        found = SAVED.search(said.inner_text())
        assert found is not None
        return int(found[1])

    def rungs(self) -> Locator:
        """A ladder's rungs, from the top."""
        return self.page.locator("#rungs-data tbody.form-group:not(.empty-form)")

    def rung_names(self) -> list[str]:
        """The models they name, as chosen in the form."""
        return self.rungs().locator("select option:checked").all_inner_texts()

    def drag_rung(self, place: int, to: int) -> None:
        """Take the rung at `place` by its handle and let go of it at the place `to`, from 0."""
        handles = self.rungs().locator(".cursor-move")
        taken, target = handles.nth(place).bounding_box(), handles.nth(to).bounding_box()
        assert taken is not None
        assert target is not None
        mouse = self.page.mouse
        mouse.move(taken["x"] + taken["width"] / 2, taken["y"] + taken["height"] / 2)
        mouse.down()
        mouse.move(target["x"] + target["width"] / 2, target["y"] + 4, steps=8)
        mouse.up()

    def add_rung(self, model: str) -> None:
        """Add a rung at the end for `<provider>/<model>`."""
        self.page.get_by_text("Add another Rung").click()
        added = self.rungs().last.locator("select")
        added.select_option(label=self._option(added, f"({model})"))

    def add_rule(self, kind: str, text: str, weight: str) -> None:
        """Add a rule to an intent."""
        self.page.get_by_text("Add another Rule").click()
        added = self.page.locator("#rules-data tbody.form-group:not(.empty-form)").last
        added.locator("select").select_option(label=kind)
        added.locator("input[name$=text]").fill(text)
        added.locator("input[name$=weight]").fill(weight)

    def _option(self, select: Locator, ending: str) -> str:
        labels = select.locator("option").all_inner_texts()
        return next(label for label in labels if label.endswith(ending))

    def _note(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")
