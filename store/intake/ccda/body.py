"""The body of a clinical document: its text for people, and its coded entries as hints (CDA R2 section 4.3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from store.intake.ccda.elements import (
    child_of,
    children_of,
    identity_of,
    person_of,
    time_of,
)
from store.intake.ccda.header import BadDocument
from store.intake.ccda.narrative import local, text_of, words
from store.intake.ccda.terms import terms
from store.intake.hl7v2.values import line
from store.intake.statement import NO_TEXT

_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def document_values(root: Element) -> dict[str, Any]:
    code, number = child_of(root, "code"), identity_of(child_of(root, "setId")) or identity_of(child_of(root, "id"))
    if not number:
        raise BadDocument("id: expected the number of the document")
    author, signer = child_of(root, "author"), child_of(root, "legalAuthenticator")
    title = line(words(found)) if (found := child_of(root, "title")) is not None else ""
    values: dict[str, Any] = {
        "document_number": number[:120],
        "type_code": code.get("code", "") if code is not None else "",
        "type_name": line(code.get("displayName", "") if code is not None else "") or title or "Document",
        "title": title,
        "author": person_of(author, "assignedAuthor") if author is not None else "",
        "authored_at": time_of(child_of(author, "time")) if author is not None else None,
        "status": "PA",
        "text": _body(root) or NO_TEXT,
    }
    values["authored_at"] = values["authored_at"] or time_of(child_of(root, "effectiveTime"))
    if signer is not None:
        values |= {"status": "LA", "authenticated_by": person_of(signer, "assignedEntity")}
        values["authenticated_at"] = time_of(child_of(signer, "time"))
    elif child_of(root, "authenticator") is not None:
        values["status"] = "AU"
    return values


def _body(root: Element) -> str:
    """The sections one after another, each under its title; or what is said of a body that is no XML."""
    component = child_of(root, "component")
    if component is None:
        return ""
    plain = child_of(component, "nonXMLBody")
    if plain is not None:
        return _unstructured(child_of(plain, "text"))
    pieces = []
    for section in (one for one in component.iter() if local(one) == "section"):
        title, block = child_of(section, "title"), child_of(section, "text")
        text = text_of(block) if block is not None else ""
        name = line(words(title)) if title is not None else ""
        if text or name:
            pieces.append("\n".join(filter(None, (name.upper(), text))))
    return "\n\n".join(pieces)


def _unstructured(text: Element | None) -> str:
    if text is None:
        return ""
    kind = text.get("mediaType", "text/plain").lower()
    reference = child_of(text, "reference")
    if reference is not None:
        return f"not readable here: {kind} at {line(reference.get('value', ''))}"
    content = "".join(text.itertext())
    if not kind.startswith("text/"):
        return f"not readable here: {kind}"
    if text.get("representation") != "B64":
        return content.strip()
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return "not readable here: its attachment is not base64"


def source_codes(root: Element) -> Iterator[dict[str, str]]:
    """The coded entries of the sections that hold diagnoses, procedures and reasons, as hints."""
    for section in (one for one in root.iter() if local(one) == "section"):
        code = child_of(section, "code")
        kind = terms().section.get(code.get("code", "") if code is not None else "")
        if not kind:
            continue
        for entry in children_of(section, "entry"):
            for statement in _statements(entry):
                yield from _coded(statement, kind)


def _statements(element: Element, depth: int = 0) -> Iterator[Element]:
    """Observations, procedures and acts below an entry; what is negated is left out with all below it."""
    if depth > 40 or element.get("negationInd") == "true":
        return
    if local(element) in ("observation", "procedure"):
        yield element
    for child in element:
        yield from _statements(child, depth + 1)


def _coded(statement: Element, kind: str) -> Iterator[dict[str, str]]:
    name = "code" if local(statement) == "procedure" else "value"
    for value in children_of(statement, name):
        if name == "value" and value.get(_XSI_TYPE, "").rpartition(":")[2] not in ("CD", "CE"):
            continue
        for one in (value, *children_of(value, "translation")):
            system = terms().code_system.get(one.get("codeSystem", ""))
            if system and one.get("code"):
                display = line(one.get("displayName", ""))
                yield {"system": system, "code": line(one.get("code", "")), "display": display, "kind": kind}
