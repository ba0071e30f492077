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
        if not _is_worth_asking_again(error):
            raise
        first = error
    talk(_("{problem} Asking again.").format(problem=first.message))
    import stamina  # only where something failed
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks(())  # its own would write to stderr in a form of its own
    async for attempt in stamina.retry_context(
        on=_is_worth_asking_again,
        attempts=ATTEMPTS,
        timeout=WHOLE_SECONDS,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LONGEST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            if attempt.num == 1:
                raise first  # it was made above; what comes next is the first wait
            return await ask()
    raise AssertionError("stamina ends with a result or an error")


def _is_worth_asking_again(error: Exception) -> bool:
    return isinstance(error, Unavailable) and not error.may_have_arrived
