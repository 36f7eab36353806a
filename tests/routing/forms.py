"""Reads an admin form as a browser would, so that a test posts what a person would post."""

from html.parser import HTMLParser

from django.urls import reverse

from routing.models import Ladder


class _Form(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._form_id = form_id
        self._inside = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        if not self._inside or "name" not in given and tag != "option":
            return
        if tag == "input":
            self._input(given)
        elif tag == "textarea":
            self._textarea = given["name"]
            self.fields[self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given["value"]

    def _input(self, given):
        kind = given.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in given:
            return
        if kind not in {"submit", "button"}:
            self.fields[given["name"]] = given.get("value", "on" if kind == "checkbox" else "")

    def handle_data(self, data):
        if self._textarea:
            self.fields[self._textarea] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self.fields[self._textarea] = self.fields[self._textarea].removeprefix("\n")
            self._textarea = ""


def fields_of(response, form_id):
    """What the form of this id would post, untouched; rows that a script would add are left out."""
    parser = _Form(form_id)
    parser.feed(response.content.decode())
    return {name: value for name, value in parser.fields.items() if "__prefix__" not in name}


def url_of(row, name="change"):
    """A page of a row in the admin."""
    return reverse(f"admin:routing_{row._meta.model_name}_{name}", args=[row.pk])


def ladder(name="coding_help"):
    return Ladder.objects.get(name=name)


def rungs(name="coding_help"):
    return [rung.deployment.label for rung in ladder(name).rungs.all()]


def form_of(browser, row):
    """The untouched form of a row, as a browser would post it."""
    return fields_of(browser.get(url_of(row)), f"{row._meta.model_name}_form")


def save(browser, row, form, **edits):
    return browser.post(url_of(row), form | edits, follow=True)


def page(response):
    return response.content.decode()
