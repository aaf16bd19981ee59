"""Finding one's way in a clinical document: children by name, identifiers, times and names of people."""

from __future__ import annotations

import tomllib
from xml.etree.ElementTree import Element

from codesets.errors import CodedeskError
from codesets.home import home
from store.intake.ccda.narrative import local, words
from store.intake.hl7v2.values import line, moment


class BadSources(CodedeskError):
    """The site's names for roots of identifiers cannot be used."""

    title = "ccda.toml"


def identity_of(element: Element | None) -> str:
    """An identifier as one text, root before extension; empty where there is none."""
    if element is None:
        return ""
    return "^".join(filter(None, (element.get("root", ""), element.get("extension", ""))))[:300]


def number_of(element: Element | None) -> tuple[str, str] | None:
    """(source, number) of an identifier: its authority's name of the site, else its root."""
    if element is None or element.get("nullFlavor"):
        return None
    root, extension = element.get("root", "").strip(), element.get("extension", "").strip()
    if not (root or extension):
        return None
    if not extension:
        return "ccda", root[:120]
    return (_sources().get(root) or element.get("assigningAuthorityName") or root or "ccda")[:120], extension[:120]


def _sources() -> dict[str, str]:
    """The site's own names for roots, from the table `[sources]` of its `ccda.toml`."""
    path = home() / "ccda.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("sources", {})
        return {str(root): str(name) for root, name in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise BadSources(f"{path} cannot be read: {error}", "expected a table [sources] of roots and names") from None


def person_of(element: Element, role: str) -> str:
    """The name of the person in a role below an element, as people write it."""
    name = below(element, role, "assignedPerson", "name")
    if name is None:
        return ""
    said = " ".join(filter(None, (words_of(name, "given"), words_of(name, "family"))))
    return said or line(words(name))


def time_of(element: Element | None) -> str | None:
    """The value of a time as ISO text in its own precision."""
    return moment(element.get("value", "")) if element is not None else None


def low_of(element: Element | None) -> str | None:
    """The beginning of an interval."""
    return time_of(child_of(element, "low")) if element is not None else None


def high_of(element: Element | None) -> str | None:
    """The end of an interval."""
    return time_of(child_of(element, "high")) if element is not None else None


def words_of(element: Element, name: str) -> str:
    """The words of a child on one line, empty where there is no such child."""
    found = child_of(element, name)
    return line(words(found)) if found is not None else ""


def child_of(element: Element | None, name: str) -> Element | None:
    """The first child of a name."""
    return next(iter(children_of(element, name)), None) if element is not None else None


def children_of(element: Element, name: str) -> list[Element]:
    """The children of a name."""
    return [child for child in element if local(child) == name]


def below(element: Element, *names: str) -> Element | None:
    """The element at the end of a path of names."""
    found: Element | None = element
    for name in names:
        found = child_of(found, name)
    return found
