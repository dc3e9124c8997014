"""What can take the steps of a run, and what CoreNEURON lacks of NEURON's own. Loads no NEURON."""

ENGINES = ("neuron", "coreneuron")
"""Names of the engines; the first is the default. What each can do: ``docs/engines.md``."""

LACKING_IN_CORENEURON = {
    "extracellular": "",
    "VClamp": "use SEClamp",
    "AlphaSynapse": "use ExpSyn or Exp2Syn with an event",
    "APCount": "find spikes in the recorded potential",
    "IntFire1": "",
    "IntFire2": "",
    "IntFire4": "",
}
"""Mechanisms and point processes of NEURON's own that CoreNEURON has not, and what to do instead."""
