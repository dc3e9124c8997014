"""Cells, point processes and runs in NEURON. NEURON is imported here and in ``network`` alone."""

import os

if not os.environ.get("DISPLAY"):
    # Otherwise NEURON warns on every start that there is no display.
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
