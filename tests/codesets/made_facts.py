"""Facts that a test makes up; the class is that of the examples which rules carry."""

from codesets.edits.made_facts import NOTHING, WHOLE, MadeFacts, all_valid

__all__ = ["NOTHING", "WHOLE", "MadeFacts", "all_valid"]
