"""Canned replies: the user's file of texts, read, filled in and written.

It knows neither the desk nor the screen; what fills a text in comes from outside.
"""

from kfconsole.canned.filling import Filled, Values, fill, find_unresolved, greeting
from kfconsole.canned.finding import Finder, same_key
from kfconsole.canned.reading import read, read_again
from kfconsole.canned.replies import Library, Problem, Reply

__all__ = [
    "Filled",
    "Finder",
    "Library",
    "Problem",
    "Reply",
    "Values",
    "fill",
    "find_unresolved",
    "greeting",
    "read",
    "read_again",
    "same_key",
]
