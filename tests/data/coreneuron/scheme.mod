TITLE Leak gated by a kinetic scheme

NEURON {
    SUFFIX scheme
    NONSPECIFIC_CURRENT i
    RANGE g
}

PARAMETER { g = 0.0001 (S/cm2) }

STATE { closed open }

ASSIGNED {
    v (mV)
    i (mA/cm2)
    a
    b
}

INITIAL {
    a = exp(v / 50)
    b = 0.5
    SOLVE steps STEADYSTATE sparse
}

BREAKPOINT {
    SOLVE steps METHOD sparse
    i = g * open * (v + 70)
}

KINETIC steps {
    a = exp(v / 50)
    b = 0.5
    ~ closed <-> open (a, b)
    CONSERVE closed + open = 1
}
