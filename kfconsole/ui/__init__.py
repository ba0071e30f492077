"""The screen: Textual only here. It reads the frozen desk and asks the actions; it keeps no state of the desk."""
