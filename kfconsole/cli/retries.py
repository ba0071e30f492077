"""Patience for commands: a question whose answer did not come is asked again; an order never is."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from kfconsole.cli.output import talk
from kfconsole.errors import Unavailable
from kfconsole.i18n import _

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 5.0
JITTER_SECONDS = 0.5
"""Jobs that failed together must not come back together."""
WHOLE_SECONDS = 40.0

T = TypeVar("T")


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a question, up to four times while WeChat is busy or gives no usable answer.

    Never for what changes anything at WeChat: its answer may be all that was lost.

    Raises:
        ApiError: The last answer, or one that asking again does not mend.
    """
    try:
        return await ask()
    except Unavailable as error:
        talk(_("{problem} Asking again.").format(problem=error.message))
    import stamina  # only where something failed
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # its own would write to stderr in a form of its own
    async for attempt in stamina.retry_context(
        on=Unavailable,
        attempts=ATTEMPTS - 1,
        timeout=WHOLE_SECONDS,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            return await ask()
    raise AssertionError("stamina ends with a result or an error")
