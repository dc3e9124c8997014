"""Logarithms without branches, in a form that the compiler vectorises (a call of libm's cannot be)."""

import numpy as np

from lfptools.kernels.compile import formula

LN2_HIGH = 0.6931471803691238  # the leading 32 bits of ln 2: a whole number of up to 2^20 times it is exact
LN2_LOW = 1.9082149292705877e-10
ONE = np.uint64(0x3FF0000000000000)  # bits of the float 1
HALF_STEP = np.uint64(0x0008000000000000)  # half a unit of the exponent, in a float's bits
EXPONENT = np.uint64(0xFFF0000000000000)
TWO_POW_52 = np.uint64(0x4330000000000000)  # a float whose last bits, as an integer, are those or-ed into it
SHIFT = np.uint64(52)


@formula(fused=True)
def log1p_ratio(n: float, d: float) -> float:
    """Natural logarithm of 1 + n/d for 0 <= n < 1e300 and 0 < d <= 1, or n/d < 1e300: to 2 units in the last place.

    (d + n)/d = 2^e ρ, where e is the difference of the bits of d + n and d, rounded to a whole exponent; bits are
    linear between powers of two and off log2 by at most 0.0861, so ρ is within 2^±0.5861. Then ln ρ = 2 artanh(s) with
    s = (ρ − 1)/(ρ + 1), which takes one division for both, and (artanh(s)/s − 1)/s² is a Chebyshev fit in s² on
    [0, 0.04016], wrong by less than 6e-17 of the result. For small n/d, e is 0 and s = n/(2d + n) has lost no digits.
    """
    steps = np.float64(d + n).view(np.uint64) - np.float64(d).view(np.uint64) + HALF_STEP
    exponent = np.uint64((steps >> SHIFT) | TWO_POW_52).view(np.float64) - 4503599627370496.0  # less 2^52
    scale = np.uint64(ONE - (steps & EXPONENT)).view(np.float64)
    s = (scale * n + (scale - 1.0) * d) / (scale * n + (scale + 1.0) * d)
    t = s * s
    p = 0.07560481871280622
    p = p * t + 0.07641715346853421
    p = p * t + 0.09092310720407344
    p = p * t + 0.11111091283654209
    p = p * t + 0.14285714418896547
    p = p * t + 0.19999999999665152
    p = p * t + 0.3333333333333347
    return exponent * LN2_HIGH + (2.0 * s + (2.0 * s * t * p + exponent * LN2_LOW))
