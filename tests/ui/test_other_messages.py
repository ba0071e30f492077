"""Pictures, voice, video, cards and menus: filled in, checked, uploaded and sent to whom the form names."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from kfconsole.model import CustomerId
from kfconsole.simulator import World
from kfconsole.ui.contents import KINDS
from kfconsole.ui.forms import Form
from kfconsole.ui.late_question import LateQuestion
from kfconsole.ui.widgets import path_entry
from tests.ui.console import COLLEAGUE, SEND, SESSIONS, Console, running, short, waiting

UPLOAD = "/cgi-bin/media/upload"
SIZES = [(120, 40), (80, 24)]
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
MP4 = b"\x00\x00\x00\x20ftypisom"
AMR_SECOND = b"\x3c".ljust(32, b"\0") * 50
MINI_PROGRAM = "wx0123456789abcdef"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder whose name has a blank and 汉字, with what one may want to send, or should not."""
    files = tmp_path / "我的 图片"
    files.mkdir()
    for name, data in {
        "退货 单.png": PNG.ljust(150_000),
        "语音.amr": b"#!AMR\n" + AMR_SECOND * 7,
        "long.amr": b"#!AMR\n" + AMR_SECOND * 75,
        "视频.mp4": MP4.ljust(90_000),
        "封面.jpg": JPEG,
        "big.jpg": JPEG.ljust(70_000),
        "large.png": PNG.ljust(3 * 2**20),
        "huge.png": PNG.ljust(11 * 2**20),
        "words.png": b"not a picture",
    }.items():
        (files / name).write_bytes(data)
    return files


def form(console: Console) -> Form[Any]:
    screen = console.app.screen
    assert isinstance(screen, Form), console.text()
    return screen


def sent(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Customer, type and object of every message WeChat took."""
    rows = [(taken.openid, taken.message_type, taken.message[taken.message_type]) for taken in world.sent]
    return [(openid, kind, row) for openid, kind, row in rows if isinstance(row, dict)]


async def served(console: Console, *texts: str) -> str:
    (customer,) = waiting(console.world)
    await console.serve(customer, *(texts or ("hi",)))
    await console.choose(customer)
    return customer


async def fill_in(console: Console, kind: str, *lines: str, key: str = "f") -> None:
    """Open the form of one kind, and fill in its lines from the top."""
    await console.press(key)
    await console.sees("What to send")
    await console.type(kind)
    await console.press("enter")
    await console.until(lambda: isinstance(console.app.screen, Form))
    await console.until(lambda: form(console)._has_begun)  # what was kept is there
    for number, line in enumerate(lines):
        if number:
            await console.press("down")
        await console.type(line)


async def gone(console: Console) -> None:
    """Wait until the form is closed and all is said."""
    await console.until(lambda: console.app.screen is console.desk_screen)
    await console.quiet()


@pytest.mark.parametrize("size", SIZES)
async def test_each_kind_is_filled_in_and_sent(
    tmp_path: Path, files: Path, world: World, size: tuple[int, int]
) -> None:
    world.media.named["mini_program"].add(MINI_PROGRAM)
    async with running(tmp_path, world, size=size) as console:
        customer = await served(console)
        await fill_in(console, "picture", f"{files}/退货 单.png")
        await console.sees(f"Picture for …{short(customer)}", "PNG 146.49 KB, can be sent")
        await console.press("enter")
        await console.sees("[picture] 退货 单.png")

        await fill_in(console, "voice", f"{files}/语音.amr")
        await console.sees("7 s, can be sent")
        await console.press("ctrl+s")
        await console.sees("[voice message] 语音.amr")

        await fill_in(console, "video", f"{files}/视频.mp4", f"{files}/封面.jpg", "怎么折", "三步")
        await console.sees("MP4 87.9 KB, can be sent", "JPG 0.01 KB, can be sent")
        await console.press("enter")
        await console.sees("[video] 怎么折")
        world.say(customer, "again")  # five replies are not enough for all
        await console.sees("again")

        await fill_in(console, "web page", "新品", "https://shop.example/new", "上架了")
        await console.press("ctrl+s")
        await console.sees("[web page] 新品", "https://shop.example/new")

        await fill_in(console, "menu", "满意吗？", "是", "101=否", "", "谢谢")
        await console.sees("sends “否”, with the id 101")
        await console.press("enter")
        await console.sees("满意吗？", "· 是", "· 否", "谢谢")

        await fill_in(console, "mini", "订单", MINI_PROGRAM, "pages/order?id=1", f"{files}/退货 单.png")
        await console.press("enter")
        await console.sees("[mini program] 订单")
        await gone(console)

        ids = [row["media_id"] for _customer, _kind, row in sent(world) if "media_id" in row]
        cover = sent(world)[2][2]["thumb_media_id"]
        assert sent(world) == [
            (customer, "image", {"media_id": ids[0]}),
            (customer, "voice", {"media_id": ids[1]}),
            (
                customer,
                "video",
                {"media_id": ids[2], "thumb_media_id": cover, "title": "怎么折", "description": "三步"},
            ),
            (
                customer,
                "news",
                {"articles": [{"title": "新品", "description": "上架了", "url": "https://shop.example/new"}]},
            ),
            (
                customer,
                "msgmenu",
                {
                    "head_content": "满意吗？",
                    "list": [{"id": "1", "content": "是"}, {"id": "101", "content": "否"}],
                    "tail_content": "谢谢",
                },
            ),
            (
                customer,
                "miniprogrampage",
                {"title": "订单", "appid": MINI_PROGRAM, "pagepath": "pages/order?id=1", "thumb_media_id": ids[0]},
            ),
        ]
        assert console.requests.calls[UPLOAD] == 4, "the cover of the mini program is the picture sent before"
        assert [await console.app.take_form(CustomerId(customer), kind) for kind in KINDS] == [None] * len(KINDS)


@pytest.mark.parametrize(
    ("kind", "file", "said"),
    [
        ("picture", "words.png", "is of a type WeChat does not take here. Use one of these: png, jpg, gif."),
        ("picture", "huge.png", "is too large: 11 MB, and WeChat takes at most 10 MB."),
        ("picture", "large.png", "PNG 3 MB; WeChat may refuse pictures over 2 MB"),
        ("picture", "gone.png", "No such file"),
        ("picture", "", "A folder"),
        ("voice", "long.amr", "is too long: 75 s, and WeChat takes at most 60 s."),
    ],
)
async def test_what_a_file_is_stands_below_its_path(
    tmp_path: Path, files: Path, world: World, kind: str, file: str, said: str
) -> None:
    async with running(tmp_path, world, size=(80, 24)) as console:
        await served(console)
        await fill_in(console, kind, f"{files}/{file}")
        await console.until(lambda: said in words(form(console)))
        if file == "large.png":
            return
        await console.press("enter")
        await console.until(lambda: not form(console).is_busy)

        assert form(console).focused is not None
        assert form(console).values()["file"] == f"{files}/{file}"
        assert console.requests.calls[UPLOAD] == 0


def words(shown: Form[Any]) -> str:
    """What the form says below its lines."""
    return " ".join(str(echo.content) for echo in (*shown._echoes.values(), shown._note))


async def thrown_away(console: Console) -> None:
    """Leave the form, once it is done with the key before."""
    await console.until(lambda: not form(console).is_busy)
    await console.press("escape")
    await console.sees("Throw away what was typed?")
    await console.press("y")
    await gone(console)


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_wrong_is_said_below_its_line_and_gets_the_cursor(
    tmp_path: Path, files: Path, world: World, size: tuple[int, int]
) -> None:
    async with running(tmp_path, world, size=size) as console:
        await served(console)
        await fill_in(console, "video", f"{files}/视频.mp4", f"{files}/big.jpg")
        await console.press("ctrl+s")
        await console.until(lambda: "is too large: 68.36 KB, and WeChat takes at most 64 KB" in words(form(console)))
        assert form(console).focused.id == "field-cover"  # type: ignore[union-attr]  # it is there
        await thrown_away(console)

        await fill_in(console, "web", "", "shop.example", "")
        await console.sees("This is no address of a page.")
        await console.press("ctrl+s")
        await console.sees("Title is empty.")
        assert form(console).focused.id == "field-title"  # type: ignore[union-attr]  # likewise
        await thrown_away(console)

        await fill_in(console, "mini", "x", "gh_0123")
        await console.press("down")
        await console.sees("It begins with wx")
        await thrown_away(console)

        await fill_in(console, "menu", "?", "7=a", "7=b")
        await console.press("ctrl+s")
        await console.sees("Line 2 has the id 7")

        assert console.writes() == []
        assert console.requests.calls[UPLOAD] == 0


async def test_a_path_is_completed_in_the_form(
    tmp_path: Path, files: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path_entry, "PATIENCE_SECONDS", 20.0)
    async with running(tmp_path, world, size=(80, 24)) as console:
        await served(console)
        await fill_in(console, "video")
        console.strike(*f"{tmp_path}/我", "tab", *"视", "tab")
        await console.sees("MP4 87.9 KB")
        console.strike("tab", *f"{files}/", "tab")
        await console.sees("big.jpg  封面.jpg")
        assert form(console).values() == {
            "file": f"{files}/视频.mp4",
            "cover": f"{files}/",
            "title": "",
            "description": "",
        }
        assert "退货" not in console.text()


@pytest.mark.parametrize("keys", ["tab", "enter", "down"])
async def test_a_burst_of_keys_fills_in_line_after_line(tmp_path: Path, world: World, keys: str) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await fill_in(console, "web")
        console.strike(*"one", keys, *"two", keys, *"three", "shift+tab", *"!")
        await console.until(lambda: "three" in form(console).values()["description"])
        await console.settle()

        assert form(console).values() == {"title": "one", "url": "two!", "description": "three", "picture": ""}


async def test_a_dropped_file_becomes_its_path(tmp_path: Path, files: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await fill_in(console, "picture")
        await console.paste(f"'{files}/退货 单.png' ")
        await console.sees("can be sent")
        await console.press("enter")
        await console.sees("[picture] 退货 单.png")


async def test_what_is_pasted_before_the_form_has_a_cursor_is_not_lost(
    tmp_path: Path, files: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await fill_in(console, "picture")
        form(console).set_focus(None)
        await console.paste(f"'{files}/退货 单.png'")
        await console.until(lambda: form(console).values() == {"file": f"{files}/退货 单.png"})


async def test_a_name_that_looks_like_markup_stands_as_it_is(tmp_path: Path, files: Path, world: World) -> None:
    (files / "[bold]x[] & y.png").write_bytes(PNG)
    (files / "[.png").write_bytes(PNG)
    async with running(tmp_path, world) as console:
        await served(console)
        await fill_in(console, "picture", f"{files}/[")
        await console.press("tab")
        await console.sees("[bold]x[] & y.png")
        await console.type("b")
        await console.press("tab")
        await console.sees("can be sent")
        await console.press("enter")
        await console.sees("[picture] [bold]x[] & y.png")


UPLOAD_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "refused": ({"kind": "errcode", "code": 45001}, "too large"),
    "no such id": ({"kind": "errcode", "code": 40007}, "does not have this file"),
    "lost": ({"kind": "cut_after"}, "was cut"),
}


@pytest.mark.parametrize("fault", UPLOAD_FAULTS)
async def test_a_form_whose_upload_failed_says_why_and_can_be_sent_again(
    tmp_path: Path, files: Path, world: World, fault: str
) -> None:
    details, said = UPLOAD_FAULTS[fault]
    async with running(tmp_path, world, size=(80, 24)) as console:
        customer = await served(console)
        console.arm(UPLOAD, **details)
        await fill_in(console, "picture", f"{files}/退货 单.png")
        await console.press("enter")
        await console.until(lambda: said in words(form(console)))
        assert form(console).values() == {"file": f"{files}/退货 单.png"}
        assert console.writes() == []

        await console.press("enter")
        await console.sees("[picture] 退货 单.png")
        await gone(console)
        assert [(openid, kind) for openid, kind, _row in sent(world)] == [(customer, "image")]


async def test_an_upload_can_be_stopped_and_then_nothing_is_sent(tmp_path: Path, files: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        console.faults.hold(UPLOAD)
        await fill_in(console, "picture", f"{files}/退货 单.png")
        await console.press("enter")
        await console.sees("Uploading 退货 单.png: 146.49 KB of 146.49 KB")
        await console.press("x", "escape")
        await console.until(lambda: not form(console).is_busy)
        await console.sees_no("Uploading")
        console.faults.release()
        await console.settle()
        assert console.writes() == []
        assert form(console).values() == {"file": f"{files}/退货 单.png"}

        await console.press("enter")
        await console.sees("[picture] 退货 单.png")
        await gone(console)
        assert len(console.writes()) == 1


async def test_a_file_that_vanishes_between_check_and_upload_sends_nothing(
    tmp_path: Path, files: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        console.faults.hold(UPLOAD)
        await fill_in(console, "video", f"{files}/视频.mp4", f"{files}/封面.jpg")
        await console.press("ctrl+s")
        await console.sees("Uploading 视频.mp4")
        await asyncio.to_thread(shutil.rmtree, files)
        console.faults.release()
        await console.until(lambda: "cannot be read: No such file" in words(form(console)).replace("\n", " "))

        assert console.writes() == []


async def test_what_wechat_refused_to_send_comes_back_filled_in_and_uploads_anew(
    tmp_path: Path, files: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        console.arm(SEND, "errcode", code=40007)
        await fill_in(console, "picture", f"{files}/退货 单.png")
        await console.press("enter")
        await console.sees("refused", "does not have this file")
        await gone(console)

        for _time in range(2):
            await fill_in(console, "picture")
            assert form(console).values() == {"file": f"{files}/退货 单.png"}
            await console.press("escape")
            await gone(console)

        await fill_in(console, "picture")
        await console.press("enter")
        await console.until(lambda: len(world.sent) == 1)
        await gone(console)
        assert console.requests.calls[UPLOAD] == 2

        await fill_in(console, "picture")
        assert form(console).values() == {"file": ""}


async def test_a_message_for_one_whom_a_colleague_took_meanwhile_is_asked_about(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await fill_in(console, "web", "新品", "https://shop.example/new")
        world.transfer("kf2001@lehuo", COLLEAGUE, customer)
        await console.asked_again(SESSIONS)
        await console.press("ctrl+s")
        await console.sees("Tom", "Send anyway")
        await console.until(lambda: isinstance(console.app.screen, LateQuestion) and console.app.screen.is_open)
        await console.press("escape")
        await console.sees("Taken back before it was sent.", "S resend")
        await console.until(lambda: len(console.app.screen_stack) == 1)
        assert not world.sent

        await console.choose(customer)  # between two lists of sessions they may have been in none
        await console.press("f")
        await console.sees("Tom", "Send anyway")
        await console.press("s")
        await console.sees("What to send")
        await console.type("web")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.until(lambda: form(console).values()["title"] == "新品")


async def test_rows_that_move_change_nothing_about_whom_a_form_is_for(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        first, second = [await served(console, "one"), await served(console, "two")]
        await console.choose(first)
        await fill_in(console, "web", "新品", "https://shop.example/new")
        for number in range(3):
            world.say(second, f"hurry {number}")
            waiting(world)
        await console.asked_again(SESSIONS)
        assert short(first) in str(form(console).query_one(".form").border_title)
        await console.press("ctrl+s")
        await console.until(lambda: len(world.sent) == 1)
        await gone(console)

        assert [openid for openid, _kind, _row in sent(world)] == [first]


async def test_from_the_composer_the_draft_stays_and_so_does_the_cursor(
    tmp_path: Path, files: Path, world: World
) -> None:
    async with running(tmp_path, world) as console:
        customer = await served(console)
        await console.press("r")
        await console.until(lambda: console.is_writing)
        await console.type("see the picture")
        console.strike("ctrl+o", *"pic")
        await console.sees("What to send", short(customer))
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, Form))
        await console.type(f"{files}/退货 单.png")
        await console.press("enter")
        await console.until(lambda: len(world.sent) == 1)
        await gone(console)

        assert console.is_writing
        assert console.composer == "see the picture"
        await console.press("enter")
        await console.until(lambda: [text for _openid, text in console.sent] == ["[image]", "see the picture"])


async def test_a_form_is_left_at_once_when_nothing_was_typed(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        await served(console)
        await fill_in(console, "menu")
        await console.press("escape")
        await gone(console)
        await fill_in(console, "menu", "?")
        await console.press("escape")
        await console.sees("Throw away what was typed?")
        await console.press("enter")
        await console.until(lambda: isinstance(console.app.screen, Form))
        assert form(console).values()["head"] == "?"
        await console.type("!")
        assert form(console).values()["head"] == "?!"


async def test_a_waiting_customer_is_asked_about_first(tmp_path: Path, world: World) -> None:
    async with running(tmp_path, world) as console:
        (customer,) = waiting(world)
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(customer)
        await console.press("f")
        await console.sees("waiting", "Accept first")
        await console.press("escape")
        await gone(console)
        assert console.writes() == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sections": {"me": {"read_only": True}}}, "read-only"),
        ({"me": ""}, "answers as nobody"),
    ],
    ids=["read-only", "nobody"],
)
async def test_who_may_not_answer_is_told_at_the_key(
    tmp_path: Path, world: World, options: dict[str, Any], said: str
) -> None:
    (customer,) = waiting(world)
    async with running(tmp_path, world, **options) as console:
        await console.until(lambda: bool(console.desk_screen.queue.rows))
        await console.choose(customer)
        await console.press("f")
        await console.sees(said)
        assert console.app.screen is console.desk_screen
        assert not console.desk_screen.is_asking
