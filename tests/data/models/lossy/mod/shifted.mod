: A leak whose reversal potential is an ASSIGNED variable that nothing but a user sets.
NEURON {
    SUFFIX shifted
    NONSPECIFIC_CURRENT i
    RANGE g, e
    THREADSAFE
}
UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}
PARAMETER {
    g = 1e-5 (S/cm2)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
    e (mV)
}
BREAKPOINT {
    i = g*(v - e)
}
