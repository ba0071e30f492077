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


SEARCHES = """
import sys
import kfconsole.wechat.transport
from httpcore._synchronization import current_async_library

class Finder:
    def find_spec(self, name, path=None, target=None):
        print(name)

current_async_library()
sys.meta_path.insert(0, Finder())
print(current_async_library())
"""


def test_no_call_searches_the_disk_for_a_library_that_is_not_there() -> None:
    run = subprocess.run([sys.executable, "-c", SEARCHES], check=True, capture_output=True, text=True)

    assert run.stdout == "asyncio\n"
