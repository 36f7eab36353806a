"""Behind a proxy of one's own: one that keeps the Host header, and ones that do not."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.live.proxy import CALLED_FROM, Proxy, proxy_to
from tests.live.site import PASSWORD, Site

HOST = "chat.test:8443"
ORIGIN = f"https://{HOST}"
CHANGED_HOSTS = ["", "chat.test", "chat.test:443"]
"""As it came; nginx's `$host`; its `$host:$server_port` where it is reached by another port."""


@pytest.fixture(scope="module")
def proxy(site: Site) -> Iterator[Proxy]:
    """In front of a web process that is a public one."""
    before = dict(site.env)
    site.env |= {"ALLOWED_HOSTS": "chat.test,inside.test", "CHATCORE_URL": ORIGIN}
    try:
        web = site.open()
    finally:
        site.env = before
    with proxy_to(web.url) as made:
        yield made


@pytest.fixture(autouse=True)
def host_as_it_came(proxy: Proxy) -> None:
    proxy.host = ""


class Browser:
    """Keeps cookies as over https, and says where its page is."""

    def __init__(self, proxy: Proxy) -> None:
        self._port = proxy.port
        self._client = httpx.Client(base_url=proxy.url)
        self.cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, method: str, path: str, *, origin: str = ORIGIN, **more) -> httpx.Response:
        headers = {"Host": HOST, "Cookie": self.cookie, **more.pop("headers", {})}
        if method == "POST":
            headers["Origin"] = origin
        answer = self._client.request(method, path, headers=headers, **more)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer

    def socket(self, thread: str, origin: str = ORIGIN) -> connect:
        return connect(
            f"ws://{HOST}/ws/threads/{thread}/",
            additional_headers={"Cookie": self.cookie},
            origin=origin,  # type: ignore[arg-type]
            host="127.0.0.1",
            port=self._port,
        )

    def sign_in(self, password: str = PASSWORD, **more) -> httpx.Response:
        page = self.ask("GET", "/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None, page
        form = {"csrfmiddlewaretoken": token[1], "username": "demo", "password": password}
        return self.ask("POST", "/login/", data=form, **more)

    def new_thread(self, **more) -> httpx.Response:
        token = self.cookies["__Host-csrftoken"]
        headers = {"X-CSRFToken": token}
        return self.ask("POST", "/api/threads/", json={}, headers=headers, **more)


@pytest.fixture
def browser(proxy: Proxy) -> Browser:
    return Browser(proxy)


class TestAProxyOnAnotherPort:
    @pytest.mark.parametrize("host", CHANGED_HOSTS)
    def test_lets_people_sign_in_and_write(self, proxy: Proxy, browser: Browser, host: str):
        proxy.host = host

        assert browser.sign_in().status_code == 302
        assert browser.new_thread().status_code == 201

    @pytest.mark.anyio
    @pytest.mark.parametrize("host", CHANGED_HOSTS)
    async def test_passes_on_websockets(self, proxy: Proxy, browser: Browser, host: str):
        browser.sign_in()
        thread = browser.new_thread().json()["id"]
        proxy.host = host

        async with browser.socket(thread) as socket:
            await socket.send('{"type":"no such frame"}')

            assert "bad_frame" in str(await socket.recv())


class TestAProxyThatChangesTheHost:
    def test_to_one_of_nobody_is_named_on_the_page(self, proxy: Proxy, browser: Browser):
        proxy.host = "chatcore-upstream"

        answer = browser.ask("GET", "/login/")

        assert answer.status_code == 400
        assert "chatcore-upstream" in answer.text
        assert "ALLOWED_HOSTS" in answer.text

    def test_to_another_of_ours_is_named_on_the_page(self, proxy: Proxy, browser: Browser):
        proxy.host = "inside.test"

        answer = browser.sign_in(origin="https://elsewhere.test")

        assert answer.status_code == 403
        assert "https://elsewhere.test" in answer.text
        assert "https://inside.test" in answer.text
        assert "CHATCORE_URL" in answer.text

    def test_is_named_to_a_program(self, proxy: Proxy, browser: Browser):
        browser.sign_in()

        answer = browser.new_thread(origin="https://elsewhere.test")

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert "https://elsewhere.test" in answer.json()["message"]

    @pytest.mark.anyio
    async def test_is_named_in_the_log_where_a_websocket_was_refused(
        self, site: Site, proxy: Proxy, browser: Browser
    ):
        browser.sign_in()
        thread = browser.new_thread().json()["id"]

        with pytest.raises(InvalidStatus):
            await browser.socket(thread, origin="https://elsewhere.test")

        assert "https://elsewhere.test" in site.webs[-1].log.read_text()


class TestAProxyThatAppendsAddresses:
    def test_is_believed_and_its_client_is_not(self, site: Site, browser: Browser):
        forged = {"X-Forwarded-For": "203.0.113.9"}

        browser.sign_in("a wrong password", headers=forged)

        found = site.rows("SELECT address FROM chatcore_failedlogin ORDER BY id DESC LIMIT 1")
        assert found == [(CALLED_FROM,)]
