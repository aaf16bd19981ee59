"""Audits (F6): the charts in review (`listing`), coding one anew (`recode`), both sides with findings (`sides`)."""

from tui.screens.audits.listing import AuditsScreen

__all__ = ["AuditsScreen"]
