"""What electrodes and amplifiers make of signals: referencing, filters, sampling, each a step that is recorded."""
