"""The command line: one file a noun, the composition root, and the only room that prints."""
