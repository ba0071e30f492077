"""Keys of the settings, pressed on a real terminal."""

from pathlib import Path

from tests.terminal.conversation import short, waiting_customer
from tests.terminal.program import start_console, write_settings
from tests.terminal.session import Key
from tests.terminal.wechat_server import WechatServer

F5, CTRL_S, CTRL_UP, ALT_ENTER = "\x1b[15~", "\x13", "\x1b[1;5A", "\x1b\r"


def bind(home: Path, server: WechatServer, keys: str, language: str = "en") -> None:
    """Write settings with keys of one's own."""
    path = write_settings(home, server.account, language=language)
    path.write_text(f"{path.read_text()}[keys]\n{keys}")


def test_keys_of_the_settings_reach_a_customer(home: Path, server: WechatServer) -> None:
    openid = waiting_customer(server)
    bind(home, server, 'accept = "w"\nreply = "F5"\nsend = "Ctrl+S"\npane_sessions = "Ctrl+Up"\nquit = "Z"\n')
    with start_console(home, size=(80, 24)) as console:
        console.wait_for(rf"> .*{short(openid)}")
        console.wait_for(" w accept")
        console.send("a")
        console.send("w")
        console.wait_for(rf"{short(openid)}\s+with 晓雯")
        assert [row["openid"] for row in server.state()["sessions"]] == [openid]
        console.send(CTRL_UP + F5)
        console.wait_for(r"Ctrl\+S send")
        console.send("第一行" + ALT_ENTER + "第二行" + Key.CTRL_J + "第三行")
        console.wait_for("第三行")
        assert server.state()["sent"] == []
        console.send(CTRL_S)
        console.wait_for(lambda _: [row["text"] for row in server.state()["sent"]] == ["第一行\n第二行\n第三行"])
        console.send(Key.ESCAPE)
        console.wait_for("F5 reply")
        console.send("q")
        console.send("Z")

        assert console.wait_for_exit() == 0
        assert console.is_restored()


def test_keys_that_cannot_be_are_named_before_the_screen_is_taken(home: Path, server: WechatServer) -> None:
    bind(home, server, 'acept = "a"\nreply = "Shift+Enter"\nsend = "s"\n')
    with start_console(home, size=(300, 24)) as console:  # so wide that no path is broken
        assert console.wait_for_exit() == 2
        said = " ".join(console.text().split())
        assert "Did you mean accept?" in said
        assert "Shift+Enter never arrives: a terminal sends Enter for it." in said
        assert "s is needed for writing" in said
        assert b"\x1b[?1049h" not in console.output
