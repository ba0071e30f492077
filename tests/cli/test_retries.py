"""Questions of commands are patient, orders are not."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stamina
from starlette.applications import Starlette

from kfconsole.cli import retries
from kfconsole.cli.output import OUTCOME_UNKNOWN, RETRY_LATER, exit_code
from kfconsole.cli.retries import patiently
from kfconsole.errors import ApiError, AuthError, RateLimited, Rejected, Unavailable
from kfconsole.model import AgentId, CustomerId
from kfconsole.simulator import DEFAULT_APP_ID, DEFAULT_APP_SECRET, World, create_app
from kfconsole.simulator.faults import Fault
from kfconsole.wechat import KfClient

QUEUE = "/customservice/kfsession/getwaitcase"
CLOSE = "/customservice/kfsession/close"


@pytest.fixture
def server() -> Starlette:
    return create_app(World())


@pytest.fixture
async def client(server: Starlette) -> AsyncIterator[KfClient]:
    client = KfClient(
        base_url="http://127.0.0.1:9",
        app_id=DEFAULT_APP_ID,
        app_secret=DEFAULT_APP_SECRET,
        transport=httpx.ASGITransport(server),
    )
    yield client
    await client.aclose()


@pytest.fixture
def no_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=retries.ATTEMPTS):
        yield


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is waited instead of waiting."""
    waited: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float, result: object = None) -> object:
        if seconds > 0:
            waited.append(seconds)
        return await sleep(0, result)

    monkeypatch.setattr(asyncio, "sleep", note)
    return waited


def calls(server: Starlette, path: str) -> int:
    return int(server.state.requests.calls[path])


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    "fault", [Fault(QUEUE, "errcode", code=-1), Fault(QUEUE, "status"), Fault(QUEUE, "empty"), Fault(QUEUE, "garbage")]
)
@pytest.mark.parametrize("count", [1, 3])
async def test_a_question_without_a_usable_answer_is_asked_again(
    server: Starlette, client: KfClient, fault: Fault, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.state.faults.arm(Fault(QUEUE, fault.kind, code=fault.code, count=count))

    assert (await patiently(client.queue)).total == 0
    assert calls(server, QUEUE) == count + 1
    assert capsys.readouterr().err.count("Asking again.") == 1


@pytest.mark.usefixtures("no_waits")
async def test_a_question_is_asked_four_times_and_no_more(server: Starlette, client: KfClient) -> None:
    server.state.faults.arm(Fault(QUEUE, "errcode", code=-1, count=None))

    with pytest.raises(Unavailable) as failed:
        await patiently(client.queue)

    assert calls(server, QUEUE) == retries.ATTEMPTS
    assert exit_code(failed.value) == RETRY_LATER


async def test_every_new_question_waits_longer_and_by_chance(
    server: Starlette, client: KfClient, waits: list[float]
) -> None:
    server.state.faults.arm(Fault(QUEUE, "errcode", code=-1, count=None))
    for _round in range(3):
        with pytest.raises(Unavailable):
            await patiently(client.queue)

    assert calls(server, QUEUE) == 3 * retries.ATTEMPTS
    assert len(waits) == len(set(waits)) == 3 * (retries.ATTEMPTS - 1)
    for first, second, third in zip(waits[::3], waits[1::3], waits[2::3], strict=True):
        assert retries.FIRST_WAIT_SECONDS <= first <= retries.FIRST_WAIT_SECONDS + retries.JITTER_SECONDS
        assert first < second < third <= retries.LONGEST_WAIT_SECONDS


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    ("code", "kind"),
    [(45009, RateLimited), (45011, RateLimited), (48001, AuthError), (65400, AuthError), (65416, Rejected)],
)
async def test_what_asking_again_does_not_mend_is_asked_once(
    server: Starlette, client: KfClient, code: int, kind: type[ApiError]
) -> None:
    server.state.faults.arm(Fault(QUEUE, "errcode", code=code, count=None))

    with pytest.raises(kind) as failed:
        await patiently(client.queue)

    assert calls(server, QUEUE) == 1
    assert (exit_code(failed.value) == RETRY_LATER) == (kind is RateLimited)


@pytest.mark.usefixtures("no_waits")
async def test_a_lost_answer_to_an_order_is_never_an_occasion_to_repeat_it(server: Starlette, client: KfClient) -> None:
    server.state.faults.arm(Fault(CLOSE, "empty", count=None))
    server.state.world.add_agent("kf2001@shop", "Ann")

    with pytest.raises(ApiError) as failed:
        await patiently(lambda: client.close_session(AgentId("kf2001@shop"), CustomerId("nobody")))
    assert calls(server, CLOSE) == 1
    assert exit_code(failed.value) == OUTCOME_UNKNOWN


@pytest.mark.usefixtures("no_waits")
async def test_an_order_that_turns_unknown_on_the_way_is_not_repeated() -> None:
    answers: list[ApiError] = [
        Unavailable("busy", may_have_arrived=False),
        Unavailable("lost", may_have_arrived=True),
        Unavailable("busy", may_have_arrived=False),
    ]

    async def ask() -> None:
        raise answers.pop(0)

    with pytest.raises(Unavailable, match="lost"):
        await patiently(ask)
    assert len(answers) == 1
