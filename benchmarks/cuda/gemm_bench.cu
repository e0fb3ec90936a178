// Checks and times gemm's CUDA kernels on the GPU at hand, beside cuBLASLt and cuSPARSELt. See README.md.
// SPDX-License-Identifier: Apache-2.0
//
//   gemm_bench [--out results.jsonl] [--only TEXT,...] all checks and timings, each in a process of its own
//   gemm_bench --run NAME --out results.jsonl          one of them
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <memory>

#include "bench_support.h"
#include "core/row.h"
#include "core/status.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/requantize.h"
#include "peers.h"

namespace sinter {
extern const PackingDef gemm_s8_cuda_rows_packing, gemm_bf16_cuda_rows_packing, gemm_bf16s8_cuda_rows_packing,
    gemm_s8_cuda_2of4_packing, gemm_bf16_cuda_2of4_packing;
}
using namespace sinter;

namespace {

enum Types { S8_S32, S8_S8, BF16_F32, BF16S8_F32 };

struct Kernel {
  const char* name;
  Types types;
  const PackingDef* packing;
  cudaError_t (*launch)(const GemmTask&);
  bool sparse, aligned;  // needs aligned rows of A
  std::vector<int> variants;
  int largest_m;
};
const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> list = {
      {"sm90a_s8s32",
       S8_S32,
       &gemm_s8_cuda_rows_packing,
       launch_sm90a_s8s32,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6, 7, 8},
       1 << 30},
      {"sm90a_s8s8",
       S8_S8,
       &gemm_s8_cuda_rows_packing,
       launch_sm90a_s8s8,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6, 7, 8},
       1 << 30},
      {"sm90a_bf16",
       BF16_F32,
       &gemm_bf16_cuda_rows_packing,
       launch_sm90a_bf16,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6, 7, 8},
       1 << 30},
      {"skinny_s8s32",
       S8_S32,
       &gemm_s8_cuda_rows_packing,
       launch_skinny_s8s32,
       false,
       false,
       {0, 1, 3, 4, 5, 8, 16},
       200},
      {"skinny_s8s8", S8_S8, &gemm_s8_cuda_rows_packing, launch_skinny_s8s8, false, false, {0, 1, 3, 4, 5, 8, 16}, 200},
      {"skinny_bf16",
       BF16_F32,
       &gemm_bf16_cuda_rows_packing,
       launch_skinny_bf16,
       false,
       false,
       {0, 1, 3, 4, 5, 8, 16},
       200},
      {"skinny_bf16s8",
       BF16S8_F32,
       &gemm_bf16s8_cuda_rows_packing,
       launch_skinny_bf16s8,
       false,
       false,
       {0, 1, 3, 4, 5, 8, 16},
       200},
      {"2of4_s8s32", S8_S32, &gemm_s8_cuda_2of4_packing, launch_sm90a_2of4_s8s32, true, true, {0, 1, 2, 3, 4}, 1 << 30},
      {"2of4_s8s8", S8_S8, &gemm_s8_cuda_2of4_packing, launch_sm90a_2of4_s8s8, true, true, {0, 1, 2, 3, 4}, 1 << 30},
      {"2of4_bf16",
       BF16_F32,
       &gemm_bf16_cuda_2of4_packing,
       launch_sm90a_2of4_bf16,
       true,
       true,
       {0, 1, 2, 3, 4},
       1 << 30},
  };
  return list;
}

int64_t a_bytes(Types t) {
  return t == S8_S32 || t == S8_S8 ? 1 : 2;
}
int64_t w_bytes(Types t) {
  return t == BF16_F32 ? 2 : 1;
}
int64_t out_bytes(Types t) {
  return t == S8_S8 ? 1 : 4;
}

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
      if (t == BF16_F32) {
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
    if (t == BF16_F32) {
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
            memcpy(&y, row + 4 * n, 4);
            memcpy(&b, &bias[n], 4);
            const double factor = scaled ? scale[n] : 1.0;
            want = exact[at] * factor + b;
            double bound = (s.k + 4) / 8388608.0 * (fabs(magnitude[at] * factor) + fabs(b));
            want = fmin(fmax(want, p.act_min), p.act_max);
            got = y;
            good = fabs(got - want) <= bound;  // NaN is not
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

int check_kernel(const Kernel& kernel) {
  if (kernel.sparse && kernel.types != S8_S8) probe_places(kernel);
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

// ---- timings ----------------------------------------------------------------------------------------

// Random values on the device: int8, or bfloat16 between -2 and 2.
__global__ void fill_random(uint32_t* words, int64_t count, uint32_t seed, int kind) {
  for (int64_t i = blockIdx.x * int64_t{256} + threadIdx.x; i < count; i += gridDim.x * int64_t{256}) {
    uint32_t x = static_cast<uint32_t>(i) * 2654435761u ^ seed;
    x ^= x >> 16, x *= 0x7feb352d, x ^= x >> 15, x *= 0x846ca68b, x ^= x >> 16;
    // bfloat16: sign, exponent 0x3f or 0x3e.., mantissa from the bits.
    if (kind == 2) x = (x & 0x80ff80ff) | 0x3f003f00;
    words[i] = x;
  }
}
void fill(char* to, size_t bytes, uint32_t seed, int value_bytes) {
  fill_random<<<1024, 256>>>(reinterpret_cast<uint32_t*>(to), static_cast<int64_t>(bytes / 4), seed, value_bytes);
  CHECK_CUDA(cudaGetLastError());
}
// Strikes two of each four out: dense rows that hold 2:4, for the library that compresses itself.
template <class W>
__global__ void strike(W* w, int64_t groups) {
  for (int64_t g = blockIdx.x * int64_t{256} + threadIdx.x; g < groups; g += gridDim.x * int64_t{256}) {
    const int masks[6] = {3, 5, 9, 6, 10, 12};
    const int keep = masks[(static_cast<uint32_t>(g) * 2654435761u >> 16) % 6];
    for (int i = 0; i < 4; i++) {
      if (!(keep >> i & 1)) w[4 * g + i] = 0;
    }
  }
}

struct Set {
  std::unique_ptr<DeviceBytes> a, w, packed, c, other_c;
};

// Buffers for one product: A and dense W random, W packed by the packing itself (sparse) or laid out here (dense).
Set make_set(const Kernel& kernel, const GemmParams& p, uint32_t seed, bool peer) {
  Set s;
  const Types t = kernel.types;
  const size_t w_size = static_cast<size_t>(int64_t{p.n} * p.k * w_bytes(t));
  s.a.reset(new DeviceBytes(static_cast<size_t>(int64_t{p.m} * p.k * a_bytes(t))));
  fill(s.a->data, s.a->bytes, seed, static_cast<int>(a_bytes(t)));
  s.w.reset(new DeviceBytes(w_size));
  fill(s.w->data, w_size, seed + 1, static_cast<int>(w_bytes(t)));
  s.c.reset(new DeviceBytes(static_cast<size_t>(int64_t{p.m} * p.n * out_bytes(t))));
  if (peer) s.other_c.reset(new DeviceBytes(s.c->bytes));
  std::vector<float> scale(static_cast<size_t>(p.n), 1e-3f / static_cast<float>(p.k) * 8);
  std::vector<float> zeros(static_cast<size_t>(p.n), 0.0f);
  if (kernel.sparse) {
    const int64_t groups = int64_t{p.n} * p.k / 4;
    if (t == BF16_F32) {
      strike<<<1024, 256>>>(reinterpret_cast<uint16_t*>(s.w->data), groups);
    } else {
      strike<<<1024, 256>>>(s.w->data, groups);
    }
    CHECK_CUDA(cudaGetLastError());
    std::vector<char> w(w_size);
    CHECK_CUDA(cudaMemcpy(w.data(), s.w->data, w_size, cudaMemcpyDeviceToHost));
    const Source sources[GEMM_SOURCES] = {{w.data(), static_cast<int64_t>(w_size)},
                                          {nullptr, 0},
                                          {t == S8_S8 ? scale.data() : nullptr, t == S8_S8 ? 4 * int64_t{p.n} : 0}};
    std::vector<char> packed(static_cast<size_t>(kernel.packing->bytes(&p, sources)));
    if (kernel.packing->pack(&p, sources, packed.data(), static_cast<int64_t>(packed.size())) != SINTER_OK) {
      printf("  packing: %s\n", last_error());
      exit(4);
    }
    s.packed.reset(new DeviceBytes(packed));
  } else {
    const int64_t header = cuda_header_bytes(p.n);
    s.packed.reset(new DeviceBytes(static_cast<size_t>(cuda_rows_bytes(p.n, p.k, w_bytes(t)))));
    CHECK_CUDA(cudaMemset(s.packed->data, 0, static_cast<size_t>(header)));
    CHECK_CUDA(cudaMemcpy(s.packed->data + 4 * cuda_header_columns(p.n), scale.data(), scale.size() * 4,
                          cudaMemcpyHostToDevice));
    CHECK_CUDA(cudaMemcpy(s.packed->data + header, s.w->data, w_size, cudaMemcpyDeviceToDevice));
    if (!peer) s.w.reset();
  }
  return s;
}

const Kernel& kernel_of(const char* name) {
  for (const Kernel& k : kernels()) {
    if (!strcmp(k.name, name)) return k;
  }
  abort();
}

Runner runner_of(const Kernel& kernel, const GemmParams& p, const std::vector<Set>& sets, int variant) {
  return {std::string("sinter ") + kernel.name + (variant ? " v" + std::to_string(variant) : ""),
          [&kernel, &p, &sets, variant](int i, cudaStream_t stream) {
            const Set& s = sets[static_cast<size_t>(i) % sets.size()];
            const GemmTask task = {&p, s.a->data, s.packed->data, s.c->data, stream, variant};
            const cudaError_t error = kernel.launch(task);
            if (error != cudaSuccess) printf("  %s: %s\n", kernel.name, cudaGetErrorString(error));
            return error == cudaSuccess;
          }};
}

PeerType peer_of(Types t) {
  return t == S8_S32 ? PEER_S8_S32 : t == S8_S8 ? PEER_S8_S8 : PEER_BF16_F32;
}

// One size of one kernel beside its peers. `sets`: buffers in rotation.
void time_product(const char* name, int m, int n, int k, int set_count, int launches, int rounds,
                  const std::vector<int>& variants, const char* note, const char* also = nullptr) {
  const Kernel& kernel = kernel_of(name);
  GemmParams p = {};
  p.m = m;
  p.n = p.ldc = n;
  p.k = p.lda = k;
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  const bool peer = kernel.types != BF16S8_F32;
  std::vector<Set> sets, also_sets;
  for (int i = 0; i < set_count; i++) sets.push_back(make_set(kernel, p, 100 + 10 * static_cast<uint32_t>(i), peer));
  std::vector<PeerBuffers> buffers;
  if (peer) {
    for (const Set& s : sets) buffers.push_back({s.a->data, s.w->data, s.other_c->data});
  }
  std::vector<Runner> runners;
  for (const int v : variants) runners.push_back(runner_of(kernel, p, sets, v));
  if (also) {
    for (int i = 0; i < set_count; i++) {
      also_sets.push_back(make_set(kernel_of(also), p, 500 + 10 * static_cast<uint32_t>(i), false));
    }
    runners.push_back(runner_of(kernel_of(also), p, also_sets, 0));
  }
  std::string why;
  if (peer) {
    Runner lt = cublas_runner(peer_of(kernel.types), m, n, k, buffers, &why);
    if (lt.enqueue) runners.push_back(lt);
    if (kernel.sparse) {
      Runner sp = cusparse_runner(peer_of(kernel.types), m, n, k, buffers, &why);
      if (sp.enqueue) runners.push_back(sp);
    }
  }
  if (!why.empty()) printf("  %s: %s\n", name, why.c_str());
  const std::vector<double> times = time_runners(runners, launches, rounds);
  for (size_t r = 0; r < runners.size(); r++) {
    if (times[r] <= 0) continue;
    const double tera = 2.0 * m * n * k / times[r] * 1e-6;
    const double bytes = static_cast<double>(n) * k * w_bytes(kernel.types) +
                         static_cast<double>(m) * k * a_bytes(kernel.types) +
                         static_cast<double>(m) * n * out_bytes(kernel.types);
    char text[300];
    snprintf(text, sizeof text, "%-26s m %5d n %5d k %5d %-8s %9.2f us %8.1f T/s %8.1f GB/s", runners[r].name.c_str(),
             m, n, k, note, times[r], tera, bytes / times[r] * 1e-3);
    record(
        text,
        "{\"time\": \"%s\", \"case\": \"%s\", \"m\": %d, \"n\": %d, \"k\": %d, \"buffers\": \"%s\", \"microseconds\": "
        "%.3f, \"tera_operations\": %.1f, \"gigabytes\": %.1f}",
        runners[r].name.c_str(), name, m, n, k, note, times[r], tera, bytes / times[r] * 1e-3);
  }
}

__global__ void read_all(const uint4* data, int64_t count, uint32_t* never) {
  uint32_t sum = 0;
  for (int64_t i = blockIdx.x * int64_t{512} + threadIdx.x; i < count; i += gridDim.x * int64_t{512}) {
    const uint4 v = __ldcs(data + i);
    sum |= v.x ^ v.y ^ v.z ^ v.w;
  }
  if (sum == 0x12345678) *never = sum;
}

// The ceilings of memory: a copy (read and written bytes counted) and a plain read, of 1 GiB.
void time_memory() {
  const size_t bytes = size_t{1} << 30;
  DeviceBytes from(bytes), to(bytes);
  fill(from.data, bytes, 5, 1);
  const std::vector<Runner> runners = {
      {"copy",
       [&](int, cudaStream_t s) {
         return cudaMemcpyAsync(to.data, from.data, bytes, cudaMemcpyDeviceToDevice, s) == cudaSuccess;
       }},
      {"read", [&](int, cudaStream_t s) {
         read_all<<<132 * 4, 512, 0, s>>>(reinterpret_cast<const uint4*>(from.data), bytes / 16,
                                          reinterpret_cast<uint32_t*>(to.data));
         return cudaGetLastError() == cudaSuccess;
       }}};
  const std::vector<double> times = time_runners(runners, 4, 7);
  for (size_t r = 0; r < 2; r++) {
    const double gigabytes = bytes * (r == 0 ? 2.0 : 1.0) / times[r] * 1e-3;
    char text[200];
    snprintf(text, sizeof text, "memory %-5s %8.1f GB/s", runners[r].name.c_str(), gigabytes);
    record(text, "{\"memory\": \"%s\", \"gigabytes\": %.1f}", runners[r].name.c_str(), gigabytes);
  }
}

void describe() {
  cudaDeviceProp prop;
  CHECK_CUDA(cudaGetDeviceProperties(&prop, 0));
  int driver = 0, runtime = 0, clock = 0, memory_clock = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0);
  cudaDeviceGetAttribute(&memory_clock, cudaDevAttrMemoryClockRate, 0);
  char text[600];
  snprintf(text, sizeof text,
           "%s, %d multiprocessors, most %d MHz, memory %d MHz, L2 %d MiB, driver %d, runtime %d, %s", prop.name,
           prop.multiProcessorCount, clock / 1000, memory_clock / 1000, prop.l2CacheSize >> 20, driver, runtime,
           peer_versions().c_str());
  record(text, "{\"device\": \"%s\"}", text);
  if (FILE* smi = popen("nvidia-smi --query-gpu=clocks.sm,clocks.mem,power.draw,temperature.gpu,driver_version "
                        "--format=csv,noheader 2>/dev/null",
                        "r")) {
    char line[200];
    while (fgets(line, sizeof line, smi)) printf("  nvidia-smi (idle): %s", line);
    pclose(smi);
  }
  fflush(stdout);
}

// ---- the list ---------------------------------------------------------------------------------------

struct Job {
  std::string name;
  std::function<int()> run;
};

std::vector<Job> jobs() {
  std::vector<Job> list;
  auto timing = [&](const char* name, std::function<void()> run) {
    list.push_back({std::string("time_") + name, [run] {
                      run();
                      return 0;
                    }});
  };
  list.push_back({"device", [] {
                    describe();
                    return 0;
                  }});
  for (const Kernel& kernel : kernels()) {
    list.push_back({std::string("check_") + kernel.name, [&kernel] { return check_kernel(kernel); }});
  }
  timing("memory", time_memory);
  timing("s8s32", [] {
    time_product("sm90a_s8s32", 4096, 4096, 4096, 2, 6, 9, {1, 2, 4, 5}, "rotated");
    time_product("sm90a_s8s32", 512, 4096, 4096, 4, 12, 7, {1, 3, 4, 5}, "rotated");
    for (const int m : {32, 64, 128, 256})
      time_product("sm90a_s8s32", m, 4096, 4096, 8, 16, 7, {0, 3, 6, 7, 8}, "rotated");
  });
  timing("s8s8", [] { time_product("sm90a_s8s8", 4096, 4096, 4096, 2, 6, 9, {1, 2, 4, 5}, "rotated"); });
  timing("bf16", [] {
    time_product("sm90a_bf16", 4096, 4096, 4096, 2, 6, 9, {1, 2, 4, 5}, "rotated");
    time_product("sm90a_bf16", 8192, 8192, 8192, 1, 2, 5, {1, 2, 4}, "one");
    for (const int m : {32, 64, 128, 256, 512}) {
      time_product("sm90a_bf16", m, 4096, 4096, 6, 12, 7, {0, 3, 6, 7, 8}, "rotated");
    }
  });
  timing("2of4_s8", [] {
    time_product("2of4_s8s32", 4096, 4096, 4096, 2, 6, 9, {1, 2}, "rotated", "sm90a_s8s32");
    time_product("2of4_s8s8", 4096, 4096, 4096, 2, 6, 9, {1, 2}, "rotated", "sm90a_s8s8");
  });
  timing("2of4_bf16", [] { time_product("2of4_bf16", 4096, 4096, 4096, 2, 6, 9, {1, 2}, "rotated", "sm90a_bf16"); });
  for (const int m : {1, 8, 16}) {
    list.push_back({"time_skinny_" + std::to_string(m), [m] {
                      for (const int sets : {12, 1}) {
                        const char* note = sets == 1 ? "in L2" : "rotated";
                        time_product("skinny_s8s32", m, 4096, 4096, sets, 24, 9, {1, 2, 3, 4, 5, 8}, note);
                        time_product("skinny_bf16", m, 4096, 4096, sets, 24, 9, {1, 2, 3, 4, 5, 8}, note);
                      }
                      return 0;
                    }});
  }
  timing("gemv", [] {
    for (const int m : {1, 8, 16})
      time_product("skinny_bf16s8", m, 16384, 16384, 2, 4, 9, {1, 2, 3, 4, 5, 8}, "rotated");
    time_product("skinny_bf16s8", 64, 4096, 4096, 8, 8, 5, {0}, "rotated");
    time_product("skinny_bf16s8", 512, 4096, 4096, 4, 4, 5, {0}, "rotated");
  });
  return list;
}

int run_job(const std::string& name) {
  for (const Job& job : jobs()) {
    if (job.name == name) return job.run();
  }
  printf("no %s\n", name.c_str());
  return 2;
}

// A child of its own for each: an error on the GPU ends all that its process does there.
int supervise(const char* self, const std::string& name, int seconds) {
  const pid_t child = fork();
  if (child == 0) {
    execl(self, self, "--run", name.c_str(), "--out", results_path().c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int tenths = 0;; tenths++) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
      printf("%s ended with %s %d\n", name.c_str(), WIFEXITED(status) ? "status" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
      record(nullptr, "{\"failed\": \"%s\"}", name.c_str());
      return 1;
    }
    if (tenths == seconds * 10) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      printf("%s took more than %d s\n", name.c_str(), seconds);
      record(nullptr, "{\"failed\": \"%s\", \"timeout\": %d}", name.c_str(), seconds);
      return 1;
    }
    usleep(100000);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::string run, only;
  results_path() = "gemm_bench.jsonl";
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string key = arguments[i];
    if (key == "--out") {
      results_path() = arguments[i + 1];
    } else if (key == "--run") {
      run = arguments[i + 1];
    } else if (key == "--only") {
      only = arguments[i + 1];
    } else {
      fprintf(stderr, "usage: gemm_bench [--out FILE] [--only TEXT,...]\n");
      return 2;
    }
  }
  if (!run.empty()) return run_job(run);
  char self[PATH_MAX] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return 2;
  int failed = 0;
  const time_t start = time(nullptr);
  for (const Job& job : jobs()) {
    bool wanted = only.empty();
    for (size_t at = 0; at < only.size();) {  // any of the texts between commas
      const size_t end = std::min(only.find(',', at), only.size());
      wanted = wanted || (end > at && job.name.find(only.substr(at, end - at)) != std::string::npos);
      at = end + 1;
    }
    if (wanted) failed += supervise(self, job.name, 20);
  }
  printf("%d failed, %ld s\n", failed, static_cast<long>(time(nullptr) - start));
  return failed ? 1 : 0;
}
