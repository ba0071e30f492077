"""Numbers, and the table they end in."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.budgets import Budget


@dataclass(frozen=True, slots=True)
class Row:
    """One measured budget."""

    budget: Budget
    measured: float
    """In the budget's unit."""
    detail: str
    reference: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept."""
        return self.measured <= self.budget.limit


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float]) -> str:
    """Describe milliseconds by their percentiles."""
    shares = (statistics.median(values), percentile(values, 0.95), percentile(values, 0.99), max(values))
    return " / ".join(f"{value:.1f}" for value in shares) + " ms (p50 / p95 / p99 / max)"


def ratio(budget: Budget, measured: Sequence[float], reference: Sequence[float], unit: str, name: str) -> Row:
    """Compare the medians of two programs."""
    ours, theirs = statistics.median(measured), statistics.median(reference)
    return Row(budget, ours / theirs, f"{ours:.0f} {unit} = {ours / theirs:.2f} ×", f"{name}: {theirs:.0f} {unit}")


def markdown(rows: Iterable[Row]) -> str:
    """Draw the table."""
    lines = ["| what | measured | reference | budget | |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.budget.what} | {row.detail} | {row.reference} | {row.budget.shown} "
        f"| {'ok' if row.is_kept else '**over**'} |"
        for row in rows
    ]
    return "\n".join(lines)
