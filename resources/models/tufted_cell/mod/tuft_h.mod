: A current that hyperpolarisation opens: one gate with a Boltzmann function and a bell-shaped time constant.
: Two fractions of the conductance with half-activation potentials of their own, as an array; written for lfptools.
NEURON {
    SUFFIX tuft_h
    NONSPECIFIC_CURRENT i
    RANGE gbar, e, weight
    GLOBAL theta, slope
    THREADSAFE
}
UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}
PARAMETER {
    gbar = 1e-5 (S/cm2)
    e = -35 (mV)
    weight[2]
    theta = 1
    slope = 7 (mV)
}
ASSIGNED {
    v (mV)
    i (mA/cm2)
}
STATE { m n }
BREAKPOINT {
    SOLVE gates METHOD cnexp
    i = gbar*(m + weight[0]*n + weight[1]*n*n)*(v - e)
}
INITIAL {
    m = opened(v, -84)
    n = opened(v, -76)
}
DERIVATIVE gates {
    m' = (opened(v, -84) - m)/(theta*tau(v))
    n' = (opened(v, -76) - n)/(theta*tau(v))
}
FUNCTION opened(v (mV), half (mV)) {
    opened = 1/(1 + exp((v - half)/slope))
}
FUNCTION tau(v (mV)) (ms) {
    tau = 5 + 40/(exp((v + 75)/18) + exp(-(v + 75)/18))
}
