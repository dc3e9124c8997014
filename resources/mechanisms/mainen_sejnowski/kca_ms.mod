TITLE Calcium-dependent potassium current

COMMENT
Equations of Mainen & Sejnowski (1996), Nature 382:363, written for lfptools from their published form. Rates at 23 degC,
q10 = 2.3 on rates and conductances. Conductance in pS/um2 (1 pS/um2 = 1e-4 S/cm2).
ENDCOMMENT

NEURON {
    SUFFIX kca_ms
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, g
    THREADSAFE
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (pS) = (picosiemens)
    (um) = (micron)
    (mM) = (milli/liter)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0 (pS/um2)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    cai (mM)
    ik (mA/cm2)
    g (S/cm2)
    q (1)
    ninf (1)
    tau_n (ms)
}

STATE {
    n
}

INITIAL {
    q = 2.3^((celsius - 23 (degC)) / 10 (degC))
    rates(v, cai)
    n = ninf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = 1e-4 * q * gbar * n
    ik = g * (v - ek)
}

DERIVATIVE states {
    rates(v, cai)
    n' = (ninf - n) / tau_n
}

PROCEDURE rates(v (mV), cai (mM)) {
    LOCAL a, b
    a = 0.01 * cai
    b = 0.02
    tau_n = 1 / (q * (a + b))
    ninf = a / (a + b)
}
