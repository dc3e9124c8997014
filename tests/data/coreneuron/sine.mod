TITLE Electrode with a sinusoidal current

NEURON {
    POINT_PROCESS SineClamp
    ELECTRODE_CURRENT i
    RANGE amplitude, frequency
}

PARAMETER {
    amplitude = 0.1 (nA)
    frequency = 100
}

ASSIGNED { i (nA) }

BREAKPOINT { i = amplitude * sin(0.0062831853071795865 * frequency * t) }
