"""`send`: every kind of content, and every way it can end."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kfconsole.cli.wiring import opened, wire
from kfconsole.config import load
from kfconsole.model import CustomerId
from tests.cli.conftest import PROGRAM, SECONDS, Command, Done, Shop, put, run
from tests.cli.schema import valid

SEND, UPLOAD = "/cgi-bin/message/custom/send", "/cgi-bin/media/upload"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
MP4 = b"\0\0\0\x18ftypmp42" + b"\0" * 60


def kept(kf: Command, openid: str) -> list[tuple[str, str]]:
    """Return text and delivery of what the archive has."""
    messages = json.loads(kf("history", "show", openid, "--json").out)["messages"]
    return [(message["text"], message["delivery"]) for message in messages if message["direction"] == "out"]


def arrived(shop: Shop, openid: str) -> list[dict[str, object]]:
    return [sent for sent in shop.state()["sent"] if sent["openid"] == openid]


def test_a_text_is_sent_and_kept(shop: Shop) -> None:
    openid = shop.customer("在吗")
    done = shop.run("send", openid, "您好，在的", "--json")
    shown = shop.run("history", "show", openid)

    assert (done.code, done.err) == (0, f"Sent to {openid} in the name of {shop.kf_account}.\n")
    sent = valid("send", done.out)
    assert (sent["kind"], sent["delivery"], sent["agent"]) == ("text", "sent", shop.kf_account)
    assert shown.out.endswith(f"  > {shop.kf_account}: 您好，在的\n")


def test_the_standard_input_is_sent_without_its_last_newline(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    done = kf("send", openid, "-", given="第一行\n第二行\n\n".encode())

    assert done.code == 0
    assert kept(kf, openid) == [("第一行\n第二行\n", "sent")]


@pytest.mark.parametrize("is_piped", [True, False])
def test_line_ends_and_marks_of_other_systems_never_reach_a_customer(
    kf: Command, one_shop: Shop, is_piped: bool
) -> None:
    openid, text = one_shop.customer("hi"), "\ufeff第一行\r\n第二行\r第三行"
    done = kf("send", openid, "-", given=text.encode()) if is_piped else kf("send", openid, text)

    assert done.code == 0
    assert one_shop.state()["sent"][-1]["text"] == "第一行\n第二行\n第三行"


def test_a_standard_input_that_is_not_utf_8_is_not_sent(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    done = kf("send", openid, "-", given="你好".encode("gbk"))

    assert (done.code, done.out) == (2, "")
    assert "UTF-8" in done.err
    assert arrived(one_shop, openid) == []


@pytest.mark.parametrize(("text", "code"), [("", "44004"), (" \n", "44004"), ("字" * 683, "45002")])
def test_a_text_wechat_would_refuse_is_foreseen_with_its_code(
    kf: Command, one_shop: Shop, text: str, code: str
) -> None:
    openid = one_shop.customer("hi")
    done = kf("send", openid, text)

    assert (done.code, done.out) == (1, "")
    assert code in done.err
    assert "hint: " in done.err
    assert kept(kf, openid) == []


def test_as_long_as_wechat_takes_is_sent(kf: Command, one_shop: Shop) -> None:
    assert kf("send", one_shop.customer("hi"), "字" * 682 + "ab").code == 0


def test_without_an_agent_the_fix_is_named(shop: Shop) -> None:
    done = run("send", shop.customer("hi"), "x", **{**shop.environment, "KFCONSOLE_KF_ACCOUNT": ""})

    assert done.code == 2
    assert "--agent" in done.err


def test_another_agent_and_a_machine_may_answer(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    done = kf("send", openid, "机器人", "--agent", "kf2002@lehuo", "--ai", "--json")

    assert valid("send", done.out)["agent"] == "kf2002@lehuo"
    assert arrived(one_shop, openid)[0]["kf_account"] == "kf2002@lehuo"
    assert "is_ai" in str(arrived(one_shop, openid)[0])


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (("--image", "pic"), "image"),
        (("--voice", "voice"), "voice"),
        (("--video", "video", "--cover", "cover", "--title", "片"), "video"),
        (("--music", "https://m.example/a.mp3", "--cover", "cover"), "music"),
        (("--news", "https://n.example/", "--title", "新品"), "news"),
        (("--mpnews", "news"), "mpnews"),
        (("--article", "article1"), "mpnewsarticle"),
        (("--menu", "满意吗？", "--item", "101=满意", "--item", "102=不满意"), "msgmenu"),
        (("--card", "card1"), "wxcard"),
        (("--miniprogram", "wxmini", "--page", "p/i", "--title", "店", "--cover", "cover"), "miniprogrampage"),
    ],
)
def test_every_kind_of_content_arrives(kf: Command, one_shop: Shop, options: tuple[str, ...], kind: str) -> None:
    for name, media in (("pic", "image"), ("voice", "voice"), ("video", "video"), ("cover", "thumb"), ("news", "news")):
        one_shop.order("media", kind=media, media_id=name)
    for thing, name in (("article", "article1"), ("card", "card1"), ("mini_program", "wxmini")):
        one_shop.order("named", thing=thing, id=name)
    openid = one_shop.customer("hi")
    done = kf("send", openid, *options, "--json")

    assert done.code == 0, done.err
    assert valid("send", done.out)["kind"] == kind
    assert arrived(one_shop, openid)[0]["message_type"] == kind


def test_files_are_uploaded_first(kf: Command, one_shop: Shop, tmp_path: Path) -> None:
    video, cover = tmp_path / "a.mp4", tmp_path / "a.jpg"
    video.write_bytes(MP4)
    cover.write_bytes(JPEG)
    done = kf("send", one_shop.customer("hi"), "--video", str(video), "--cover", str(cover))

    assert done.code == 0
    assert [line.split()[0] for line in done.err.splitlines()] == [
        "Uploading",
        "Uploaded",
        "Uploading",
        "Uploaded",
        "Sent",
    ]


def test_when_a_file_was_not_uploaded_nothing_is_sent_and_trying_again_is_safe(
    kf: Command, one_shop: Shop, tmp_path: Path
) -> None:
    file, openid = tmp_path / "a.png", one_shop.customer("hi")
    file.write_bytes(PNG)
    one_shop.order("faults", kind="cut_after", path=UPLOAD, count=1)
    done = kf("send", openid, "--image", str(file))

    assert done.code == 3
    assert "Nothing was sent" in done.err
    assert kept(kf, openid) == []


@pytest.mark.parametrize(
    "options", [(), ("x", "--image", "m"), ("--image", "no.jpg"), ("--menu", "q"), ("x", "--tail", "t")]
)
def test_wrong_usage_sends_nothing(kf: Command, one_shop: Shop, options: tuple[str, ...]) -> None:
    openid = one_shop.customer("hi")
    done = kf("send", openid, *options)

    assert (done.code, done.out) == (2, "")
    assert kept(kf, openid) == []


def test_a_refusal_has_wechats_code_and_the_message_is_kept(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer()
    done = kf("send", openid, "有人吗", "--json")

    assert done.code == 1
    assert "45015" in done.err
    assert "The customer has to write first" in done.err
    assert (valid("send", done.out)["delivery"], json.loads(done.out)["code"]) == ("refused", 45015)
    assert kept(kf, openid) == [("有人吗", "refused")]


@pytest.mark.parametrize("fault", [{"kind": "errcode", "code": -1}, {"kind": "errcode", "code": 45011}])
def test_what_did_not_happen_is_worth_a_retry(kf: Command, one_shop: Shop, fault: dict[str, object]) -> None:
    one_shop.order("faults", path=SEND, count=1, **fault)
    done = kf("send", one_shop.customer("hi"), "x")

    assert done.code == 3
    assert str(fault["code"]) in done.err


def test_nobody_at_the_address_is_worth_a_retry() -> None:
    account = {"KFCONSOLE_APP_ID": "wx1", "KFCONSOLE_APP_SECRET": "s", "KFCONSOLE_KF_ACCOUNT": "a@b"}
    done = run("send", "oA", "x", **account, KFCONSOLE_BASE_URL="http://127.0.0.1:9")

    assert done.code == 3
    assert done.err.startswith("kfconsole: Not sent. ")


def test_a_message_is_not_left_on_its_way_when_nobody_can_tell_the_secret(
    kf: Command, one_shop: Shop, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openid, secret = one_shop.customer("hi"), one_shop.app_secret
    put(settings_file, '[account]\napp_secret_command = ["false"]\n')
    monkeypatch.setenv("KFCONSOLE_APP_SECRET", "")
    done = kf("send", openid, "x")
    monkeypatch.setenv("KFCONSOLE_APP_SECRET", secret)

    assert done.code == 2
    assert kept(kf, openid) == [("x", "refused")]


def test_a_lost_answer_is_unknown_once_and_says_how_to_look(kf: Command, one_shop: Shop) -> None:
    openid = one_shop.customer("hi")
    one_shop.order("faults", kind="cut_after", path=SEND, count=1)
    done = kf("send", openid, "到了吗", "--json")

    assert done.code == 4
    assert f"kfconsole history show {openid}" in done.err
    assert "never" in done.err
    assert valid("send", done.out)["delivery"] == "unknown"
    assert len(arrived(one_shop, openid)) == 1
    assert kept(kf, openid) == [("到了吗", "unknown")]


@contextmanager
def held(
    shop: Shop, path: str, *arguments: str, when: str = "before", ignores_interrupts: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Run a command until a call of this path is on its way, perhaps as a shell does that runs it beside itself."""
    shell = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh") if ignores_interrupts else ()
    shop.order("hold", path=path, when=when)
    with subprocess.Popen(
        [*shell, *PROGRAM, *arguments],
        env={**os.environ, "LANG": "C.UTF-8", **shop.environment},
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        while not shop.state()["held"].get(path):
            assert process.poll() is None
        yield process


def interrupted(shop: Shop, path: str, *arguments: str, by: signal.Signals = signal.SIGINT) -> Done:
    """Run a command and interrupt it while a call of this path is on its way."""
    with held(shop, path, *arguments, ignores_interrupts=by is not signal.SIGINT) as process:
        process.send_signal(by)
        _out, err = process.communicate(timeout=SECONDS)
    shop.order("release", path=path)
    return Done(process.returncode, "", err)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_while_sending_it_keeps_the_message_as_unknown(shop: Shop, by: signal.Signals) -> None:
    openid = shop.customer("hi")
    done = interrupted(shop, SEND, "send", openid, "等等", by=by)
    shown = json.loads(shop.run("history", "show", openid, "--json").out)["messages"]

    assert done.code == 130
    assert "not known" in done.err
    assert [(message["text"], message["delivery"]) for message in shown] == [("等等", "unknown")]


def test_ctrl_c_while_a_file_is_uploaded_sends_nothing(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    openid = shop.customer("hi")
    done = interrupted(shop, UPLOAD, "send", openid, "--image", str(tmp_path / "a.png"))

    assert done.code == 130
    assert "nothing was sent" in done.err
    assert json.loads(shop.run("history", "show", openid, "--json").out)["messages"] == []


async def test_what_a_colleague_is_writing_in_the_console_stays(kf: Command, one_shop: Shop) -> None:
    openid = CustomerId(one_shop.customer("hi"))
    async with opened(wire(load())) as console:
        await console.archive.save_draft(openid, "half a sentence")
        await asyncio.to_thread(kf, "send", openid, "a notice of the shop")

        assert (await console.archive.contacts([openid]))[openid].draft == "half a sentence"


def test_ctrl_c_while_another_command_wrote_to_the_same_customer_is_unknown_all_the_same(shop: Shop) -> None:
    openid = shop.customer("hi")
    nowhere = {**shop.environment, "KFCONSOLE_BASE_URL": "http://127.0.0.1:9"}
    with held(shop, SEND, "send", openid, "等等") as process:
        assert run("send", openid, "another", **nowhere).code == 3
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=SECONDS)

    assert "not known" in err


def test_an_outcome_that_could_not_be_kept_is_no_invitation_to_send_again(shop: Shop, home: Path) -> None:
    openid = shop.customer("hi")
    with held(shop, SEND, "send", openid, "等等") as process:
        with closing(sqlite3.connect(next(home.rglob("*.db")))) as other_program, other_program:
            other_program.execute("DELETE FROM messages")
        shop.order("release", path=SEND)
        _out, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 4
    assert "Do not send it again unseen" in err


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_sending_the_message_is_unknown_and_sent_at_most_once(shop: Shop, when: str) -> None:
    openid = shop.customer("hi")
    with held(shop, SEND, "send", openid, "等等", when=when) as process:
        process.kill()
    shop.order("release", path=SEND)
    shown = json.loads(shop.run("history", "show", openid, "--json").out)["messages"]

    assert [(message["text"], message["delivery"]) for message in shown] == [("等等", "unknown")]
    assert len(arrived(shop, openid)) <= 1


@pytest.mark.parametrize("also_stdout", [False, True])
def test_nobody_listening_makes_no_refusal_of_what_was_sent(one_shop: Shop, also_stdout: bool) -> None:
    openid = one_shop.customer("在吗")
    reader, nobody = os.pipe()
    os.close(reader)
    with os.fdopen(nobody, "w") as gone:
        done = subprocess.run(
            [*PROGRAM, "send", openid, "在的"],
            stdin=subprocess.DEVNULL,
            stdout=gone if also_stdout else subprocess.DEVNULL,
            stderr=gone,
            env={**os.environ, **one_shop.environment},
            timeout=SECONDS,
            check=False,
        )

    assert done.returncode == 0
    assert len(arrived(one_shop, openid)) == 1
