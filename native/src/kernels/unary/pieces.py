#!/usr/bin/env python3
# Writes pieces.h: functions as 32 polynomials each, of which a vector of AVX-512 finds the coefficients by permutation.
# SPDX-License-Identifier: Apache-2.0
#
# Each piece is fitted by least squares whose weights are raised where the error is large (Lawson), the error taken
# relative to what the caller is allowed. Coefficients are rounded to floats one after the other, the lowest first, and
# the others fitted anew, so that what rounding one leaves is made up for by the next.
#
#   python3 pieces.py > pieces.h
import math
import sys

import numpy as np
from scipy.special import erfc

L = np.longdouble


def fit(f, weight, low, high, middle, degree, fixed):
    """Coefficients in (x - middle), lowest first; `fixed` gives the first ones. The largest weighted error, too."""
    k = np.arange(200)
    x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (2 * k + 1) / 400)
    r = x - middle
    y = np.array([f(v) for v in x], dtype=L)
    w = np.array([weight(v) for v in x], dtype=L)
    known = list(fixed)
    scale = max(abs(low - middle), abs(high - middle))
    for _ in range(degree + 1 - len(fixed) + 1):
        free = degree + 1 - len(known)
        rest = y - sum(L(c) * r.astype(L) ** i for i, c in enumerate(known))
        if free:
            lawson = np.ones(len(x))
            for _ in range(60):
                a = np.stack([(r / scale) ** (i + len(known)) for i in range(free)], 1) * (w * lawson)[:, None]
                c = np.linalg.lstsq(a.astype(float), (rest * w * lawson).astype(float), rcond=None)[0]
                c = [v / scale ** (i + len(known)) for i, v in enumerate(c)]
                error = np.abs((rest - sum(L(v) * r.astype(L) ** (i + len(known)) for i, v in enumerate(c))) * w)
                lawson = lawson * np.sqrt(np.maximum(error / max(error.max(), L(1e-30)), 1e-3)).astype(float)
                lawson /= lawson.max()
            known.append(np.float32(c[0]))
        else:
            error = np.abs(rest * w)
    return known, float(error.max())


def table(name, says, f, weight, pieces, degree, fixed=lambda i: []):
    rows, worst = [], 0
    for i, (low, high, middle) in enumerate(pieces):
        c, e = fit(f, weight, low, high, middle, degree, fixed(i))
        rows.append(c)
        worst = max(worst, e if not (name.startswith("gelu") and fixed(i)) else 0)
    print(f"// {says} 2^{math.log2(worst):.1f} at most.")
    print(f"static const float {name}[{degree + 1}][32] = {{")
    for k in range(degree, -1, -1):
        print("    {" + row([r[k] for r in rows]) + "},")
    print("};")
    print(name, worst, math.log2(worst), file=sys.stderr)


def tanh_pieces():
    """By the exponent and three bits of the fraction of u = 0.83 x + 0.5, 0.5 to 8; the first one is about 0."""
    out = [None] * 32
    for i in range(32):
        low, high = (2.0 ** (i // 8 - 1) * (1 + (i % 8 + k) / 8) for k in (0, 1))
        low, high = (low - 0.5) / 0.83, min((high - 0.5) / 0.83, 9.03)
        exponent = 126 + i // 8
        out[(exponent * 8 + i % 8) % 32] = (low, high, float(np.float32((low + high) / 2)) if i else 0.0)
    return out


def relative(f):
    return lambda x: 1 / abs(f(x)) if f(x) != 0 else 0.0


def phi(x):  # of gelu: (1 + erf(x / sqrt 2)) / 2
    return 0.5 * float(erfc(-x / math.sqrt(2)))


def phi_approximate(x):
    return 1 / (1 + math.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def row(values):
    texts = [f"{float(np.float32(v)):.9g}" for v in values]
    return ", ".join(t + ("f" if any(c in t for c in ".e") else ".0f") for t in texts)


HEAD = """// Functions in 32 pieces, each a polynomial about the middle of its piece, the highest power first: written by
// pieces.py. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_UNARY_PIECES_H_
#define SINTER_KERNELS_UNARY_PIECES_H_

#include <stdint.h>

namespace sinter {
namespace {
"""
TAIL = """
}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_PIECES_H_"""


def main():
    print(HEAD)
    exact_at_0 = [np.float32(0), np.float32(1)]  # so that small x stay themselves
    pieces = tanh_pieces()
    print("// Of tanh, found by u = 0.83 x + 0.5: by its low exponent bits and three bits of its fraction. The middles.")
    print("static const float tanh_middles[32] = {" + row([p[2] for p in pieces]) + "};")
    table("tanh_pieces", "Off by", math.tanh, relative(math.tanh), pieces, 4,
          lambda i: exact_at_0 if pieces[i][2] == 0 else [])
    step = 0.5
    both = [(step * (n - 0.5), step * (n + 0.5), step * n) for n in list(range(16)) + list(range(-16, 0))]
    end = lambda i: [np.float32(both[i][2] > 0)] + [np.float32(0)] * 5 if abs(both[i][2]) >= 6 else []
    for name, says, f in (("gelu_pieces", "(1 + erf(x / sqrt(2))) / 2", phi),
                          ("gelu_approximate_pieces", "(1 + tanh(u)) / 2", phi_approximate)):
        table(name, says + " in steps of 0.5; beyond 5.75, 0 or 1; off by", f, lambda x: 1 / max(f(x), 1e-2), both, 5, end)
    print("// 2^(n / 16), whose place i has i / 16 taken off its exponent; and what their logarithms lack.")
    bits = [int(np.float32(2.0 ** (i / 16)).view(np.int32)) - (i << 19) for i in range(16)]
    print("static const int32_t power_bits[16] = {" + ", ".join(str(b) for b in bits) + "};")
    lacks = [float(i / 16 * np.log(L(2)) - np.log(L(np.float32(2.0 ** (i / 16))))) for i in range(16)]
    print("static const float power_lacks[16] = {" + row(lacks) + "};")
    twos = [2.0 ** (i / 32) for i in range(32)]
    print("// 2^(n / 32).")
    print("static const float powers_of_32[32] = {" + row(twos) + "};")
    print(TAIL)


main()
