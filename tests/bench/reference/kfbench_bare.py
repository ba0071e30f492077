"""What any Textual program costs: one DataTable of 20 rows."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable

ROWS = 20


class BareApp(App[None]):
    """Shows a table and does nothing."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """Draw the table."""
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        table.add_columns("customer", "agent", "time", "message")
        for number in range(ROWS):
            table.add_row(f"customer {number}", "agent", "00:12", f"row {number} of the table")


if __name__ == "__main__":
    BareApp().run()
