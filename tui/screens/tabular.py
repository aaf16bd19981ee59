"""The tabular list (t): chapters, blocks, categories and codes as a tree, each with its notes in sight.

Right unfolds what is under the cursor, Left folds it or goes to what it is below; Enter takes a code into the open
chart. The page beside the tree has the notes of the row and those that it inherits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from textual import work
from textual.app import ComposeResult
from textual.containers import Container

from codesets import tabular
from codesets.catalog import Reference, StepKind
from codesets.releases import CodeSystem
from codesets.tabular import Branch
from tui.cells import Line, counted
from tui.screens.code_page import branch_title, lay_out, lay_out_branch, page_note, page_title, read_page
from tui.screens.desk import NotAnAnswer
from tui.screens.encoder import EncoderScreen, Stop, Walk
from tui.widgets.row_table import Column, ListSource, RowTable
from tui.widgets.text_pane import TextPane


@dataclass(frozen=True)
class TreeRow:
    """One line of the tree: how deep it stands (from 0), and whether what is below it is shown."""

    branch: Branch
    depth: int
    unfolded: bool = False

    @property
    def key(self) -> str:
        return f"{self.branch.kind} {self.branch.id}"


@dataclass(frozen=True)
class Tree:
    """The lines that are shown, and the one under the cursor from 0; `code` is one to be found first."""

    rows: tuple[TreeRow, ...] = ()
    index: int = 0
    code: str = ""


class TabularScreen(EncoderScreen):
    """The tree above the notes; at 132 columns beside them."""

    name_on = "tabular"

    def __init__(self, on: date, walk: Walk, stop: Stop) -> None:
        super().__init__(on, walk)
        self._start: Tree = stop.state
        self._lines: list[TreeRow] = []
        self._edition = ""
        self._covered = True

    def compose_work(self) -> ComposeResult:
        with Container(id="panes"):
            yield RowTable(_COLUMNS, headings=False, id="rows", empty="No codes of ICD-10-CM are loaded.")
            yield TextPane(id="page")

    def on_mount(self) -> None:
        super().on_mount()
        self.in_turn(self._stand(self._start))

    def stop(self) -> Stop:
        row: TreeRow | None = self.rows.selected
        words = f"Tabular list: {_named(row.branch)}" if row else ""
        return Stop(self.name_on, Tree(tuple(self._lines), self.rows.index), words)

    def stand(self, stop: Stop) -> None:
        self.in_turn(self._stand(stop.state))

    async def _stand(self, tree: Tree) -> None:
        self._edition, self._covered = await self.read_here(_edition, self.on)
        if not tree.rows:
            tree = await self.workstation.codes.ask(unfolded_to, tree.code, self.on)
        self._show(list(tree.rows), tree.index)
        if not self._edition:
            self.say("The tabular list is not loaded: codedesk codesets import takes its XML file.", "warning")

    async def renew(self) -> None:
        here = self.code_here()
        await self._stand(tabular_stop(here[1] if here else "").state)

    def place(self) -> tuple[Line, Line]:
        start: Line = (
            ("Tabular list", "strong"),
            (f"  ICD-10-CM {self._edition or 'not loaded'} for {self.on}", "text"),
        )
        if self._edition and not self._covered:
            start = (*start, (", not covered", "warning"))
        return start, self.rows_place()

    def why_not(self, action: str) -> str:
        row: TreeRow | None = self.rows.selected if self.is_mounted else None
        if action in ("take_branch", "unfold", "fold") and row is None:
            return "there is no row under the cursor"
        if action == "unfold" and row is not None and not row.branch.has_below:
            return "nothing is below it"
        return super().why_not(action)

    def code_here(self) -> tuple[CodeSystem, str] | None:
        row: TreeRow | None = self.rows.selected
        return (CodeSystem.ICD10CM, row.branch.id) if row and row.branch.kind is StepKind.CODE else None

    def why_here(self) -> str:
        row: TreeRow | None = self.rows.selected
        return f"Tabular list: {_named(row.branch)}" if row else ""

    def copied(self) -> str:
        row: TreeRow | None = self.rows.selected
        return f"{row.branch.name}  {row.branch.title}" if row else ""

    @work(exclusive=True, group="page")
    async def show_page_here(self) -> None:
        row: TreeRow | None = self.rows.selected
        if row is None:
            self.clear_page()
        elif row.branch.kind is StepKind.CODE:
            page = await self.read_here(read_page, CodeSystem.ICD10CM, row.branch.id, self.on)
            if page is not None:
                self.show_page(page_title(page), lambda width: lay_out(page, "", width), page_note(page))
        else:
            found = await self.read_here(tabular.branch_page, row.branch, self.on)
            if found is not None:
                self.show_page(branch_title(found), lambda width: lay_out_branch(found, width))

    def do_unfold(self) -> None:
        self.in_turn(self._unfold())

    async def _unfold(self) -> None:
        """Show what is below; where it is shown already, go to the first of it."""
        index = self.rows.index
        row = self._lines[index]
        if row.unfolded:
            self.rows.move(1)
            return
        below = await self.workstation.codes.ask(tabular.below, row.branch.kind, row.branch.id, self.on)
        held = [TreeRow(branch, row.depth + 1) for branch in below]
        opened = TreeRow(row.branch, row.depth, True)
        self._show([*self._lines[:index], opened, *held, *self._lines[index + 1 :]], index)

    def do_fold(self) -> None:
        """Hide what is below; where nothing is shown, go to what the row is below."""
        index = self.rows.index
        row = self._lines[index]
        if row.unfolded:
            end = _end_of(self._lines, index)
            closed = TreeRow(row.branch, row.depth)
            self._show([*self._lines[:index], closed, *self._lines[end:]], index)
        else:
            above = [place for place in range(index) if self._lines[place].depth < row.depth]
            if above:
                self.rows.move_to(above[-1])

    def do_take_branch(self) -> None:
        if not self.follow_link():
            self.in_turn(self._take())

    async def _take(self) -> None:
        """Take a code into the open chart; what is no whole code offers its 7th characters or unfolds."""
        row: TreeRow = self.rows.selected
        chart = self.workstation.chart_in_work
        if row.branch.billable and chart is not None:
            self.take(CodeSystem.ICD10CM, [row.branch.id], chart)
        elif row.branch.billable:
            self.do_code_page()
        elif row.branch.kind is not StepKind.CODE or not await self.offer_seventh(CodeSystem.ICD10CM, row.branch.id):
            await self._unfold()

    def do_code_page(self) -> None:
        here = self.code_here()
        if here is not None:
            self.in_turn(self._code_page(here[1]))

    async def _code_page(self, code: str) -> None:
        from tui.screens.code_page import Link
        from tui.screens.codes import linked_stop

        to = Link("from the tabular list", first=code, last=code)
        self.go(await self.workstation.codes.ask(linked_stop, to, self.on))

    def do_jump(self) -> None:
        async def entered(text: str) -> None:
            tree = await self.workstation.codes.ask(unfolded_to, text.strip(), self.on)
            if tree.code:
                self._show(list(tree.rows), tree.index)
            else:
                raise NotAnAnswer(f"{text}: expected a code, a category or a block, such as E11.9, E11 or E08-E13.")

        self.ask("jump", "go to:", answer=entered)

    def do_read_on(self) -> None:
        if self.page_pane.at_end:
            self.page_pane.move_to(0)
        else:
            self.page_pane.page(1)

    def _show(self, lines: list[TreeRow], index: int) -> None:
        self._lines = lines
        self.rows.set_source(ListSource(lines, lambda row: row.key), keep=False, at=index)
        self.refresh_frame()


def _edition(reference: Reference, on: date) -> tuple[str, bool]:
    """The edition of the tabular list that answers for the date, and whether its codes are in force then."""
    return tabular.edition(reference, on), reference.choose(CodeSystem.ICD10CM, on).covered


def tabular_stop(code: str = "") -> Stop:
    """The tree unfolded down to a code, or its chapters alone."""
    return Stop(TabularScreen.name_on, Tree(code=code), "")


def unfolded_to(reference: Reference, wanted: str, on: date) -> Tree:
    """The tree unfolded down to a code, a block or a chapter, with the cursor on it.

    Its `code` is empty where there is none such.
    """
    rows = [TreeRow(branch, 0) for branch in tabular.chapters(reference, on)]
    way = tabular.way_to(reference, wanted, on)
    index = 0
    for number, step in enumerate(way):
        places = (n for n, row in enumerate(rows) if (row.branch.kind, row.branch.id) == (step.kind, step.id))
        index = next(places, index)
        row = rows[index]
        if number < len(way) - 1 and not row.unfolded:
            below = tabular.below(reference, row.branch.kind, row.branch.id, on)
            held = [TreeRow(branch, row.depth + 1) for branch in below]
            rows[index : index + 1] = [TreeRow(row.branch, row.depth, True), *held]
    return Tree(tuple(rows), index, wanted if way else "")


def _end_of(lines: Sequence[TreeRow], index: int) -> int:
    """The place after the last line below a line."""
    after = (n for n in range(index + 1, len(lines)) if lines[n].depth <= lines[index].depth)
    return next(after, len(lines))


def _named(branch: Branch) -> str:
    return f"chapter {branch.id}" if branch.kind is StepKind.CHAPTER else branch.name


def _tree_text(row: TreeRow) -> str:
    fold = ("▾" if row.unfolded else "▸") if row.branch.has_below else " "
    name = f"{row.branch.name:>2}" if row.branch.kind is StepKind.CHAPTER else row.branch.name
    return f" {'  ' * row.depth}{fold} {name}  {row.branch.title}"


def _tree_said(row: TreeRow) -> str:
    """The row for a screen reader: how deep it stands, and whether there is more below."""
    fold = ("unfolded" if row.unfolded else "folded") if row.branch.has_below else ""
    return ", ".join(filter(None, (f"level {row.depth + 1}", _named(row.branch), row.branch.title, fold)))


_COLUMNS: tuple[Column[TreeRow], ...] = (
    Column(
        "",
        0,
        _tree_text,
        style=lambda row: "text" if row.branch.kind is StepKind.CODE else "strong",
        said=_tree_said,
    ),
    Column(
        "",
        8,
        lambda row: counted(row.branch.notes, "note") if row.branch.notes else "",
        "right",
        lambda row: "dim",
    ),
    Column(
        "",
        1,
        lambda row: "●" if row.branch.billable else "",
        style=lambda row: "good",
        said=lambda row: "billable" if row.branch.billable else "",
    ),
)
