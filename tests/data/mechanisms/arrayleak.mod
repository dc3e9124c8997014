: A leak whose conductance is the sum of an array, to see that arrays are copied.
NEURON {
    SUFFIX arrayleak
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
    g[3] (S/cm2)
    e = -70 (mV)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
}
BREAKPOINT {
    i = (g[0] + g[1] + g[2])*(v - e)
}
