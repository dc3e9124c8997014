"""Forward models: parameters and geometry to lead field, lead field and currents to signal. No NEURON."""
