TITLE Conductance to what a POINTER holds

NEURON {
    THREADSAFE
    POINT_PROCESS Coupled
    NONSPECIFIC_CURRENT i
    RANGE g
    POINTER other
}

PARAMETER { g = 0.001 (uS) }

ASSIGNED {
    v (mV)
    other (mV)
    i (nA)
}

BREAKPOINT { i = g * (v - other) }
