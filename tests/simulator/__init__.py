"""The stand-in for WeChat keeps its promises."""
