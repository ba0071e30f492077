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
