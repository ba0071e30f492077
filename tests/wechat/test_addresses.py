"""Which way calls go: proxies, loopback, and addresses that cannot be used."""

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from kfconsole.errors import ConfigError
from kfconsole.wechat import KfClient
from kfconsole.wechat.addresses import is_loopback, shown
from kfconsole.wechat.masks import Masks
from kfconsole.wechat.transport import Transport, proxy_for

WECHAT = "https://api.weixin.qq.com"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.weixin.qq.com",
        "ftp://x",
        "https://",
        "http://[::1",
        "http://x:port",
        "https://x?a=1",
        "https://a b",
        "https://x:99999",
    ],
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        KfClient(base_url=url, app_id="a", app_secret="s")

    assert caught.value.message == f"[account] base_url is not a usable address: {url}"


@pytest.mark.parametrize(
    "proxy", ["ftp://x:1", "http://", "http://x:port", "socks://x:1", "no proxy", "http://me:word@x:port"]
)
def test_a_proxy_that_is_none_is_named_without_its_password(proxy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        KfClient(base_url=WECHAT, app_id="a", app_secret="s", proxy=proxy)

    assert caught.value.message == f"The proxy address in [network] proxy cannot be used: {shown(proxy)}"
    assert "word" not in str(caught.value)
    assert "none" in caught.value.hint


async def test_a_bad_proxy_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080/")
    client = KfClient(base_url=WECHAT, app_id="a", app_secret="s")
    with pytest.raises(ConfigError) as caught:
        await client.queue()

    assert "all_proxy" in caught.value.message


@pytest.mark.parametrize(
    ("setting", "environment", "proxy"),
    [
        ("", {}, None),
        ("", {"https_proxy": "http://p:8080"}, "http://p:8080"),
        ("", {"https_proxy": "p:8080"}, "http://p:8080"),
        ("", {"http_proxy": "http://p:8080"}, None),
        ("", {"all_proxy": "socks5://p:1080"}, "socks5://p:1080"),
        ("", {"https_proxy": "http://p:8080", "no_proxy": "qq.com"}, None),
        ("none", {"https_proxy": "http://p:8080"}, None),
        ("socks5://q:1080", {"https_proxy": "http://p:8080"}, "socks5://q:1080"),
        ("http://u:p@q:1", {"no_proxy": "*"}, "http://u:p@q:1"),
    ],
)
def test_the_setting_beats_the_environment_and_none_means_direct(
    monkeypatch: pytest.MonkeyPatch, setting: str, environment: dict[str, str], proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(WECHAT, setting) == proxy


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:9", "[::1]:9", "127.8.9.1", "sim.localhost", "LOCALHOST"])
@pytest.mark.parametrize("setting", ["", "http://p:8080"])
def test_this_machine_is_never_reached_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str, setting: str
) -> None:
    monkeypatch.setenv("http_proxy", "http://p:8080")

    assert proxy_for(f"http://{host}", setting) is None


def test_a_name_that_only_begins_like_this_machines_is_another() -> None:
    assert not is_loopback("localhost.example.com")
    assert not is_loopback("127.0.0.1.example.com")


@pytest.mark.parametrize(("base_url", "loads"), [("http://127.0.0.1:9", 0), (WECHAT, 1)])
async def test_certificates_are_loaded_only_where_something_is_encrypted(
    monkeypatch: pytest.MonkeyPatch, base_url: str, loads: int
) -> None:
    loaded: list[object] = []
    load: Callable[..., Any] = ssl.SSLContext.load_verify_locations

    def count(context: ssl.SSLContext, *args: Any, **options: Any) -> Any:
        loaded.append(context)
        return load(context, *args, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", count)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    transport = Transport(base_url=base_url, proxy="none", masks=Masks())
    await transport.aclose()

    assert len(loaded) == loads


@pytest.mark.parametrize("proxy", ["http://p:1", "https://u:p@p:1", "socks5://u:p@p:1", "socks5h://p:1", "p:1"])
async def test_every_kind_of_proxy_can_be_built(proxy: str) -> None:
    transport = Transport(base_url=WECHAT, proxy=proxy, masks=Masks())

    await transport.aclose()
