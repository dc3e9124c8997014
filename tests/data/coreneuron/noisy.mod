TITLE Leak with a random current, a new one at every step

NEURON {
    SUFFIX noisy
    NONSPECIFIC_CURRENT i
    RANGE g, drawn
    RANDOM stream
}

PARAMETER { g = 0.0001 (S/cm2) }

ASSIGNED {
    v (mV)
    i (mA/cm2)
    drawn
}

INITIAL {
    drawn = 0
    random_setseq(stream, 0)
}

BEFORE STEP { drawn = random_negexp(stream) }

BREAKPOINT { i = g * (v + 70) - 0.001 * drawn }
