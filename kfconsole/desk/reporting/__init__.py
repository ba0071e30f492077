"""Reports: how long customers waited and were served, by whom and when; what nobody saw is left out, and counted."""

from kfconsole.desk.reporting.definitions import definition_lines, definitions, excluded_words, exclusions, metric_title
from kfconsole.desk.reporting.figures import (
    LISTED,
    By,
    Case,
    Excluded,
    Figures,
    Metric,
    Order,
    Report,
    Spread,
)
from kfconsole.desk.reporting.gathering import reckon

__all__ = [
    "LISTED",
    "By",
    "Case",
    "Excluded",
    "Figures",
    "Metric",
    "Order",
    "Report",
    "Spread",
    "definition_lines",
    "definitions",
    "excluded_words",
    "exclusions",
    "metric_title",
    "reckon",
]
