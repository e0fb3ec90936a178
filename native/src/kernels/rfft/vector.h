// rfft in vectors of doubles, written once in the compiler's vector types: RFFT_BYTES, a vector's width, is the
// including file's. SPDX-License-Identifier: Apache-2.0
//
// Each lane is another row (or column): there is nothing to shuffle, and every length runs at full width. A real row of
// n values is taken for n / 2 complex ones, transformed (Stockham's form, four at a time, whose results come in order),
// and taken apart. Planes are transformed by rows, then by columns.
#ifndef SINTER_KERNELS_RFFT_VECTOR_H_
#define SINTER_KERNELS_RFFT_VECTOR_H_

#include "core/workers.h"
#include "kernels/rfft/op.h"
#include "kernels/rfft/scratch.h"

namespace sinter {
namespace {

typedef double V __attribute__((vector_size(RFFT_BYTES)));
constexpr int64_t L = RFFT_BYTES / 8;

struct Complex {
  V re, im;
};

inline Complex operator+(const Complex& a, const Complex& b) {
  return {a.re + b.re, a.im + b.im};
}
inline Complex operator-(const Complex& a, const Complex& b) {
  return {a.re - b.re, a.im - b.im};
}
inline Complex times(const double* root, const Complex& a) {
  return {a.re * root[0] - a.im * root[1], a.re * root[1] + a.im * root[0]};
}

// The transform of x, n (a power of two) numbers; y is as large. root: those of one, every `step`-th is of n. Returns
// where the result is, x or y.
Complex* transform(Complex* x, Complex* y, int64_t n, const double* root, int64_t step) {
  int64_t s = 1;
  for (; n >= 4; n /= 4, s *= 4, step *= 4) {
    const int64_t quarter = n / 4;
    for (int64_t p = 0; p < quarter; p++) {
      const double *w1 = root + 2 * p * step, *w2 = root + 4 * p * step, *w3 = root + 6 * p * step;
      const Complex* from = x + s * p;
      Complex* to = y + 4 * s * p;
      for (int64_t q = 0; q < s; q++, from++, to++) {
        const Complex a = from[0], b = from[s * quarter], c = from[2 * s * quarter], d = from[3 * s * quarter];
        const Complex sum = a + c, difference = a - c, other = b + d, turned = b - d;
        to[0] = sum + other;
        to[s] = times(w1, {difference.re + turned.im, difference.im - turned.re});
        to[2 * s] = times(w2, sum - other);
        to[3 * s] = times(w3, {difference.re - turned.im, difference.im + turned.re});
      }
    }
    Complex* swap = x;
    x = y;
    y = swap;
  }
  if (n < 2) return x;
  for (int64_t q = 0; q < s; q++) {
    y[q] = x[q] + x[q + s];
    y[q + s] = x[q] - x[q + s];
  }
  return y;
}

// Rows of a call; a row that is missing (below a plane, or behind the last) is all zeros.
struct Rows {
  const float* at[L];
  int64_t width;  // values there are
};

// Transforms L rows. Results go to `put(v, value)` for v = 0 .. n / 2. Buffers of n / 2 (at least 1) each.
template <class Put>
void real_rows(const Rows& rows, int64_t n, const double* root, Complex* x, Complex* y, const Put& put) {
  double* lanes = reinterpret_cast<double*>(x);
  const int64_t all = n < 2 ? 2 : n;
  for (int64_t l = 0; l < L; l++) {
    const float* row = rows.at[l];
    const int64_t width = row ? rows.width : 0;
    for (int64_t i = 0; i < width; i++) lanes[i * L + l] = static_cast<double>(row[i]);
    for (int64_t i = width; i < all; i++) lanes[i * L + l] = 0;
  }
  if (n < 2) {
    put(0, x[0]);
    return;
  }
  const int64_t half = n / 2;
  const Complex* z = transform(x, y, half, root, 2);
  const V zero = {};
  put(0, Complex{z[0].re + z[0].im, zero});
  put(half, Complex{z[0].re - z[0].im, zero});
  for (int64_t k = 1; 2 * k <= half; k++) {
    const Complex a = z[k], b = z[half - k];
    const Complex even = {0.5 * (a.re + b.re), 0.5 * (a.im - b.im)};
    const Complex odd = times(root + 2 * k, {0.5 * (a.im + b.im), 0.5 * (b.re - a.re)});
    put(k, even + odd);
    put(half - k, Complex{even.re - odd.re, odd.im - even.im});
  }
}

void put_lanes(float* const* out, int64_t lanes, int64_t v, const Complex& value) {
  for (int64_t l = 0; l < lanes; l++) {
    out[l][2 * v] = static_cast<float>(value.re[l]);
    out[l][2 * v + 1] = static_cast<float>(value.im[l]);
  }
}

struct Transform {
  const RfftParams& p;
  const float* in;
  const double *roots_w, *roots_h;
  float* out;
  char* scratch;
  int64_t width, columns;

  explicit Transform(const Call* call)
      : p(*static_cast<const RfftParams*>(call->params)),
        in(static_cast<const float*>(call->slots[RFFT_IN])),
        roots_w(static_cast<const double*>(call->slots[RFFT_ROOTS])),
        roots_h(roots_w + 2 * static_cast<int64_t>(p.fft_w)),
        out(static_cast<float*>(call->slots[RFFT_OUT])),
        scratch(static_cast<char*>(call->scratch)),
        width(p.in_w < p.fft_w ? p.in_w : p.fft_w),
        columns(p.fft_w / 2 + 1) {}

  Complex* buffers(int thread) const {
    return reinterpret_cast<Complex*>(scratch + thread * rfft_thread_bytes(p, L));
  }

  // L planes of one row each.
  void rows(int64_t group, int thread) const {
    Rows r = {};
    float* to[L] = {};
    r.width = width;
    const int64_t first = group * L, lanes = p.batch - first < L ? p.batch - first : L;
    for (int64_t l = 0; l < lanes; l++) {
      r.at[l] = p.in_h == 0 ? nullptr : in + (first + l) * p.in_h * p.in_w;
      to[l] = out + (first + l) * columns * 2;
    }
    Complex* x = buffers(thread);
    Complex* y = x + rfft_buffer_numbers(p, L) / L;
    if (lanes == L) {
      real_rows(r, p.fft_w, roots_w, x, y, [&](int64_t v, const Complex& value) { put_lanes(to, L, v, value); });
    } else {
      real_rows(r, p.fft_w, roots_w, x, y, [&](int64_t v, const Complex& value) { put_lanes(to, lanes, v, value); });
    }
  }

  // One plane: its rows into a plane with neighbours in y as lanes' neighbours, then its columns.
  void plane(int64_t b, int thread) const {
    Complex* x = buffers(thread);
    Complex* y = x + rfft_buffer_numbers(p, L) / L;
    double* re = reinterpret_cast<double*>(y + rfft_buffer_numbers(p, L) / L);
    double* im = re + rfft_plane_numbers(p, L);
    const int64_t stride = (p.fft_h + L - 1) / L * L;  // [column][stride]
    for (int64_t first = 0; first < p.fft_h; first += L) {
      Rows r = {};
      r.width = width;
      for (int64_t l = 0; l < L; l++) {
        if (first + l < p.fft_h && first + l < p.in_h) r.at[l] = in + (b * p.in_h + first + l) * p.in_w;
      }
      real_rows(r, p.fft_w, roots_w, x, y, [&](int64_t v, const Complex& value) {
        *reinterpret_cast<V*>(re + v * stride + first) = value.re;
        *reinterpret_cast<V*>(im + v * stride + first) = value.im;
      });
    }
    for (int64_t first = 0; first < columns; first += L) {
      const int64_t lanes = columns - first < L ? columns - first : L;
      for (int64_t k = 0; k < p.fft_h; k++) {
        Complex value = {};
        for (int64_t l = 0; l < lanes; l++) {
          value.re[l] = re[(first + l) * stride + k];
          value.im[l] = im[(first + l) * stride + k];
        }
        x[k] = value;
      }
      const Complex* z = transform(x, y, p.fft_h, roots_h, 1);
      for (int64_t u = 0; u < p.fft_h; u++) {
        float* to = out + ((b * p.fft_h + u) * columns + first) * 2;
        for (int64_t l = 0; l < lanes; l++) {
          to[2 * l] = static_cast<float>(z[u].re[l]);
          to[2 * l + 1] = static_cast<float>(z[u].im[l]);
        }
      }
    }
  }
};

void run(const Call* call) {
  const Transform t(call);
  if (t.p.fft_h == 1) {
    parallel_for(call->workers, (t.p.batch + L - 1) / L, [&](int64_t group, int thread) { t.rows(group, thread); });
  } else {
    parallel_for(call->workers, t.p.batch, [&](int64_t b, int thread) { t.plane(b, thread); });
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_RFFT_VECTOR_H_
