TITLE Fast sodium current, m3h

COMMENT
Activation is shifted by -10 mV, as in the published model of the firing patterns.

Equations of Mainen & Sejnowski (1996), Nature 382:363, written for lfptools from their published form. Rates at 23 degC,
q10 = 2.3 on rates and conductances. Conductance in pS/um2 (1 pS/um2 = 1e-4 S/cm2).
ENDCOMMENT
NEURON {
    SUFFIX na_ms
    USEION na READ ena WRITE ina
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
    ena (mV)
    ina (mA/cm2)
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
    g = 1e-4 * q * gbar * m * m * m * h
    ina = g * (v - ena)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m) / tau_m
    h' = (hinf - h) / tau_h
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, x
    x = v - 10
    a = 0.182 * ratio(x + 35, 9)
    b = 0.124 * ratio(-(x + 35), 9)
    tau_m = 1 / (q * (a + b))
    minf = a / (a + b)
    a = 0.024 * ratio(x + 50, 5)
    b = 0.0091 * ratio(-(x + 75), 5)
    tau_h = 1 / (q * (a + b))
    hinf = 1 / (1 + exp((x + 65) / 6.2))
}

: x / (1 - exp(-x/k)) with its limit k at x = 0
FUNCTION ratio(x (mV), k (mV)) (mV) {
    if (fabs(x / k) < 1e-6) {
        ratio = k * (1 + x / k / 2)
    } else {
        ratio = x / (1 - exp(-x / k))
    }
}
