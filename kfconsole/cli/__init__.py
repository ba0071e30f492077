"""The command line: one file a noun, the composition root, and the only room that prints."""

COMPLETING = "_KFCONSOLE_COMPLETE"
"""The variable in which a shell's completion script asks what may follow; it gives no arguments."""
