"""A hoc model is loaded in a process of its own, and what it built becomes data: see :mod:`.capture`."""
