"""How vendors are reached: whose certificates count, and which calls a proxy carries."""

import logging

import pytest

from routing.providers import http
from routing.providers.errors import Unreachable
from routing.providers.http import Network
from routing.providers.http_clients import trusted
from tests.providers.authority import Authority
from tests.providers.outcomes import PATIENT
from tests.providers.proxy import proxy
from tests.providers.vendor import reply, vendor

pytestmark = pytest.mark.anyio

LOGIN = "site:a pass/word?"


@pytest.fixture(autouse=True)
def unconfigured():
    """Each test starts, and leaves the others, with the system's own ways."""
    http.configure(Network())
    yield
    http.configure(Network())


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


async def post(url: str) -> bytes:
    async with http.post(url, headers={}, body=b"{}", deadlines=PATIENT) as answer:
        return b"".join([part async for part in answer.chunks()])


class TestAPrivateAuthority:
    async def test_counts_for_nothing_by_itself(self, authority):
        async with vendor(reply(b"fine"), authority.server("127.0.0.1")) as one:
            with pytest.raises(Unreachable):
                await post(f"https://127.0.0.1:{one.port}/v1")

        assert one.asked == []

    async def test_counts_when_its_file_is_named(self, authority):
        http.configure(Network(ca_file=str(authority.file)))
        async with vendor(reply(b"fine"), authority.server("127.0.0.1")) as one:
            assert await post(f"https://127.0.0.1:{one.port}/v1") == b"fine"

    async def test_counts_when_the_system_trusts_it(self, authority, monkeypatch):
        # OpenSSL's own switch for where the system's store lies.
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        http.configure(Network())
        async with vendor(reply(b"fine"), authority.server("127.0.0.1")) as one:
            assert await post(f"https://127.0.0.1:{one.port}/v1") == b"fine"

    async def test_counts_beside_the_systems_own(self, authority, tmp_path, monkeypatch):
        (tmp_path / "other").mkdir()
        other = Authority(tmp_path / "other")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        http.configure(Network(ca_file=str(other.file)))
        for signer in (authority, other):
            async with vendor(reply(b"fine"), signer.server("127.0.0.1")) as one:
                assert await post(f"https://127.0.0.1:{one.port}/v1") == b"fine"

    async def test_vouches_for_the_name_on_the_certificate_only(self, authority):
        http.configure(Network(ca_file=str(authority.file)))
        async with vendor(reply(b"fine"), authority.server("vendor.test")) as one:
            with pytest.raises(Unreachable):
                await post(f"https://127.0.0.1:{one.port}/v1")


class TestWhereTheSystemTrustsNobody:
    def test_the_list_that_comes_with_the_client_serves(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

        assert trusted().cert_store_stats()["x509_ca"] > 50


class TestAProxy:
    async def test_carries_calls_to_a_vendor_over_tls_unread(self, authority):
        async with proxy() as way, vendor(reply(b"fine"), authority.server("vendor.test")) as one:
            http.configure(Network(proxy=way.url, ca_file=str(authority.file)))
            bodies = [await post(f"https://vendor.test:{one.port}/v1/chat") for _ in range(2)]

        assert bodies == [b"fine"] * 2
        assert way.targets == [f"CONNECT vendor.test:{one.port}"]
        assert one.connections == 1

    async def test_carries_calls_to_a_vendor_over_plain_http(self):
        async with proxy() as way, vendor(reply(b"fine")) as one:
            http.configure(Network(proxy=way.url))
            assert await post(f"http://vendor.test:{one.port}/v1/chat") == b"fine"

        assert way.targets == [f"POST http://vendor.test:{one.port}/v1/chat"]

    async def test_carries_a_look_at_the_models(self, authority):
        async with proxy() as way, vendor(reply(b"{}"), authority.server("vendor.test")) as one:
            http.configure(Network(proxy=way.url, ca_file=str(authority.file)))
            url = f"https://vendor.test:{one.port}/v1/models"
            assert await http.get_status(url, headers={}, timeout_s=5) == 200

        assert way.targets == [f"CONNECT vendor.test:{one.port}"]

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    async def test_carries_no_call_to_this_machine(self, host):
        async with proxy() as way, vendor(reply(b"fine")) as one:
            http.configure(Network(proxy=way.url))
            assert await post(f"http://{host}:{one.port}/v1") == b"fine"

        assert way.targets == []

    async def test_named_in_the_environment_alone_is_not_used(self, monkeypatch):
        async with proxy() as way, vendor(reply(b"fine")) as one:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, way.url)
            with pytest.raises(Unreachable):
                await post(f"http://vendor.test:{one.port}/v1")

        assert way.targets == []

    async def test_that_is_not_there_makes_vendors_unreachable(self):
        async with proxy() as gone:
            pass
        http.configure(Network(proxy=gone.url))
        with pytest.raises(Unreachable):
            await post("https://vendor.test/v1")

    async def test_that_cannot_reach_the_vendor_makes_it_unreachable(self, authority):
        async with proxy("other:login") as way:
            http.configure(Network(proxy=way.url))
            with pytest.raises(Unreachable, match="the proxy answered 407"):
                await post("https://vendor.test/v1")

    async def test_whose_idle_tunnel_was_closed_is_asked_for_another(self, authority):
        async with proxy() as way, vendor(reply(b"one"), authority.server("vendor.test")) as one:
            http.configure(Network(proxy=way.url, ca_file=str(authority.file)))
            await post(f"https://vendor.test:{one.port}/v1")
            one.plans = [["cut"], reply(b"two")]
            assert await post(f"https://vendor.test:{one.port}/v1") == b"two"

        assert len(way.targets) == 2


class TestTheProxysLogin:
    async def test_is_given_to_it_and_not_to_the_vendor(self, authority):
        async with proxy(LOGIN) as way, vendor(reply(b"x"), authority.server("vendor.test")) as one:
            http.configure(Network(proxy=way.url, proxy_login=LOGIN, ca_file=str(authority.file)))
            assert await post(f"https://vendor.test:{one.port}/v1") == b"x"

        assert "proxy-authorization" not in one.asked[0].headers

    async def test_is_given_for_plain_http_too(self):
        async with proxy(LOGIN) as way, vendor(reply(b"fine")) as one:
            http.configure(Network(proxy=way.url, proxy_login=LOGIN))
            assert await post(f"http://vendor.test:{one.port}/v1") == b"fine"

    async def test_is_in_no_error_log_or_repr(self, caplog):
        caplog.set_level(logging.DEBUG)
        told = []
        async with proxy("another:login") as way:
            for address in (way.url, "http://127.0.0.1:1"):
                network = Network(proxy=address, proxy_login=LOGIN)
                http.configure(network)
                await http.aclose_all()
                with pytest.raises(Unreachable) as refused:
                    await post("https://vendor.test/v1")
                told += [repr(network), repr(refused.value), repr(refused.value.__context__)]

        assert way.targets == ["CONNECT vendor.test:443"]
        said = "\n".join([*told, caplog.text])
        assert not [part for part in ("a pass", "a%20pass", "c2l0ZTph") if part in said]
