"""The chart: what was written about the visit beside the codes (`screen`), and what is done there, by capability.

`reading` the documents and what takes their place, `entering` the entry line and its matches, `changes` what an entry
makes of the codes, `abstract` the fields of the visit; `view`, `facts` and `answer_key` are what is shown, as lines;
`suggestions` is a screen of its own above the chart.
"""

from tui.screens.chart.screen import ChartScreen

__all__ = ["ChartScreen"]
