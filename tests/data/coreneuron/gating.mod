TITLE Leak gated by a table with a GLOBAL and the temperature, and by an implicit equation

NEURON {
    SUFFIX gating
    NONSPECIFIC_CURRENT i
    RANGE g
    GLOBAL slope
}

PARAMETER {
    g = 0.0001 (S/cm2)
    slope = 2
    celsius
}

STATE { m x }

ASSIGNED {
    v (mV)
    i (mA/cm2)
    minf
}

INITIAL {
    rates(v)
    m = minf
    x = 0.1
}

BREAKPOINT {
    SOLVE states METHOD derivimplicit
    i = g * (m + x) * (v + 70)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m) / 5
    x' = 0.01 - x * x * x / 5
}

PROCEDURE rates(v) {
    TABLE minf DEPEND slope, celsius FROM -100 TO 100 WITH 200
    minf = celsius / 20 / (1 + exp(-(v + 60) / (5 * slope)))
}
