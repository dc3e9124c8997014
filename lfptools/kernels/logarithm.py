"""log(1 + y) without branches, in a form that the compiler vectorises (a call of libm's cannot be)."""

import numpy as np

from lfptools.kernels.compile import formula

LN2_HIGH = 0.6931471803691238  # the leading 32 bits of ln 2: a whole number of up to 2^20 times it is exact
LN2_LOW = 1.9082149292705877e-10
ONE_MINUS_HALF_ROOT = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)  # bits of 1 less bits of sqrt(1/2)
TWO_POW_52 = np.uint64(0x4330000000000000)  # a float whose last bits, as an integer, are those or-ed into it
SHIFT = np.uint64(52)
TWICE_BIAS = np.uint64(2046)


@formula
def log1p(y: float) -> float:
    """Natural logarithm of 1 + y for 0 <= y < 1e300, to 1.5 units in the last place.

    1 + y = 2^e (1 + f) with 1 + f in [√½, √2); f = (2^−e − 1) + 2^−e y is exact up to one rounding, also for tiny y.
    Then ln(1 + f) = 2 artanh(s) with s = f / (2 + f), and (artanh(s)/s − 1)/s² is a Chebyshev fit in s² on
    [0, 0.02945], wrong by less than 5e-18 of the result.
    """
    shifted = np.float64(1.0 + y).view(np.uint64) + ONE_MINUS_HALF_ROOT
    biased = shifted >> SHIFT
    exponent = np.uint64(biased | TWO_POW_52).view(np.float64) - 4503599627371519.0  # less 2^52 + 1023
    scale = np.uint64((TWICE_BIAS - biased) << SHIFT).view(np.float64)
    f = (scale - 1.0) + scale * y
    s = f / (2.0 + f)
    t = s * s
    p = 0.07308518774395825
    p = p * t + 0.0766583701508393
    p = p * t + 0.09091445278347801
    p = p * t + 0.1111110555757208
    p = p * t + 0.14285714313047945
    p = p * t + 0.1999999999994962
    p = p * t + 0.3333333333333335
    return exponent * LN2_HIGH + (2.0 * s + (2.0 * s * t * p + exponent * LN2_LOW))
