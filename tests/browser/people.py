"""Somebody at a browser: the same doors as a desk of the HTTP journeys, through the pages.

1. What is written goes through the forms that the pages show, and nothing else.
2. A gate is refused on the page: where the page offers no form it says what is missing; where it
   offers one, the answer comes back with every reason. Which sentences those have to be is asked of
   a dry run, which leaves nothing behind.
   A step that was taken on the pages before, a refusal each of whose reasons a page told, and a
   further row of a set whose form was filled in, go by program: they would show nothing new.
3. Reading back, to see that something happened, is left to the interface for programs.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Response

from tests.acceptance.desk import Desk, Files, keys_of

PASSWORD = "một mật khẩu thật dài để thử"  # noqa: S105 - of invented people.
FILLED_IN = ("field_missing", "not_changed", "reason_missing", "evidence_")
"""What a form brings itself; where there is no form yet, the page need not ask for it."""
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in with a browser.

    Attributes:
        desk: reads for them what the test compares.
        by_program: instances on which they work over HTTP, because the pages were shown already.
        seen: what the pages of this house have shown: steps, reasons of refusals, forms of rows.
    """

    page: Page
    desk: Desk
    username: str
    by_program: AbstractSet[str] = frozenset()
    seen: set[tuple[str, str]] = field(default_factory=set)
    processes: dict[str, str] = field(default_factory=dict)

    @property
    def person(self) -> str:
        """Their opaque id."""
        return self.desk.person

    def go(self, address: str) -> None:
        """Open a page; where the session has ended, log in first, which leads on to the page."""
        self.page.goto(address)
        if urlsplit(self.page.url).path != "/login":
            return
        self.page.locator("#username").fill(self.username)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("main button").click()
        self.page.wait_for_url(lambda url: urlsplit(url).path == address.partition("?")[0])

    def get(self, path: str, **params: Any) -> Any:
        """Read something, for the test to compare."""
        return self.desk.get(path, **params)

    def instance(self, instance_id: str) -> Any:
        """An instance as this person may see it."""
        return self.desk.instance(instance_id)

    def rows(self, instance_id: str, record_set: str) -> list[Any]:
        """The live rows of a set."""
        return self.desk.rows(instance_id, record_set)

    def open_new(self, process: str, **typed: Any) -> str:
        """Open an instance from the first page; its id."""
        self.go("/")
        self.page.locator(f'a[href="/instances/new?process={process}"]').click()
        form = self.page.locator('form[action="/instances"]')
        for name, value in typed.items():
            form.locator(f'[name="{name}"]').fill(str(value))
        assert send(form).status == 303
        return self.page.url.split("/instances/")[1].partition("?")[0]

    def open(self, instance_id: str, transition: str) -> None:
        """Go where a step is taken: over the first page where it stands there as a link."""
        self.go("/")
        address = f"/instances/{instance_id}"
        link = self.page.locator(f'main a[href="{address}#step-{transition}"]')
        if link.count():
            link.first.click()
            self.page.wait_for_url(f"**{address}*")
        else:
            self.go(address)

    def step(
        self,
        instance_id: str,
        transition: str,
        *,
        files: Files | None = None,
        reason: str | None = None,
        **fields: Any,
    ) -> None:
        """Take a step with its form; the page says afterwards what was done."""
        taken = ("step", f"{self._process(instance_id)} {transition}")
        if instance_id in self.by_program or taken in self.seen:
            self.desk.step(instance_id, transition, files=files, reason=reason, **fields)
            return
        self.seen.add(taken)
        self.open(instance_id, transition)
        answer = self._take(instance_id, transition, files=files, reason=reason, fields=fields)
        assert answer.status == 303, (transition, answer.status, self.told())
        assert self.page.locator(".note.good").is_visible()

    def refused(
        self, instance_id: str, transition: str, *keys: str, status: int = 409, **given: Any
    ) -> Any:
        """Try a step and be told on the page, in sentences, each of exactly these reasons."""
        reasons = {("reason", key.partition(":")[0]) for key in keys}
        if instance_id in self.by_program or reasons <= self.seen:
            return self.desk.refused(instance_id, transition, *keys, status=status, **given)
        self.seen.update(reasons)
        before = self.instance(instance_id)
        files, reason = given.pop("files", None), given.pop("reason", None)
        asked = self._rehearsed(instance_id, transition, reason=reason, fields=given)
        asked["unmet"] = [one for one in asked["unmet"] if not _is_brought(one, files or {})]
        assert set(keys_of(asked)) == set(keys), (transition, keys_of(asked), keys)
        self.go(f"/instances/{instance_id}")
        if self._form(instance_id, transition).count():
            answer = self._take(instance_id, transition, files=files, reason=reason, fields=given)
            assert answer.status == status
            due = asked["unmet"]
        else:
            due = [unmet for unmet in asked["unmet"] if not unmet["code"].startswith(FILLED_IN)]
        shown = self.page.locator(".reasons").all_text_contents()
        for unmet in due:
            assert any(unmet["message"] in text for text in shown), (unmet["message"], shown)
        after = self.instance(instance_id)
        assert (after["state"], after["version"]) == (before["state"], before["version"])
        return asked

    def add(self, instance_id: str, record_set: str, *, expect: int = 201, **values: Any) -> Any:
        """Add a row through its form; the keys that the log has of a refusal."""
        form = ("form", record_set) if expect == 201 else ("form", f"{record_set} refused")
        if form in self.seen:
            return self.desk.add(instance_id, record_set, expect=expect, **values)
        self.seen.add(form)
        self.go(f"/instances/{instance_id}")
        self.page.locator(f'a[href="/instances/{instance_id}/records/{record_set}/new"]').click()
        answer = self._write(f"/instances/{instance_id}/records/{record_set}", values)
        if expect == 201:
            assert answer.status == 303, (values, self.told())
            return None
        assert answer.status == expect
        assert self.page.locator(".note.bad .reasons li").count() == 1
        entries = self.get(f"/instances/{instance_id}/log", outcome="refused", limit=200)["items"]
        return {"unmet": [_unmet(key) for key in entries[-1]["unmet"]]}

    def change(
        self, instance_id: str, record_set: str, row: Mapping[str, Any], **values: Any
    ) -> None:
        """Change a row through its form, found in the table of its instance."""
        address = f"/instances/{instance_id}/records/{record_set}/{row['id']}"
        self.go(f"/instances/{instance_id}")
        self.page.locator(f'a[href="{address}"]').click()
        assert self._write(address, values).status == 303, (values, self.told())

    def told(self) -> list[str]:
        """What the open page says first."""
        return self.page.locator("[data-announce]").all_text_contents()

    def _process(self, instance_id: str) -> str:
        """The process of an instance, asked once."""
        if instance_id not in self.processes:
            self.processes[instance_id] = self.desk.instance(instance_id)["process"]
        return self.processes[instance_id]

    def _form(self, instance_id: str, transition: str) -> Locator:
        return self.page.locator(f'form[action="/instances/{instance_id}/steps/{transition}"]')

    def _take(
        self,
        instance_id: str,
        transition: str,
        *,
        files: Files | None,
        reason: str | None,
        fields: Mapping[str, Any],
    ) -> Response:
        form = self._form(instance_id, transition)
        if not form.is_visible():
            self.page.locator(f"#step-{transition} > summary").click()
        fill(form, fields)
        if reason is not None:
            form.locator('[name="reason"]').fill(reason)
        for requirement, file in (files or {}).items():
            form.locator(f'[name="file.{requirement}"]').set_input_files([payload(file)])
        return send(form)

    def _write(self, address: str, values: Mapping[str, Any]) -> Response:
        form = self.page.locator(f'form[action="{address}"]:has(button[name="then"])')
        fill(form, values)
        return send(form)

    def _rehearsed(
        self, instance_id: str, transition: str, *, reason: str | None, fields: Mapping[str, Any]
    ) -> Any:
        answer = self.desk.http.post(
            f"/api/v1/instances/{instance_id}/transitions",
            json={"transition": transition, "fields": fields, "reason": reason, "dry_run": True},
            headers={
                "Authorization": f"Bearer {self.desk.token}",
                "Accept-Language": "vi",
                "If-Match": f'"{self.instance(instance_id)["version"]}"',
            },
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


def fill(form: Locator, values: Mapping[str, Any]) -> None:
    """Type values into a form as a person would, into whatever inputs it has for them."""
    kinds = form.evaluate(
        "form => Object.fromEntries([...form.elements].map(one => [one.name, one.type]))"
    )
    for name, value in values.items():
        texts = _texts(value)
        inputs = form.locator(f'[name="f.{name}"]')
        match kinds[f"f.{name}"]:
            case "radio":
                form.locator(f'[name="f.{name}"][value="{texts[0]}"]').check()
            case "checkbox":
                for one in inputs.all():
                    one.set_checked(one.get_attribute("value") in texts)
            case "select-one":
                inputs.select_option(texts)
            case _:
                inputs.fill("\n".join(texts))


def send(form: Locator) -> Response:
    """Press the first button of a form and wait for what comes; the answer to the form itself."""
    page = form.page
    form.evaluate("form => { form.dataset.leaving = 'yes' }")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        form.locator("button").first.click()
    page.locator("form[data-leaving]").wait_for(state="detached")
    return sent.value


def payload(file: tuple[str, bytes]) -> Any:
    """A file as a browser's file dialog would hand it over."""
    name, content = file
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return {"name": name, "mimeType": media_type, "buffer": content}


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)]


def _is_brought(unmet: Mapping[str, Any], files: Files) -> bool:
    """Whether a file that comes with the form meets this."""
    return unmet["code"].startswith("evidence_") and unmet["subject"] in files


def _unmet(key: str) -> dict[str, str | None]:
    code, _, subject = key.partition(":")
    return {"code": code, "subject": subject or None}
