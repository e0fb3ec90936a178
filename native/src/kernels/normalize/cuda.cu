// normalize on the GPU: a block for each row. Sums of exponentials go from left to right, as their definition says, so
// one thread adds what the others looked up. SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cuda/block.cuh"
#include "cuda/launch.h"
#include "cuda/serial.cuh"
#include "kernels/normalize/op.h"
#include "kernels/normalize/steps.h"
#include "kernels/softmax/exponential.h"

namespace sinter {
namespace {

const int warps = 8, block = 32 * warps;

__global__ void real(int32_t depth, const float* in, float* out) {
  in += int64_t{blockIdx.x} * depth;
  out += int64_t{blockIdx.x} * depth;
  float sum = 0.0f;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < depth; i += block) sum += in[i] * in[i];
  sum = block_fold<warps>(sum, Plus());
  const float root = sqrtf(sum), norm = root > 1e-6f ? root : 1e-6f;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < depth; i += block) out[i] = in[i] / norm;
}

template <class T>
__global__ void unit_length(int32_t depth, int32_t zero_point, const T* in, T* out) {
  in += int64_t{blockIdx.x} * depth;
  out += int64_t{blockIdx.x} * depth;
  int32_t sum = 0;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < depth; i += block) {
    sum += (in[i] - zero_point) * (in[i] - zero_point);
  }
  const UnitLength<T> f(zero_point, block_fold<warps>(sum, Plus()));
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < depth; i += block) out[i] = f(in[i]);
}

template <class T>
__global__ void log_softmax(int32_t depth, float scale, const T* in, T* out) {
  __shared__ float table[256];  // exponentials by the distance to the row's largest
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  table[thread] = exp_of(-scale * static_cast<float>(thread));
  in += int64_t{blockIdx.x} * depth;
  out += int64_t{blockIdx.x} * depth;
  int32_t largest = static_cast<T>(-1) < 0 ? -128 : 0;
  for (int32_t i = thread; i < depth; i += block) largest = in[i] > largest ? in[i] : largest;
  largest = block_fold<warps>(largest, Larger());
  const float total = serial_sum<block>(depth, [&](int32_t i) { return table[largest - in[i]]; });
  const LogSteps<T> f(scale, largest, total);
  for (int32_t i = thread; i < depth; i += block) out[i] = f(in[i]);
}

template <class T>
void run(const Call* call) {
  const NormalizeParams& p = params_of<NormalizeParams>(call);
  if (p.rows == 0 || p.depth == 0) return;
  const T* in = slot_of<const T>(call, NORMALIZE_IN);
  T* out = slot_of<T>(call, NORMALIZE_OUT);
  const unsigned rows = static_cast<unsigned>(p.rows);
  if (p.function == NORMALIZE_L2) {
    unit_length<T><<<rows, block, 0, stream_of(call)>>>(p.depth, p.in_zero_point, in, out);
  } else {
    log_softmax<T><<<rows, block, 0, stream_of(call)>>>(p.depth, p.in_scale, in, out);
  }
}

}  // namespace

void normalize_f32f32_cuda(const Call* call) {
  const NormalizeParams& p = params_of<NormalizeParams>(call);
  if (p.rows == 0 || p.depth == 0) return;
  real<<<static_cast<unsigned>(p.rows), block, 0, stream_of(call)>>>(p.depth, slot_of<const float>(call, NORMALIZE_IN),
                                                                     slot_of<float>(call, NORMALIZE_OUT));
}
void normalize_s8s8_cuda(const Call* call) {
  run<int8_t>(call);
}
void normalize_u8u8_cuda(const Call* call) {
  run<uint8_t>(call);
}

}  // namespace sinter
