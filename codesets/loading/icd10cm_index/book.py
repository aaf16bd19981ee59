"""One index or table as it is printed, to find the terms that its references name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from codesets.loading.icd10cm_index.steps import PARENTHESES, Fit, Step, fit, plain_words, same_root, step_of

_DIRECTION = re.compile(r"\bby (?:site|type|cause|etiology|organism)\b|\bas if\b.*|\bcategory\b.*", re.IGNORECASE)
_COLUMN_WORDS = re.compile(
    r",? *\b(?:malignant|primary|secondary|in situ|benign|uncertain behavior|unspecified behavior|metastatic)\b", re.I
)


class Book:
    """Main terms by their names, and every term by the words of its path below them."""

    def __init__(self, rows: Iterable[tuple[int, int | None, str]]) -> None:
        self._main: dict[tuple[str, ...], int] = {}
        self._first: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._titles: dict[int, str] = {}
        self._parents: dict[int, int | None] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        forms: list[tuple[tuple[str, ...], int]] = []
        for number, parent, title in rows:
            self._titles[number], self._parents[number] = title, parent
            if parent is not None:
                self._children[parent].append(number)
                continue
            parts = [name for part in PARENTHESES.sub(" ", title).split(",") if (name := tuple(plain_words(part)))]
            if parts:
                self._main.setdefault(tuple(plain_words(title)), number)
                self._first[parts[0]].append(number)
                others = [part for part in parts[1:] if same_root(part, parts[0])]
                if len(others) == len(parts) - 1:
                    self._main.setdefault(parts[0], number)
                forms += [(part, number) for part in others]
        for form, number in forms:
            if form not in self._first:
                self._main.setdefault(form, number)
        self._below = lru_cache(maxsize=None)(self._paths)

    def find(self, reference: str, but: int) -> int | None:
        """The term that a reference names: its main term first, then down by the words that follow.

        None where it names none or cannot be told from another; never the term `but`, in which it stands.
        """
        site = _COLUMN_WORDS.sub(" ", reference) if reference.startswith("Neoplasm") else reference
        bare = _DIRECTION.sub(" ", PARENTHESES.sub(" ", site))
        parts = [named for part in bare.split(",") if (named := tuple(plain_words(part)))]
        for length in range(len(parts), 0, -1):
            name = tuple(word for part in parts[:length] for word in part)
            wanted = tuple(word for part in parts[length:] for word in part)
            mains = [self._main[name]] if name in self._main else self._first.get(name, []) if length == 1 else []
            if mains:
                found = self._named([one for main in mains for one in self._fits(main, wanted)])
                return found if found != but else None
        return None

    def _fits(self, main: int, wanted: tuple[str, ...]) -> list[tuple[Fit, int]]:
        """The terms below a main term that the words can mean, each with how well they name it."""
        if set(wanted) <= set(step_of(self._titles[main]).modifiers):
            return [(Fit.EXACT, main)]
        asked = set(wanted)
        return [
            (how, number)
            for number, path, known in self._below(main)
            if asked <= known and (how := fit(path, wanted)) is not None
        ]

    def _named(self, fits: list[tuple[Fit, int]]) -> int | None:
        """The one term that is named best; of several the one that has all the others below it."""
        best = min((how for how, _ in fits), default=None)
        named = {number for how, number in fits if how is best}
        tops = [number for number in named if not any(above in named for above in self._above(number))]
        return tops[0] if len(tops) == 1 else None

    def _above(self, number: int) -> Iterator[int]:
        above = self._parents.get(number)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def _paths(self, main: int) -> list[tuple[int, tuple[Step, ...], frozenset[str]]]:
        """Every term below a main term: its path, and all words of that, which tell most references apart at once."""
        found: list[tuple[int, tuple[Step, ...], frozenset[str]]] = []
        head = Step((), (), (), step_of(self._titles[main]).modifiers)
        known = frozenset(head.all)
        above: tuple[Step, ...] = (head,)
        waiting = [(child, above, known) for child in self._children.get(main, ())]
        while waiting:
            number, above, known = waiting.pop()
            step = step_of(self._titles[number])
            path, known = (*above, step), known.union(step.all)
            found.append((number, path, known))
            waiting += [(child, path, known) for child in self._children.get(number, ())]
        return found
