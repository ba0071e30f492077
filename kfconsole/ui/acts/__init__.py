"""What the desk's keys do, one module a topic; the screen puts them together."""
