"""CMS-HCC risk scores (RAF) of a patient's diagnoses, through the optional package hccinfhir (`codedesk[hcc]`).

Hierarchies, interactions and counts are the package's: coefficients are never summed by hand. A payment year counts
the services of the year before; where a model has no tables for it, the newest year before answers and says so.
Source: CMS-HCC model software and rate announcements V24 and V28. Categories that a hierarchy drops are told too.

The package runs in a process that ends when it is not asked (`codesets.risk_engine`): no session holds its tables.
"""

from __future__ import annotations

import atexit
import datetime as dt
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import IO, Any

MODELS = ("V28", "V24")
PAYMENT_YEARS = {"V28": (2025, 2026, 2027), "V24": (2025, 2026)}
"""The payment years that the package has tables of, by model."""

ANSWER_SECONDS = 20.0
"""How long an answer may take, the start of the process included."""

NO_SCORES = "No risk model is loaded: pip install 'codedesk[hcc]' adds them."


@dataclass(frozen=True)
class Member:
    """What a score needs of the patient: age on February 1 of the payment year, sex, and entitlement.

    `dual` is the dual status code (NA: none), `original_reason` of entitlement 0 age, 1 disability, 2 kidney failure.
    """

    age: int
    sex: str
    dual: str = "NA"
    original_reason: str = "0"
    new_enrollee: bool = False

    @property
    def assumed(self) -> str:
        """What is taken for granted, in words: nobody tells codedesk of institutions or of Medicaid."""
        dual = "not dual" if self.dual == "NA" else f"dual status {self.dual}"
        return f"community, {dual}, entitled by {'disability' if self.original_reason == '1' else 'age'}"


@dataclass(frozen=True)
class CategoryScore:
    """A category with its label, coefficient and the diagnoses behind it (no dots).

    `counted` is False where a higher category of the hierarchy took its place; it adds nothing then.
    """

    category: str
    label: str
    coefficient: float
    codes: tuple[str, ...]
    counted: bool = True


@dataclass(frozen=True)
class Score:
    """The raw score of a model for a payment year, in parts that add up to it; `warning` is one line or empty."""

    model: str
    payment_year: int
    engine: str
    score: float
    demographic: float
    categories: tuple[CategoryScore, ...]
    interactions: tuple[tuple[str, float], ...]
    warning: str = ""


@dataclass(frozen=True)
class NoScore:
    """Why there is no score."""

    reason: str


def member_of(birth_date: str, sex: str, service_year: int) -> Member | NoScore:
    """The member for services of a year, from an ISO birth date; a score needs the whole date and the sex."""
    if len(birth_date) < 10 or sex not in ("F", "M"):
        return NoScore("A risk score needs the birth date and the sex.")
    born, day = dt.date.fromisoformat(birth_date[:10]), dt.date(service_year + 1, 2, 1)
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return Member(max(age, 0), sex, original_reason="0" if age >= 65 else "1")


def score(codes: Iterable[str], member: Member, service_year: int, model: str) -> Score | NoScore:
    """The score of diagnoses (no dots) of services in a year, for the payment year after it."""
    if find_spec("hccinfhir") is None:
        return NoScore(NO_SCORES)
    question = {"ask": "score", "codes": sorted(set(codes)), "member": asdict(member), "year": service_year}
    answer = _ENGINE.ask({**question, "model": model})
    if isinstance(answer, str):
        return NoScore(f"The risk model did not answer: {answer}.")
    return _score(answer["score"]) if "score" in answer else NoScore(answer["none"])


def categories_of(code: str, service_year: int, model: str) -> tuple[str, ...]:
    """The categories of one diagnosis (no dot) in a model for services of a year; empty without the package."""
    if find_spec("hccinfhir") is None:
        return ()
    answer = _ENGINE.ask({"ask": "categories", "code": code, "year": service_year, "model": model})
    return () if isinstance(answer, str) else tuple(answer)


def _score(found: dict[str, Any]) -> Score:
    categories = tuple(CategoryScore(**one | {"codes": tuple(one["codes"])}) for one in found["categories"])
    together = tuple((name, value) for name, value in found["interactions"])
    return Score(**found | {"categories": categories, "interactions": together})


class _Engine:
    """The process that reckons: started when it is asked, and again when it has gone to rest."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def ask(self, question: dict[str, Any]) -> Any:
        """Its answer, or in words why there is none; returns after `ANSWER_SECONDS` in every case."""
        with self._one_at_a_time:
            answer = self._answer(question)
            if answer is None:  # it went to rest since the last question
                self.end()
                answer = self._answer(question)
            if not answer:
                self.end()
                return "it ended" if answer is None else f"nothing came in {ANSWER_SECONDS:g} s"
            try:
                return json.loads(answer)
            except ValueError:
                self.end()
                return "what it said is no answer"

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(OSError):  # what was not read any more
                        pipe.close()

    def _answer(self, question: dict[str, Any]) -> str | None:
        """A line; empty where none came in time, None where the process has ended."""
        process = self._process or self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return self._answers.get(timeout=ANSWER_SECONDS) or None
        except OSError:
            return None
        except queue.Empty:
            return ""

    def _started(self) -> subprocess.Popen[str]:
        pipe, words = subprocess.PIPE, (sys.executable, "-m", "codesets.risk_engine")
        process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        self._process, self._answers = process, queue.Queue()
        threading.Thread(target=_pass_on, args=(process.stdout, self._answers), daemon=True).start()
        return process


def _pass_on(stream: IO[str], answers: queue.Queue[str]) -> None:
    try:
        while line := stream.readline():
            answers.put(line)
    except (OSError, ValueError):
        pass
    answers.put("")


_ENGINE = _Engine()
atexit.register(_ENGINE.end)
