"""What gets out of a terminal: bell, title, pop-ups, the clipboard; and the keys it can send.

It knows neither Textual nor the desk. What it may do is told by a mapping of the environment and by answers of
programs it is given a way to run; what it returns are texts for whoever owns the terminal to write.
"""
