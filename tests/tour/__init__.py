"""Pictures of the real program for the README: `python -m tests.tour` draws them again.

The steps are data (`tour.toml`): keys that are pressed on the demo site, what must come to the screen, and the name of
the picture then. A test walks the same steps, so that the tour of the README is one that works.
"""
