"""How long, in the form of a clock."""


def clock_span(seconds: int, *, is_exact: bool = True) -> str:
    """Return minutes and seconds, with hours when there are any; `≥` before a lower bound."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    span = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
    return span if is_exact else f"≥{span}"
