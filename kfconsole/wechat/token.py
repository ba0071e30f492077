"""One access token of WeChat's."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """One access token; equal only to itself, because WeChat may hand out the same value twice."""

    value: str = field(repr=False)
    lifetime_seconds: float
    """How long WeChat says it lives, counted from when it came."""
