// Checks gemm's CUDA kernels on random data: odd shapes, gaps of C, every form of each kernel.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "bench_support.h"
#include "core/status.h"
#include "gemm_kernels.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/requantize.h"

using namespace sinter;

namespace {

// ---- the plain product, on the GPU ------------------------------------------------------------------

__global__ void plain_ints(const int8_t* a, const int8_t* w, int32_t* sums, GemmParams p) {
  const int64_t at = blockIdx.x * int64_t{256} + threadIdx.x, m = at / p.n, n = at % p.n;
  if (m >= p.m) return;
  int32_t sum = 0;
  for (int k = 0; k < p.k; k++) sum += (a[m * p.lda + k] - p.a_zero_point) * w[int64_t{n} * p.k + k];
  sums[at] = sum;
}

__device__ double bf16_value(uint16_t bits) {
  return __uint_as_float(static_cast<uint32_t>(bits) << 16);
}
__device__ double w_value(uint16_t bits) {
  return bf16_value(bits);
}
__device__ double w_value(int8_t value) {
  return value;
}
template <class W>
__global__ void plain_floats(const uint16_t* a, const W* w, double* sums, double* magnitudes, GemmParams p) {
  const int64_t at = blockIdx.x * int64_t{256} + threadIdx.x, m = at / p.n, n = at % p.n;
  if (m >= p.m) return;
  double sum = 0, magnitude = 0;
  for (int k = 0; k < p.k; k++) {
    const double product = bf16_value(a[m * p.lda + k]) * w_value(w[int64_t{n} * p.k + k]);
    sum += product;
    magnitude += fabs(product);
  }
  sums[at] = sum;
  magnitudes[at] = magnitude;
}

// ---- checks -----------------------------------------------------------------------------------------

struct Shape {
  int m, n, k, extra_lda, extra_ldc;
};

// Values of W: ordinary, and 2:4 sparse where the kernel asks for it, some groups with fewer than two.
std::vector<char> make_weights(Values& values, Types t, int64_t n, int64_t k, bool sparse) {
  std::vector<char> w(static_cast<size_t>(n * k * w_bytes(t)));
  for (int64_t j = 0; j < n; j++) {
    int keep = 15;
    for (int64_t i = 0; i < k; i++) {
      if (sparse && i % 4 == 0) {
        static const int masks[] = {3, 5, 9, 6, 10, 12, 3, 5, 9, 6, 10, 12, 1, 2, 4, 8, 0};
        keep = masks[values.integer(0, 16)];
      }
      const bool kept = keep >> (i % 4) & 1;
      const size_t at = static_cast<size_t>(j * k + i);
      if (w_bytes(t) == 2) {
        const uint16_t v = kept ? bf16_from_float(values.real()) : 0;
        memcpy(&w[2 * at], &v, 2);
      } else {
        w[at] = static_cast<char>(kept ? values.integer(-128, 127) : 0);
      }
    }
  }
  return w;
}

int failures = 0;

void fail_check(const Kernel& kernel, const Shape& s, int variant, const char* format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (++failures <= 12) {
    printf("  WRONG %s variant %d m %d n %d k %d lda+%d ldc+%d: %s\n", kernel.name, variant, s.m, s.n, s.k, s.extra_lda,
           s.extra_ldc, text);
  }
}

void check_shape(const Kernel& kernel, Shape s, uint64_t seed) {
  Values values(seed);
  const Types t = kernel.types;
  const int64_t size = a_bytes(t);
  GemmParams p = {};
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.lda = s.k + s.extra_lda;
  if (kernel.aligned) p.lda = static_cast<int>(cuda_round_up(p.lda, 16 / size));
  p.ldc = s.n + s.extra_ldc;
  const bool ints = t == S8_S32 || t == S8_S8;
  if (ints) p.a_zero_point = values.integer(-128, 127);
  p.out_zero_point = values.integer(-128, 127);
  p.out_min = values.integer(-128, 0);
  p.out_max = values.integer(p.out_min, 127);
  p.act_min = s.k % 2 ? -0.5f : -INFINITY;
  p.act_max = s.k % 2 ? 6.0f : INFINITY;
  const std::vector<char> w = make_weights(values, t, s.n, s.k, kernel.sparse);
  std::vector<char> a(static_cast<size_t>((int64_t{s.m} * p.lda) * size));
  if (ints) {
    for (char& v : a) v = static_cast<char>(values.integer(-128, 127));
  } else {
    for (size_t i = 0; i < a.size() / 2; i++) {
      const uint16_t v = bf16_from_float(values.real());
      memcpy(&a[2 * i], &v, 2);
    }
  }
  std::vector<int32_t> bias(static_cast<size_t>(s.n));
  std::vector<float> scale(static_cast<size_t>(s.n));
  for (int j = 0; j < s.n; j++) {
    const float real = values.real();
    if (ints) {
      bias[static_cast<size_t>(j)] = values.integer(-9999, 9999);
    } else {
      memcpy(&bias[static_cast<size_t>(j)], &real, 4);
    }
    scale[static_cast<size_t>(j)] = t == S8_S8 ? (1.1f + real) * 0.02f / static_cast<float>(s.k) : 0.01f * real;
  }
  const bool scaled = t == S8_S8 || t == BF16S8_F32;
  const Source sources[GEMM_SOURCES] = {{w.data(), static_cast<int64_t>(w.size())},
                                        {bias.data(), 4 * int64_t{s.n}},
                                        {scaled ? scale.data() : nullptr, scaled ? 4 * int64_t{s.n} : 0}};
  const int64_t packed_bytes = kernel.packing->bytes(&p, sources);
  std::vector<char> packed(static_cast<size_t>(packed_bytes > 0 ? packed_bytes : 0));
  if (packed_bytes < 0 || kernel.packing->pack(&p, sources, packed.data(), packed_bytes) != SINTER_OK) {
    fail_check(kernel, s, 0, "packing: %s", last_error());
    return;
  }
  const DeviceBytes device_a(a), device_w(w), device_packed(packed);
  const size_t outputs = static_cast<size_t>(s.m) * s.n;
  const unsigned grid = static_cast<unsigned>((outputs + 255) / 256);
  std::vector<int32_t> sums;
  std::vector<double> exact, magnitude;
  if (outputs > 0 && ints) {
    const DeviceBytes result(outputs * 4);
    plain_ints<<<grid, 256>>>(reinterpret_cast<int8_t*>(device_a.data), reinterpret_cast<int8_t*>(device_w.data),
                              reinterpret_cast<int32_t*>(result.data), p);
    CHECK_CUDA(cudaGetLastError());
    sums.resize(outputs);
    CHECK_CUDA(cudaMemcpy(sums.data(), result.data, outputs * 4, cudaMemcpyDeviceToHost));
  } else if (outputs > 0) {
    const DeviceBytes result(outputs * 16);
    double* to = reinterpret_cast<double*>(result.data);
    if (w_bytes(t) == 2) {
      plain_floats<<<grid, 256>>>(reinterpret_cast<uint16_t*>(device_a.data),
                                  reinterpret_cast<uint16_t*>(device_w.data), to, to + outputs, p);
    } else {
      plain_floats<<<grid, 256>>>(reinterpret_cast<uint16_t*>(device_a.data), reinterpret_cast<int8_t*>(device_w.data),
                                  to, to + outputs, p);
    }
    CHECK_CUDA(cudaGetLastError());
    exact.resize(outputs);
    magnitude.resize(outputs);
    CHECK_CUDA(cudaMemcpy(exact.data(), to, outputs * 8, cudaMemcpyDeviceToHost));
    CHECK_CUDA(cudaMemcpy(magnitude.data(), to + outputs, outputs * 8, cudaMemcpyDeviceToHost));
  }
  // C stands in the middle of memory with a pattern, 256 bytes on either side.
  const size_t c_bytes = s.m == 0 ? 0 : (static_cast<size_t>(s.m - 1) * p.ldc + s.n) * out_bytes(t);
  const DeviceBytes device_c(c_bytes + 512);
  std::vector<char> c(c_bytes + 512);
  for (const int variant : kernel.variants) {
    for (int repeat = 0; repeat < 2; repeat++) {
      CHECK_CUDA(cudaMemset(device_c.data, 0xa5, device_c.bytes));
      const GemmTask task = {&p, device_a.data, device_packed.data, device_c.data + 256, nullptr, variant};
      const cudaError_t launched = kernel.launch(task);
      if (launched == cudaErrorInvalidConfiguration && variant != 0) break;  // a form that is not made for such sizes
      CHECK_CUDA(launched);
      CHECK_CUDA(cudaDeviceSynchronize());
      CHECK_CUDA(cudaMemcpy(c.data(), device_c.data, c.size(), cudaMemcpyDeviceToHost));
      int64_t wrong = 0, gaps = 0, first_row = -1, first_column = -1;
      char words[200] = "";
      const size_t item = static_cast<size_t>(out_bytes(t));
      for (size_t i = 0; i < 256; i++) gaps += c[i] != '\xa5';
      for (size_t i = 256 + c_bytes; i < c.size(); i++) gaps += c[i] != '\xa5';
      for (int m = 0; m < s.m; m++) {
        const char* row = c.data() + 256 + static_cast<size_t>(m) * p.ldc * item;
        if (m + 1 < s.m) {
          for (size_t i = s.n * item; i < p.ldc * item; i++) gaps += row[i] != '\xa5';
        }
        for (int n = 0; n < s.n; n++) {
          const size_t at = static_cast<size_t>(m) * s.n + n;
          bool good;
          double want, got;
          if (ints) {
            const int32_t sum = static_cast<int32_t>(static_cast<uint32_t>(sums[at]) + static_cast<uint32_t>(bias[n]));
            if (t == S8_S8) {
              const int8_t y = requantize_s8(sum, scale[n], p.out_zero_point, p.out_min, p.out_max);
              want = y, got = static_cast<int8_t>(row[n]);
            } else {
              int32_t y;
              memcpy(&y, row + 4 * n, 4);
              want = sum, got = y;
            }
            good = want == got;
          } else {
            float y, b;
            if (t == BF16_BF16) {
              uint16_t half;
              memcpy(&half, row + 2 * n, 2);
              y = bf16_to_float(half);
            } else {
              memcpy(&y, row + 4 * n, 4);
            }
            memcpy(&b, &bias[n], 4);
            const double factor = scaled ? scale[n] : 1.0;
            want = exact[at] * factor + b;
            double bound = (s.k + 4) / 8388608.0 * (fabs(magnitude[at] * factor) + fabs(b));
            want = fmin(fmax(want, p.act_min), p.act_max);
            got = y;
            if (t == BF16_BF16) bound += fabs(want) / 256;  // half a step of eight bits
            good = fabs(got - want) <= bound;               // NaN is not
          }
          if (!good && wrong++ == 0) {
            first_row = m, first_column = n;
            snprintf(words, sizeof words, "got %g, want %g", got, want);
          }
        }
      }
      if (gaps) fail_check(kernel, s, variant, "%lld bytes outside of C written", static_cast<long long>(gaps));
      if (wrong) {
        fail_check(kernel, s, variant, "%lld of %zu wrong, first at (%lld, %lld): %s", static_cast<long long>(wrong),
                   outputs, static_cast<long long>(first_row), static_cast<long long>(first_column), words);
        break;
      }
    }
  }
}

// What a sparse kernel takes W to be: the product with the identity shows it. Written out where it is not W.
void probe_places(const Kernel& kernel) {
  const int n = 128, k = 128 / static_cast<int>(w_bytes(kernel.types));
  Values values(77);
  GemmParams p = {};
  p.m = p.k = p.lda = k;
  p.n = p.ldc = n;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  std::vector<char> w = make_weights(values, kernel.types, n, k, true);
  const bool floats = kernel.types == BF16_F32;
  const Source sources[GEMM_SOURCES] = {{w.data(), static_cast<int64_t>(w.size())}, {nullptr, 0}, {nullptr, 0}};
  std::vector<char> packed(static_cast<size_t>(kernel.packing->bytes(&p, sources)));
  if (kernel.packing->pack(&p, sources, packed.data(), static_cast<int64_t>(packed.size())) != SINTER_OK) return;
  std::vector<char> a(static_cast<size_t>(k * k * w_bytes(kernel.types)), 0);
  for (int i = 0; i < k; i++) {
    const uint16_t one = 0x3f80;
    if (floats) {
      memcpy(&a[static_cast<size_t>(2 * (i * k + i))], &one, 2);
    } else {
      a[static_cast<size_t>(i * k + i)] = 1;
    }
  }
  const DeviceBytes device_a(a), device_packed(packed), device_c(static_cast<size_t>(k * n * 4));
  std::vector<int32_t> c(static_cast<size_t>(k * n));
  const GemmTask task = {&p, device_a.data, device_packed.data, device_c.data, nullptr, 2};
  CHECK_CUDA(kernel.launch(task));
  CHECK_CUDA(cudaDeviceSynchronize());
  CHECK_CUDA(cudaMemcpy(c.data(), device_c.data, c.size() * 4, cudaMemcpyDeviceToHost));
  int wrong = 0;
  const std::string path = results_path() + ".places_" + kernel.name + ".txt";
  FILE* file = fopen(path.c_str(), "w");
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < k; i++) {
      double want, got;
      if (floats) {
        uint16_t bits;
        memcpy(&bits, &w[static_cast<size_t>(2 * (j * k + i))], 2);
        float y;
        memcpy(&y, &c[static_cast<size_t>(i * n + j)], 4);
        want = bf16_to_float(bits), got = y;
      } else {
        want = static_cast<int8_t>(w[static_cast<size_t>(j * k + i)]);
        got = c[static_cast<size_t>(i * n + j)];
      }
      wrong += want != got;
      if (file) fprintf(file, "%d %d %.9g %.9g\n", j, i, want, got);
    }
  }
  if (file) fclose(file);
  if (!wrong) remove(path.c_str());
  printf("  places of %s: %d of %d wrong\n", kernel.name, wrong, n * k);
}

}  // namespace

int check_kernel(const Kernel& kernel) {
  if (kernel.sparse && out_bytes(kernel.types) == 4) probe_places(kernel);
  const Shape shapes[] = {
      {128, 256, 128, 0, 0},    {256, 512, 512, 0, 0},  {1, 1, 1, 0, 0},         {2, 3, 5, 1, 1},
      {17, 33, 65, 3, 2},       {7, 40, 128, 0, 0},     {8, 96, 1024, 0, 0},     {16, 256, 4096, 0, 0},
      {129, 257, 129, 0, 3},    {300, 700, 1000, 0, 0}, {333, 520, 777, 5, 8},   {64, 1000, 1280, 0, 0},
      {1000, 1000, 1000, 0, 0}, {513, 4096, 384, 0, 0}, {1500, 300, 2000, 0, 4}, {2048, 3072, 640, 0, 0},
      {5, 20, 9000, 0, 0},      {0, 5, 7, 0, 0},        {4000, 24, 40, 0, 0},    {1, 4096, 4096, 0, 0},
      {12, 31, 2048, 0, 1},     {16, 64, 4104, 8, 4}};
  uint64_t seed = 1;
  for (const Shape& s : shapes) {
    if (s.m <= kernel.largest_m) check_shape(kernel, s, seed);
    seed++;
  }
  char text[200];
  snprintf(text, sizeof text, "check %-14s %s", kernel.name, failures ? "WRONG" : "right");
  record(text, "{\"check\": \"%s\", \"failures\": %d}", kernel.name, failures);
  return failures ? 1 : 0;
}
