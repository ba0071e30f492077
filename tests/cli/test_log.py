"""The log: private, bounded, without secrets, and never in the way."""

import logging
import stat
from pathlib import Path

import pytest

from kfconsole.cli import log as log_module
from kfconsole.cli.log import FILES, Log, scrubbed
from kfconsole.wechat import CallEntry

OPENID = "oABCDEFGHIJKLMNOPQRSTUf8a1c2"


def test_a_call_is_one_line(tmp_path: Path) -> None:
    log = Log(tmp_path / "data" / "kfconsole.log")
    log.call(CallEntry("POST", "/cgi-bin/message/custom/send", 45015, "abc-1", 38.6, f"out of time\nfor {OPENID}"))
    log.call(CallEntry("GET", "/customservice/kfsession/getwaitcase", None, "", 5000.0, "no answer"))
    log.close()
    lines = [line.partition(" INFO ")[2] for line in (tmp_path / "data/kfconsole.log").read_text("utf-8").splitlines()]

    assert lines == [
        "POST /cgi-bin/message/custom/send code=45015 rid=abc-1 39ms out of time for …f8a1c2",
        "GET /customservice/kfsession/getwaitcase code=- rid=- 5000ms no answer",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "https://h/p?access_token=T0PSECRET&x=1",
        '{"secret": "T0PSECRET"}',
        "{'app_secret': 'T0PSECRET'}",
        "appsecret=T0PSECRET",
        "T0PSECRET" + "x" * 60,
        r"{\"appsecret\": \"T0PSECRET\"}",
        "redirect=%2F%3Faccess_token%3DT0PSECRET%26x",
    ],
)
def test_secrets_and_tokens_are_taken_out(text: str) -> None:
    assert "T0PSECRET" not in scrubbed(text)


def test_an_app_secret_is_known_by_its_shape() -> None:
    secret = "0123456789abcdef" * 2

    assert secret not in scrubbed(f"ValueError: {secret} is wrong")
    assert scrubbed(f"{secret}f") == f"{secret}f"


def test_it_is_bounded_and_every_file_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "FILE_BYTES", 200)
    log = Log(tmp_path / "data" / "kfconsole.log")
    for number in range(40):
        log.write(logging.INFO, f"line {number} " + "- " * 20)
    log.close()
    files = list((tmp_path / "data").iterdir())

    assert len(files) == FILES
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_log_that_cannot_be_written_is_lost_in_silence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    Log(tmp_path / "file" / "kfconsole.log").write(logging.INFO, "lost")

    assert capfd.readouterr() == ("", "")


def test_a_mistake_of_ours_is_not_lost_with_the_disk(tmp_path: Path) -> None:
    broken = logging.LogRecord("kfconsole", logging.INFO, "", 0, "%d", ("no number",), None)
    file = log_module._PrivateFile(tmp_path / "kfconsole.log")
    with pytest.raises(TypeError):
        file.emit(broken)
    file.close()
