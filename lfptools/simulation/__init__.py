"""Cells, point processes and runs in NEURON. NEURON is imported here and in ``network`` alone."""
