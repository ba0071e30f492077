"""Widgets of our own: the list and the transcript, both drawn by line."""

from kfconsole.ui.widgets.line_list import LineList
from kfconsole.ui.widgets.snapshots import HasId
from kfconsole.ui.widgets.strips import Part, strip_of
from kfconsole.ui.widgets.transcript import Transcript

__all__ = ["HasId", "LineList", "Part", "Transcript", "strip_of"]
