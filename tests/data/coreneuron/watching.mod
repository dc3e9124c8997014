TITLE Conductance for a while after each upward crossing of a threshold

NEURON {
    POINT_PROCESS Watching
    NONSPECIFIC_CURRENT i
    RANGE g, on, crossings
}

PARAMETER { g = 0.001 (uS) }

ASSIGNED {
    v (mV)
    i (nA)
    on
    crossings
}

INITIAL {
    on = 0
    crossings = 0
    net_send(0, 1)
}

BREAKPOINT { i = on * g * (v + 90) }

NET_RECEIVE (w) {
    if (flag == 1) {
        WATCH (v > -40) 2
    } else if (flag == 2) {
        crossings = crossings + 1
        on = 1
        net_send(2, 3)
    } else if (flag == 3) {
        on = 0
    }
}
