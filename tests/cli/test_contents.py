"""From options to what is sent: which go together, and what is a file."""

from pathlib import Path

import click
import pytest

from kfconsole.cli.contents import Given, as_content, check, uploads
from kfconsole.content import (
    Card,
    Content,
    Image,
    Menu,
    MenuItem,
    MiniProgram,
    Music,
    News,
    PublishedArticle,
    StoredNews,
    Text,
    Video,
    Voice,
)
from kfconsole.model import MediaKind


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ({"text": "你好"}, Text("你好")),
        ({"image": "m1"}, Image("m1")),
        ({"voice": "m1"}, Voice("m1")),
        ({"video": "m1", "cover": "m2"}, Video("m1", "m2")),
        ({"video": "m1", "cover": "m2", "title": "t", "description": "d"}, Video("m1", "m2", "t", "d")),
        ({"music": "u", "cover": "m2", "title": "t", "high_quality": "h"}, Music("u", "m2", "t", "", "h")),
        ({"news": "u", "title": "t", "picture": "p"}, News("t", "u", "", "p")),
        ({"mpnews": "m1"}, StoredNews("m1")),
        ({"article": "a1"}, PublishedArticle("a1")),
        ({"menu": "好？", "item": ("1=好", "2=a=b")}, Menu((MenuItem("1", "好"), MenuItem("2", "a=b")), "好？")),
        ({"menu": "好？", "item": ("1=好",), "tail": "谢谢"}, Menu((MenuItem("1", "好"),), "好？", "谢谢")),
        ({"card": "c1"}, Card("c1")),
        ({"miniprogram": "wx1", "page": "p", "title": "t", "cover": "m2"}, MiniProgram("t", "wx1", "p", "m2")),
    ],
)  # fmt: skip
def test_the_options_make_the_content(given: Given, content: Content) -> None:
    assert as_content(given) == content


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "--image"),
        ({"title": "t"}, "Say what to send"),
        ({"text": "a", "image": "m1"}, "TEXT, --image cannot be sent at once"),
        ({"video": "m1"}, "--video needs --cover"),
        ({"news": "u"}, "--news needs --title"),
        ({"menu": "q"}, "--menu needs --item"),
        ({"miniprogram": "wx1", "title": "t", "cover": "m2"}, "--miniprogram needs --page"),
        ({"text": "a", "title": "t"}, "--title does not go with TEXT"),
        ({"image": "m1", "cover": "m2"}, "--cover does not go with --image"),
        ({"news": "u", "title": "t", "high_quality": "h"}, "--high-quality does not go with --news"),
        ({"card": " "}, "--card is empty"),
        ({"news": "u", "title": ""}, "--title is empty"),
    ],
)
def test_options_that_do_not_go_together_are_refused_by_name(given: Given, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        check(given)


@pytest.mark.parametrize("items", [("yes",), ("=yes",), ("1=",), ("1=a", "1=b"), ("1=a", " = ")])
def test_an_item_without_id_or_text_or_with_the_id_of_another_is_refused(items: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match="--item"):
        as_content({"menu": "q", "item": items})


def test_a_file_is_uploaded_and_a_media_id_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"")

    assert uploads({"image": str(file)}) == (("image", MediaKind.IMAGE, file),)
    assert uploads({"image": "9rLZ-k_3"}) == ()
    assert [upload.kind for upload in uploads({"video": "m1", "cover": str(file)})] == [MediaKind.COVER]
    assert [upload.kind for upload in uploads({"miniprogram": "wx1", "cover": str(file)})] == [MediaKind.IMAGE]


def test_a_file_of_the_home_folder_is_found(home: Path) -> None:
    (home / "a.jpg").write_bytes(b"")

    assert uploads({"image": "~/a.jpg"}) == (("image", MediaKind.IMAGE, home / "a.jpg"),)


@pytest.mark.parametrize("value", ["foto.jpg", "./foto", "图片", "a b", "/", "."])
def test_a_mistyped_file_is_never_taken_for_a_media_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(click.UsageError, match="there is no file"):
        uploads({"image": value})


def test_a_file_that_could_be_a_media_id_has_to_be_written_as_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("foto").write_bytes(b"")

    with pytest.raises(click.UsageError, match=r"\./foto"):
        uploads({"image": "foto"})
    assert uploads({"image": "./foto"}) == (("image", MediaKind.IMAGE, Path("foto")),)
