"""What importing and constructing cost: httpx comes with the first call."""

import subprocess
import sys

LOADED = """
import sys
from kfconsole.wechat import KfClient
KfClient(base_url="https://api.weixin.qq.com", app_id="a", app_secret="s")
heavy = {"httpx", "httpcore", "h11", "anyio", "textual"}
print(sorted({name.partition(".")[0] for name in sys.modules} & heavy))
"""


def test_importing_the_room_and_making_a_client_loads_no_http() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)

    assert run.stdout == "[]\n"


FIRST_REFUSAL = """
import sys
from kfconsole.wechat import KfClient
from kfconsole.wechat.refusal import refusal
print("kfconsole.wechat.advice" in sys.modules)
refusal("/x", 45047, "no")
print("kfconsole.wechat.advice" in sys.modules)
"""


def test_the_advice_is_loaded_with_the_first_refusal() -> None:
    run = subprocess.run([sys.executable, "-c", FIRST_REFUSAL], check=True, capture_output=True, text=True)

    assert run.stdout == "False\nTrue\n"
