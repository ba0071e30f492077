"""Everything a key does, in one table: bindings, palette, hint line, help and `[keys]` are made from it."""

from enum import StrEnum

from msgspec import Struct

from kfconsole.i18n import N_


class Place(StrEnum):
    """Where a key works."""

    ANYWHERE = "anywhere"
    """Outside the composer and other inputs."""
    LIST = "list"
    CONVERSATION = "conversation"
    COMPOSER = "composer"
    HISTORY = "history"
    SEARCH = "search"
    """In the line of words and among the results."""
    SEARCH_LINE = "search_line"
    FOUND = "found"
    CANNED = "canned"
    OWED = "owed"
    BOARD = "board"
    REPORT = "report"
    ACCOUNTS = "accounts"
    QUOTA = "quota"
    REPLAY = "replay"
    """Wherever plain keys are, while a recording is played."""
    MOVING = "moving"
    """In lists and conversations, wherever they are."""


PLACE_TITLES = {
    Place.ANYWHERE: N_("Everywhere, except while typing"),
    Place.LIST: N_("In a list"),
    Place.CONVERSATION: N_("In the conversation"),
    Place.COMPOSER: N_("While writing a reply"),
    Place.HISTORY: N_("In the history of a customer"),
    Place.SEARCH: N_("While searching messages"),
    Place.SEARCH_LINE: N_("In the words looked for"),
    Place.FOUND: N_("Among the messages found"),
    Place.CANNED: N_("While picking a canned reply"),
    Place.QUOTA: N_("Among the daily limits"),
    Place.OWED: N_("Among those owed an answer"),
    Place.ACCOUNTS: N_("Among the agents' accounts"),
    Place.BOARD: N_("On the board"),
    Place.REPORT: N_("In a report"),
    Place.REPLAY: N_("While a recording is played"),
}


class Command(Struct, frozen=True):
    """One thing the user can do."""

    id: str
    """Stable: people rebind by it under `[keys]`. It is the name of the screen's action, too, unless `act` is."""
    keys: str
    """Comma-separated, in Textual's names."""
    label: str
    """One or two words, for the hint line."""
    description: str
    """A sentence, for palette and help."""
    place: Place = Place.ANYWHERE
    in_palette: bool = True
    scope: str = ""
    """`app.` when the application and not the screen acts."""
    act: str = ""
    also: tuple[Place, ...] = ()
    """Other places where its keys work."""

    @property
    def action(self) -> str:
        """The Textual action string."""
        return self.scope + (self.act or self.id)

    @property
    def default_keys(self) -> tuple[str, ...]:
        """The keys it has unless `[keys]` says otherwise."""
        return tuple(self.keys.split(",")) if self.keys else ()

    def works_in(self, place: Place) -> bool:
        """Whether its keys work there."""
        return place is self.place or place in self.also


COMMANDS: tuple[Command, ...] = (
    Command("accept", "a", N_("accept"), N_("Accept the selected waiting customer"), also=(Place.BOARD,)),
    Command("accept_next", "n", N_("next"), N_("Accept the customer who waits longest"), also=(Place.BOARD,)),
    Command("assign", "A,shift+a", N_("assign"), N_("Give the customer to an agent you pick"), also=(Place.BOARD,)),
    Command("transfer", "t", N_("transfer"), N_("Transfer the customer to another agent"), also=(Place.BOARD,)),
    Command("reply", "r", N_("reply"), N_("Write a reply to the customer"), also=(Place.BOARD,)),
    Command("send_other", "f", N_("picture…"), N_("Send a picture, voice, video, web page, menu or mini program")),
    Command("needs_me", "space", N_("who needs me"), N_("Go to who needs an answer most, then to the next")),
    Command("close_session", "x", N_("close"), N_("Close the session (asks first)"), also=(Place.BOARD,)),
    Command(
        "undo",
        "u",
        N_("undo"),
        N_("Take back closing a session, for a few seconds"),
        also=(Place.BOARD, Place.OWED),
    ),
    Command(
        "assign_longest",
        "L,shift+l",
        N_("assign longest"),
        N_("Give the longest waiting to who has the least to do (shows the plan first)"),
        also=(Place.BOARD,),
    ),
    Command(
        "take_over",
        "T,shift+t",
        N_("take over"),
        N_("Take the customer over from a colleague (asks first)"),
        also=(Place.BOARD,),
    ),
    Command(
        "hand_back",
        "B,shift+b",
        N_("hand back"),
        N_("Close the session and keep the customer as owed an answer (asks first)"),
        also=(Place.BOARD,),
    ),
    Command("owed", "o", N_("owed"), N_("Show who is owed an answer"), also=(Place.BOARD,)),
    Command("mark", "v", N_("mark"), N_("Mark the session, to close or hand back several"), also=(Place.BOARD,)),
    Command("unmark", "V,shift+v", N_("no marks"), N_("Take all marks away"), also=(Place.BOARD,)),
    Command(
        "assign_plan",
        "",
        N_("rules"),
        N_("Show what the rules for automatic assignment would do now; nothing is done"),
        scope="app.",
        also=(Place.BOARD,),
    ),
    Command("history", "h", N_("history"), N_("Older messages of this customer, day by day"), also=(Place.BOARD,)),
    Command(
        "quota",
        "Q,shift+q",
        N_("limits"),
        N_("WeChat's daily limits: what is left of each call"),
        also=(Place.BOARD,),
    ),
    Command("search", "H,shift+h", N_("search"), N_("Search the messages of all customers"), also=(Place.BOARD,)),
    Command(
        "edit_customer", "e", N_("names"), N_("Alias, WeChat remark and tags of the customer"), also=(Place.BOARD,)
    ),
    Command(
        "copy",
        "y",
        N_("copy"),
        N_("Copy the message, or the selected id"),
        also=(Place.HISTORY, Place.FOUND, Place.BOARD),
    ),
    Command("copy_openid", "", N_("copy id"), N_("Copy the customer's openid"), also=(Place.BOARD,)),
    Command("copy_conversation", "", N_("copy all"), N_("Copy the messages of the open conversation")),
    Command(
        "filter", "slash", N_("filter"), N_("Filter the list by name, pinyin, tag, agent or text"), also=(Place.BOARD,)
    ),
    Command(
        "refresh",
        "R,shift+r",
        N_("ask now"),
        N_("Ask WeChat for everything now"),
        scope="app.",
        also=(Place.ACCOUNTS, Place.BOARD),
    ),
    Command("pane_queue", "1", N_("queue"), N_("Go to the queue"), act="pane('queue')"),
    Command("pane_sessions", "2", N_("sessions"), N_("Go to the sessions"), act="pane('sessions')"),
    Command("pane_agents", "3", N_("agents"), N_("Go to the agents"), act="pane('agents')"),
    Command("pane_conversation", "4", N_("conversation"), N_("Go to the conversation"), act="pane('transcript')"),
    Command(
        "palette",
        "ctrl+p",
        N_("commands"),
        N_("Find a command by name"),
        in_palette=False,
        scope="app.",
        also=(Place.HISTORY, Place.FOUND, Place.BOARD, Place.ACCOUNTS, Place.REPORT, Place.OWED, Place.QUOTA),
    ),
    Command(
        "help",
        "question_mark,f1",
        N_("help"),
        N_("Show keys and marks"),
        scope="app.",
        also=(Place.HISTORY, Place.FOUND, Place.BOARD, Place.ACCOUNTS, Place.REPORT, Place.OWED, Place.QUOTA),
    ),
    Command("theme", "", N_("theme"), N_("Change the colours"), scope="app."),
    Command("read_only", "", N_("read-only"), N_("Change nothing any more from this console"), scope="app."),
    Command("quit", "q", N_("quit"), N_("Leave kfconsole"), scope="app."),
    Command("board", "b", N_("board"), N_("See all customers and agents at once")),
    Command("accounts", "m", N_("accounts"), N_("Add, rename, invite and remove agents"), also=(Place.BOARD,)),
    Command(
        "report",
        "p",
        N_("report"),
        N_("Report how long customers waited and were served"),
        also=(Place.BOARD,),
    ),
    Command("open", "enter", N_("open"), N_("Open the conversation"), Place.LIST, in_palette=False),
    Command("resend", "S,shift+s", N_("resend"), N_("Send again what did not arrive"), Place.CONVERSATION),
    Command(
        "dismiss_message", "D,shift+d", N_("dismiss"), N_("Leave it unsent and take the mark away"), Place.CONVERSATION
    ),
    Command("send", "enter", N_("send"), N_("Send the reply"), Place.COMPOSER, in_palette=False),
    Command("newline", "ctrl+j,alt+enter", N_("new line"), N_("Start a new line"), Place.COMPOSER, in_palette=False),
    Command(
        "attach",
        "ctrl+o",
        N_("picture…"),
        N_("Send a picture, voice, video, web page, menu or mini program"),
        Place.COMPOSER,
        act="send_other",
        in_palette=False,
    ),
    Command("typing", "ctrl+t", N_("typing"), N_("Show the customer that you are typing"), Place.COMPOSER),
    Command(
        "canned",
        "ctrl+r",
        N_("canned reply"),
        N_("Pick a canned reply, to write with"),
        also=(Place.COMPOSER,),
    ),
    Command("canned_new", "ctrl+n", N_("new"), N_("Write a new canned reply"), Place.CANNED, in_palette=False),
    Command(
        "canned_keep",
        "ctrl+s",
        N_("keep"),
        N_("Keep what stands in the composer as a canned reply"),
        Place.CANNED,
        in_palette=False,
    ),
    Command("canned_edit", "ctrl+e", N_("change"), N_("Change the canned reply"), Place.CANNED, in_palette=False),
    Command(
        "canned_delete",
        "ctrl+d",
        N_("delete"),
        N_("Delete the canned reply (asks first)"),
        Place.CANNED,
        in_palette=False,
    ),
    Command("report_open", "enter", N_("open"), N_("Show what is behind the number"), Place.REPORT, in_palette=False),
    Command("report_span", "d", N_("span"), N_("Report of another span"), Place.REPORT, in_palette=False),
    Command("report_by", "b", N_("by"), N_("By agent, by hour, by day"), Place.REPORT, in_palette=False),
    Command("report_meanings", "i", N_("meanings"), N_("Say what the numbers mean"), Place.REPORT, in_palette=False),
    Command("report_back", "escape,q", N_("back"), N_("Go a step back"), Place.REPORT, in_palette=False),
    Command("owed_open", "enter", N_("open"), N_("Open the conversation"), Place.OWED, in_palette=False),
    Command("owed_accept", "a", N_("accept"), N_("Accept the customer"), Place.OWED, in_palette=False),
    Command(
        "owed_remove",
        "D,shift+d",
        N_("take off"),
        N_("Take off the list (asks first)"),
        Place.OWED,
        in_palette=False,
    ),
    Command("owed_back", "escape,q,o", N_("back"), N_("Go back to where you came from"), Place.OWED, in_palette=False),
    Command(
        "leave", "escape", N_("back"), N_("Leave the composer; the draft is kept"), Place.COMPOSER, in_palette=False
    ),
    Command(
        "day_before",
        "left,p,left_square_bracket",
        N_("day before"),
        N_("Show the day before"),
        Place.HISTORY,
        in_palette=False,
        act="day(-1)",
    ),
    Command(
        "day_after",
        "right,n,right_square_bracket",
        N_("day after"),
        N_("Show the day after"),
        Place.HISTORY,
        in_palette=False,
        act="day(1)",
    ),
    Command("jump", "d", N_("jump to a day"), N_("Show another day"), Place.HISTORY, in_palette=False),
    Command(
        "search_here", "slash", N_("search"), N_("Search the customer's messages"), Place.HISTORY, in_palette=False
    ),
    Command(
        "open_here",
        "enter",
        N_("open"),
        N_("Open the conversation at the selected message"),
        Place.HISTORY,
        in_palette=False,
    ),
    Command("back", "escape,q", N_("back"), N_("Go back to where you came from"), Place.HISTORY, in_palette=False),
    Command(
        "search_customer",
        "f2,ctrl+o",
        N_("whose messages"),
        N_("Search the messages of one customer, or of all"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command(
        "search_direction",
        "f3,ctrl+t",
        N_("who wrote"),
        N_("Only what customers wrote, only what agents wrote, or both"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command(
        "search_agent",
        "f4,ctrl+g",
        N_("agent"),
        N_("Only conversations with one agent"),
        Place.SEARCH,
        in_palette=False,
    ),
    Command("search_days", "f5,ctrl+y", N_("days"), N_("Only some days"), Place.SEARCH, in_palette=False),
    Command("search_clear", "f6,ctrl+l", N_("no filters"), N_("Take the filters away"), Place.SEARCH, in_palette=False),
    Command("to_found", "down,enter", N_("results"), N_("Go to what was found"), Place.SEARCH_LINE, in_palette=False),
    Command(
        "open_found",
        "enter",
        N_("open"),
        N_("Open the conversation at the message that was found"),
        Place.FOUND,
        in_palette=False,
    ),
    Command("to_line", "slash", N_("other words"), N_("Go back to the words"), Place.FOUND, in_palette=False),
    Command("search_back", "escape", N_("back"), N_("Go a step back"), Place.SEARCH, in_palette=False),
    Command(
        "board_columns",
        "C,shift+c",
        N_("columns"),
        N_("Choose the columns of the board"),
        Place.BOARD,
        in_palette=False,
    ),
    Command(
        "board_order", "S,shift+s", N_("order"), N_("Sort the board by something else"), Place.BOARD, in_palette=False
    ),
    Command("board_agents", "3", N_("agents"), N_("Go to the agents"), Place.BOARD, in_palette=False),
    Command("board_customers", "1", N_("customers"), N_("Go to the customers"), Place.BOARD, in_palette=False),
    Command("board_back", "escape,b", N_("back"), N_("Go a step back"), Place.BOARD, in_palette=False),
    Command("account_add", "n", N_("new"), N_("Add an agent"), Place.ACCOUNTS, in_palette=False),
    Command("account_rename", "e,enter", N_("rename"), N_("Change the nickname"), Place.ACCOUNTS, in_palette=False),
    Command(
        "account_invite",
        "i",
        N_("invite"),
        N_("Invite a WeChat user to take over the agent"),
        Place.ACCOUNTS,
        in_palette=False,
    ),
    Command(
        "account_picture", "f", N_("head image"), N_("Set the agent's head image"), Place.ACCOUNTS, in_palette=False
    ),
    Command(
        "account_remove",
        "D,shift+d",
        N_("remove"),
        N_("Remove the agent (asks first)"),
        Place.ACCOUNTS,
        in_palette=False,
    ),
    Command(
        "accounts_back",
        "escape,q,m",
        N_("back"),
        N_("Go back to where you came from"),
        Place.ACCOUNTS,
        in_palette=False,
    ),
    Command("quota_back", "escape,q,Q,shift+q", N_("back"), N_("Go a step back"), Place.QUOTA, in_palette=False),
    Command("replay_pause", "P,shift+p", N_("pause"), N_("Pause the replay, or go on"), Place.REPLAY, scope="app."),
    Command("replay_slower", "less_than_sign", N_("slower"), N_("Play half as fast"), Place.REPLAY, scope="app."),
    Command("replay_faster", "greater_than_sign", N_("faster"), N_("Play twice as fast"), Place.REPLAY, scope="app."),
    Command("replay_jump", "J,shift+j", N_("jump"), N_("Jump to a time in the recording"), Place.REPLAY, scope="app."),
    Command("down", "j,down", N_("down"), N_("Go down by one"), Place.MOVING, in_palette=False),
    Command("up", "k,up", N_("up"), N_("Go up by one"), Place.MOVING, in_palette=False),
    Command("first", "g,home", N_("first"), N_("Go to the first"), Place.MOVING, in_palette=False),
    Command("last", "G,end", N_("last"), N_("Go to the last"), Place.MOVING, in_palette=False),
    Command("page_up", "pageup", N_("page up"), N_("Go up by a page"), Place.MOVING, in_palette=False),
    Command("page_down", "pagedown", N_("page down"), N_("Go down by a page"), Place.MOVING, in_palette=False),
    Command(
        "next_pane",
        "tab",
        N_("next pane"),
        N_("Go to the next pane"),
        in_palette=False,
        scope="app.",
        act="focus_next",
        also=(Place.HISTORY, Place.FOUND, Place.BOARD),
    ),
    Command(
        "previous_pane",
        "shift+tab",
        N_("pane before"),
        N_("Go to the pane before"),
        in_palette=False,
        scope="app.",
        act="focus_previous",
        also=(Place.HISTORY, Place.FOUND, Place.BOARD),
    ),
)

CHANGING = frozenset(
    {
        *("accept", "accept_next", "assign", "transfer", "send_other", "close_session", "undo", "assign_longest"),
        *("take_over", "hand_back", "edit_customer", "resend", "dismiss_message", "send", "attach", "typing"),
        *("canned_new", "canned_keep", "canned_edit", "canned_delete", "owed_accept", "owed_remove"),
        *("account_add", "account_rename", "account_invite", "account_picture", "account_remove"),
    }
)
"""What ends in something that a read-only console refuses: there, before anything is asked (`ActingScreen.refuses`)."""
CHANGING_ACTIONS = frozenset(row.action for row in COMMANDS if row.id in CHANGING)

MOVES = (
    (("down", "up"), N_("Move by one")),
    (("first", "last"), N_("First, last")),
    (("page_up", "page_down"), N_("Move by a page")),
    (("next_pane", "previous_pane"), N_("Next pane, pane before")),
)
"""Moves by the rows in which people read them."""
