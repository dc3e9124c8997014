"""The formulas, as functions of floats and arrays: no units, no labels, no validation (see ``lfptools.forward``)."""
