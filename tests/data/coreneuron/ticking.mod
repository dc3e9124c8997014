TITLE Artificial cell that fires at an interval of its own

NEURON {
    ARTIFICIAL_CELL Ticking
    RANGE interval, count
}

PARAMETER { interval = 4 (ms) }

ASSIGNED { count }

INITIAL {
    count = 0
    net_send(interval, 1)
}

NET_RECEIVE (w) {
    if (flag == 1) {
        count = count + 1
        net_event(t)
        net_send(interval, 1)
    }
}
