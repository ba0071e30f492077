"""The obvious console: a DataTable of 1,000 sessions, of which some change every two seconds."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable

ROWS = 1_000
CHANGED = 10
SECONDS = 2.0


class TableApp(App[None]):
    """Shows a table whose rows change like those of a console."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """Draw the table."""
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table, and let rows change from now on."""
        table = self.query_one(DataTable)
        table.add_column("customer", key="customer")
        table.add_column("agent", key="agent")
        table.add_column("message", key="message")
        for number in range(ROWS):
            table.add_row(f"…{number:06}", "agent", "hello", key=str(number))
        self._round = 0
        self.set_interval(SECONDS, self.change)

    def change(self) -> None:
        """Change the messages of some rows, as an answer of the server does."""
        table = self.query_one(DataTable)
        self._round += 1
        for number in range(CHANGED):
            row = (self._round * 7 + number * 100) % ROWS
            table.update_cell(str(row), "message", f"hello {self._round}")


if __name__ == "__main__":
    TableApp().run()
