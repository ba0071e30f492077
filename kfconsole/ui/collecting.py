"""When Python collects garbage: little at a time, and never through what stays.

What a collection walks holds the screen up: the structs of which there are thousands are spared by `gc=False`.
"""

import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (2_000, 5, 1_000)
"""The first kind of collection walks some 2,000 objects, the second 10,000; the third waits for millions."""
SETTLED_THRESHOLDS: Final = (2_000, 5, 20)
"""Once the first answers are spared, the third kind walks little, and is needed.

What was cancelled holds its frames in a circle, and with them every desk they knew, until it comes by.
"""
SPARED_AFTER_SECONDS: Final = (3.0, 30.0)
"""By then the first answers, and those about thousands, are on screen."""


def begin(call_later: Callable[[float, Callable[[], None]], object]) -> None:
    """Collect from now on; modules, styles and the first lists stay for good, and walking them takes several frames."""
    gc.set_threshold(*THRESHOLDS)
    gc.freeze()  # else the first collection walks all that was loaded, just when WeChat's first answers come
    gc.enable()
    for seconds in SPARED_AFTER_SECONDS:
        call_later(seconds, gc.freeze)
    call_later(SPARED_AFTER_SECONDS[-1], _settle)


def _settle() -> None:
    gc.set_threshold(*SETTLED_THRESHOLDS)
