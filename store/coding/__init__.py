"""Coding a chart: the entry line (`entry`), the codes as values (`codes`), and what is stored (`service`)."""
