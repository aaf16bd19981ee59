"""The one family of errors that a person may see, whichever floor raised it.

Each carries what happened, what to do about it, and the exit code of the command line. Screens and
commands show them the same way; anything else that reaches the top is a defect, not a message.
"""

from __future__ import annotations

from codesets.safe import safe_line


class CodedeskError(Exception):
    """An error with a title, a message, a remedy and an exit code.

    Exit code 1: the work found problems; 2: usage or unreadable input.
    """

    title = "codedesk"
    exit_code = 2
    refusal = False
    """Whether somebody was kept from something they may not do or see: such errors are written to the log."""

    def __init__(self, message: str, remedy: str = "") -> None:
        # Messages quote what was typed and what files hold: controls of a terminal go no further than this.
        self.message, self.remedy = _in_line(message), _in_line(remedy)
        super().__init__(self.message)

    def line(self) -> str:
        """The error as one line of text: title, message, remedy."""
        text = f"{self.title}: {self.message}"
        return f"{text} ({self.remedy})" if self.remedy else text


def _in_line(text: str) -> str:
    return safe_line(" ".join(text.split("\n")))


class UsageError(CodedeskError):
    """The command line or the entry line was not understood."""

    title = "usage"


class UnreadableInput(CodedeskError):
    """A file is missing, empty, truncated, binary or of another kind than expected."""

    title = "cannot read"


class ReferenceUnavailable(CodedeskError):
    """The reference database could not be built or opened."""

    title = "code sets"


class UnknownCode(CodedeskError):
    """A code that no loaded release of its system has."""

    title = "unknown code"
