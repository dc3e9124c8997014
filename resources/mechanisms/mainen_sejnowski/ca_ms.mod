TITLE High-voltage-activated calcium current, m2h

COMMENT
The reversal potential erev is held: it does not follow the concentrations.

Equations of Mainen & Sejnowski (1996), Nature 382:363, written for lfptools from their published form. Rates at 23 degC,
q10 = 2.3 on rates and conductances. Conductance in pS/um2 (1 pS/um2 = 1e-4 S/cm2).
ENDCOMMENT
NEURON {
    SUFFIX ca_ms
    USEION ca WRITE ica
    RANGE gbar, g, erev
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
    erev = 140 (mV)
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ica (mA/cm2)
    g (S/cm2)
    q (1)
    minf (1)
    tau_m (ms)
    hinf (1)
    tau_h (ms)
}

STATE {
    m h
}

INITIAL {
    q = 2.3^((celsius - 23 (degC)) / 10 (degC))
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = 1e-4 * q * gbar * m * m * h
    ica = g * (v - erev)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m) / tau_m
    h' = (hinf - h) / tau_h
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b
    a = 0.055 * ratio(v + 27, 3.8)
    b = 0.94 * exp((-75 - v) / 17)
    tau_m = 1 / (q * (a + b))
    minf = a / (a + b)
    a = 0.000457 * exp((-13 - v) / 50)
    b = 0.0065 / (exp((-15 - v) / 28) + 1)
    tau_h = 1 / (q * (a + b))
    hinf = a / (a + b)
}

: x / (1 - exp(-x/k)) with its limit k at x = 0
FUNCTION ratio(x (mV), k (mV)) (mV) {
    if (fabs(x / k) < 1e-6) {
        ratio = k * (1 + x / k / 2)
    } else {
        ratio = x / (1 - exp(-x / k))
    }
}
