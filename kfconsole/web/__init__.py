"""The console in a browser: textual-serve behind a door of our own. Nothing of it is loaded before `serve` runs."""
