"""Numbers that hold where nobody gives others."""

V_INIT_MV = -70.0
