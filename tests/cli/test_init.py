"""`init`: asks, tries, writes; never overwrites."""

import stat
import tomllib
from pathlib import Path

from tests.cli.conftest import Done, Shop, current_token, put, run


def answer(shop: Shop, *lines: str) -> Done:
    return run("init", "--base-url", shop.base_url, given="".join(f"{line}\n" for line in lines))


def test_what_is_asked_is_tried_and_written_for_nobody_else_to_read(shop: Shop, settings_file: Path) -> None:
    done = answer(shop, "en", shop.app_id, shop.app_secret, shop.kf_account)
    written = tomllib.loads(settings_file.read_text("utf-8"))

    assert done.code == 0
    assert f"You answer as 晓雯 ({shop.kf_account})." in done.err
    assert shop.app_secret not in done.out + done.err
    assert stat.S_IMODE(settings_file.stat().st_mode) == 0o600
    assert written == {
        "account": {"app_id": shop.app_id, "app_secret": shop.app_secret, "base_url": shop.base_url},
        "me": {"kf_account": shop.kf_account},
        "ui": {"language": "en"},
    }
    assert run("status").code == 0


def test_the_rest_is_asked_in_the_language_chosen(shop: Shop) -> None:
    done = answer(shop, "zh", shop.app_id, shop.app_secret, shop.kf_account)

    assert done.code == 0
    assert "You answer as" not in done.err


def test_a_refused_account_is_explained_and_asked_again(shop: Shop, settings_file: Path) -> None:
    done = answer(shop, "en", shop.app_id, "wrong", "again", shop.app_id, shop.app_secret, "")

    assert done.code == 0
    assert "kfconsole: " in done.err
    assert tomllib.loads(settings_file.read_text("utf-8"))["account"]["app_secret"] == shop.app_secret


def test_a_token_kept_from_an_earlier_run_lets_no_wrong_secret_pass(shop: Shop, settings_file: Path) -> None:
    assert shop.run("status").code == 0
    done = answer(shop, "en", shop.app_id, "wrong", "quit")

    assert done.code == 1
    assert not settings_file.exists()


def test_a_refused_account_may_be_saved_all_the_same(shop: Shop, settings_file: Path) -> None:
    done = answer(shop, "en", shop.app_id, "wrong", "save", "kf9@shop")

    assert done.code == 0
    assert tomllib.loads(settings_file.read_text("utf-8"))["me"]["kf_account"] == "kf9@shop"


def test_quitting_writes_nothing(shop: Shop, settings_file: Path) -> None:
    assert answer(shop, "en", shop.app_id, "wrong", "quit").code == 1
    assert not settings_file.exists()


def test_an_agent_that_is_not_there_is_asked_for_again(shop: Shop, settings_file: Path) -> None:
    done = answer(shop, "en", shop.app_id, shop.app_secret, "xiaowen", "kf9@shop", shop.kf_account)

    assert done.code == 0
    assert "There is no agent kf9@shop." in done.err
    assert tomllib.loads(settings_file.read_text("utf-8"))["me"]["kf_account"] == shop.kf_account


def test_an_existing_file_is_never_overwritten(shop: Shop, settings_file: Path) -> None:
    put(settings_file, "# mine\n")
    done = answer(shop, "en")

    assert done.code == 2
    assert "exists already" in done.err
    assert settings_file.read_text() == "# mine\n"


def test_input_that_ends_too_soon_writes_nothing(shop: Shop, settings_file: Path) -> None:
    done = answer(shop, "en", shop.app_id)

    assert done.code == 2
    assert not settings_file.exists()


def test_with_a_token_server_of_ones_own_no_secret_is_asked_for(
    shop: Shop, settings_file: Path, tmp_path: Path
) -> None:
    token = tmp_path / "to ken"
    token.write_text(f"{current_token(shop)}\n")
    broken, right = "cat '/nowhere", f"cat '{token}'"
    done = answer(shop, "en", shop.app_id, "", broken, shop.app_id, "", right, shop.kf_account)
    written = tomllib.loads(settings_file.read_text("utf-8"))["account"]

    assert done.code == 0
    assert "cat ended with code 1." in done.err
    assert f"You answer as 晓雯 ({shop.kf_account})." in done.err
    assert written == {"app_id": shop.app_id, "access_token_command": ["cat", str(token)], "base_url": shop.base_url}
    assert token.read_text().strip() not in done.err
