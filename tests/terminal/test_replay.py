"""The installed console records, is killed, and what it saw is played again, without settings and without WeChat."""

import signal
import stat
from pathlib import Path

from tests.terminal.conversation import short, waiting_customer
from tests.terminal.program import KFCONSOLE, write_settings
from tests.terminal.session import Key, Session
from tests.terminal.wechat_server import WechatServer


def test_what_a_killed_console_saw_is_played_again(home: Path, server: WechatServer) -> None:
    openid = waiting_customer(server)
    settings = write_settings(home, server.account)
    path = home / "floor.jsonl"
    with Session([KFCONSOLE, "--record", str(path)], home=home) as console:
        console.wait_for(r"recording\b")
        console.wait_for(rf"> .*{short(openid)}")
        console.send("a")
        console.wait_for(rf"{short(openid)}\s+(with|me)")
        server.order("/say", openid=openid, text="我想问一下快递")
        console.wait_for("我想问一下快递")
        console.wait_for(
            lambda _console: path.read_text("utf-8").count("我想问一下快递") > 1
        )  # among the sessions, too
        console.signal(signal.SIGKILL)
        console.wait_for_exit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.account["app_secret"] not in path.read_text("utf-8")
    asked = len(server.requests())

    settings.unlink()
    before = sorted(home.rglob("*"))
    with Session([KFCONSOLE, "replay", str(path)], home=home, size=(80, 24)) as replay:
        replay.wait_for(r"replay \d\d:\d\d:\d\d")
        replay.wait_for("the end")
        replay.send("2")
        replay.wait_for(rf">[* ] {short(openid)}")
        replay.send(Key.ENTER)
        replay.wait_for("我想问一下快递")
        replay.send("J")
        replay.wait_for("│ *10:04")
        replay.send("-1h" + Key.ENTER)
        replay.wait_for(r"replay \d\d:\d\d:\d\d ×1")
        replay.send("q")
        assert replay.wait_for_exit() == 0
    assert sorted(home.rglob("*")) == before
    assert len(server.requests()) == asked
