"""Geometry without NEURON: segments, contacts, checks of morphology files, the lead-field protocol."""
