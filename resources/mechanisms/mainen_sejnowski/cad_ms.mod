TITLE Calcium in a shell below the membrane

COMMENT
Inflow from the calcium current, removal with one time constant; no temperature factor.

Equations of Mainen & Sejnowski (1996), Nature 382:363, written for lfptools from their published form.
ENDCOMMENT
NEURON {
    SUFFIX cad_ms
    USEION ca READ ica WRITE cai
    RANGE depth, tau, rest
    THREADSAFE
}

UNITS {
    (mM) = (milli/liter)
    (um) = (micron)
    (mA) = (milliamp)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    depth = 0.1 (um)
    tau = 200 (ms)
    rest = 1e-4 (mM)
}

ASSIGNED {
    ica (mA/cm2)
    inflow (mM/ms)
}

STATE {
    cai (mM)
}

INITIAL {
    cai = rest
}

BREAKPOINT {
    SOLVE states METHOD cnexp
}

DERIVATIVE states {
    inflow = -(10000) * ica / (2 * FARADAY * depth)
    if (inflow < 0) {
        inflow = 0
    }
    cai' = inflow + (rest - cai) / tau
}
