from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import DataObject, data, integers

from kfconsole.ui.widgets.heights import ESTIMATED_LINES, Heights


class HeightsAgainstAList(RuleBasedStateMachine):
    """The heights answer as a plain list of heights does."""

    def __init__(self) -> None:
        super().__init__()
        self.heights = Heights()
        self.plain: list[tuple[int, bool]] = []

    @rule(source=data(), count=integers(0, 4))
    def replace(self, source: DataObject, count: int) -> None:
        start = source.draw(integers(0, len(self.plain)))
        stop = source.draw(integers(start, len(self.plain)))
        self.heights.replace(start, stop, count)
        self.plain[start:stop] = [(ESTIMATED_LINES, False)] * count

    @precondition(lambda self: self.plain)
    @rule(source=data(), height=integers(0, 5))
    def learn(self, source: DataObject, height: int) -> None:
        item = source.draw(integers(0, len(self.plain) - 1))
        self.heights.learn(item, height)
        self.plain[item] = (height, True)

    @precondition(lambda self: self.plain)
    @rule(source=data())
    def forget(self, source: DataObject) -> None:
        start = source.draw(integers(0, len(self.plain)))
        stop = source.draw(integers(start, len(self.plain) + 1))
        self.heights.forget(start, stop)
        self.plain[start:stop] = [(height, False) for height, _known in self.plain[start:stop]]

    @invariant()
    def answers_alike(self) -> None:
        lines = [item for item, (height, _known) in enumerate(self.plain) for _line in range(height)]
        assert len(self.plain) == len(self.heights)
        assert len(lines) == self.heights.total
        assert [known for _height, known in self.plain] == [self.heights.is_known(i) for i in range(len(self.plain))]
        assert lines == [self.heights.item_at(line) for line in range(len(lines))]
        if self.plain:
            assert len(self.plain) - 1 == self.heights.item_at(len(lines))
        ends = [sum(height for height, _known in self.plain[: item + 1]) for item in range(-1, len(self.plain))]
        assert ends == [self.heights.end_of(item) for item in range(-1, len(self.plain))]


TestHeights = HeightsAgainstAList.TestCase
