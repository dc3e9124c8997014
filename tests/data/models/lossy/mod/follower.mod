: A current that follows a variable of another place through a POINTER.
NEURON {
    SUFFIX follower
    NONSPECIFIC_CURRENT i
    POINTER other
    RANGE g, offset
    GLOBAL table
    THREADSAFE
}
UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}
PARAMETER {
    g = 1e-5 (S/cm2)
    table[3]
}
ASSIGNED {
    v (mV)
    other (mV)
    i (mA/cm2)
    offset (mV)
}
BREAKPOINT {
    i = g*(v - other - offset)
}
