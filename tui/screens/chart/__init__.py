"""The chart: what was written about the visit beside the codes (`screen`), and what is done there, by capability.

`reading` the documents and what takes their place, `entering` the entry line with `matching` and `completing`,
`changes` what an entry makes of the codes, `linking` the code cursor, `finishing` final coding and recoding, `abstract`
the fields of the visit, `panes` what keys show in place of the document. `view`, `facts`, `drg`, `risk`, `training` and
`answer_key` are what is shown, as lines; `suggestions` is a screen of its own above the chart.
"""

from tui.screens.chart.screen import ChartScreen

__all__ = ["ChartScreen"]
