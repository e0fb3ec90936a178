// softmax on the GPU: a warp for each short row, a block for each long one. Of 8 bits the sum goes from left to right,
// as its definition says, so one thread adds what the others looked up. SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cuda/block.cuh"
#include "cuda/launch.h"
#include "cuda/serial.cuh"
#include "kernels/softmax/exponential.h"
#include "kernels/softmax/op.h"

namespace sinter {
namespace {

const int warps = 8, block = 32 * warps;

template <bool whole_block>
__global__ void real(int64_t row_count, int32_t depth, float beta, const float* in, float* out) {
  const int32_t lanes = whole_block ? block : 32, lane = static_cast<int32_t>(threadIdx.x) % lanes;
  const int64_t row = whole_block ? int64_t{blockIdx.x} : int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (row >= row_count) return;  // all of a warp
  in += row * depth;
  out += row * depth;
  float largest = -INFINITY, sum = 0.0f;
  for (int32_t i = lane; i < depth; i += lanes) largest = in[i] > largest ? in[i] : largest;
  if constexpr (whole_block) {
    largest = block_fold<warps>(largest, Larger());
  } else {
    largest = warp_fold(largest, Larger());
  }
  for (int32_t i = lane; i < depth; i += lanes) sum += expf((in[i] - largest) * beta);
  if constexpr (whole_block) {
    sum = block_fold<warps>(sum, Plus());
  } else {
    sum = warp_fold(sum, Plus());
  }
  const float inverse = 1.0f / sum;
  for (int32_t i = lane; i < depth; i += lanes) out[i] = expf((in[i] - largest) * beta) * inverse;
}

// Out: int8, or int16 for the same with a finer result.
template <class Out>
__global__ void quantized(int32_t depth, float scale, float out_scale, int32_t zero_point, int32_t low, int32_t high,
                          const int8_t* in, Out* out) {
  __shared__ float table[256];  // exponentials by the distance to the row's largest
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  table[thread] = exp_of(scale * static_cast<float>(thread));
  in += int64_t{blockIdx.x} * depth;
  out += int64_t{blockIdx.x} * depth;
  int32_t largest = -128;
  for (int32_t i = thread; i < depth; i += block) largest = in[i] > largest ? in[i] : largest;
  largest = block_fold<warps>(largest, Larger());
  const float total = serial_sum<block>(depth, [&](int32_t i) { return table[largest - in[i]]; });
  const float inverse = 1.0f / (total * out_scale);
  for (int32_t i = thread; i < depth; i += block) {
    const int32_t value = static_cast<int32_t>(roundf(table[largest - in[i]] * inverse)) + zero_point;
    out[i] = static_cast<Out>(value < low ? low : value > high ? high : value);
  }
}

template <class Out>
void run_quantized(const Call* call, int32_t low, int32_t high) {
  const SoftmaxParams& p = params_of<SoftmaxParams>(call);
  if (p.rows == 0 || p.depth == 0) return;
  quantized<Out><<<static_cast<unsigned>(p.rows), block, 0, stream_of(call)>>>(
      p.depth, -p.in_scale * p.beta, p.out_scale, p.out_zero_point, low, high, slot_of<const int8_t>(call, SOFTMAX_IN),
      slot_of<Out>(call, SOFTMAX_OUT));
}

}  // namespace

void softmax_s8s8_cuda(const Call* call) {
  run_quantized<int8_t>(call, -128, 127);
}
void softmax_s8s16_cuda(const Call* call) {
  run_quantized<int16_t>(call, -32768, 32767);
}
void softmax_f32f32_cuda(const Call* call) {
  const SoftmaxParams& p = params_of<SoftmaxParams>(call);
  if (p.rows == 0 || p.depth == 0) return;
  const float* in = slot_of<const float>(call, SOFTMAX_IN);
  float* out = slot_of<float>(call, SOFTMAX_OUT);
  if (p.depth > 1024) {
    real<true><<<static_cast<unsigned>(p.rows), block, 0, stream_of(call)>>>(p.rows, p.depth, p.beta, in, out);
  } else {
    real<false><<<blocks_for(p.rows, warps), block, 0, stream_of(call)>>>(p.rows, p.depth, p.beta, in, out);
  }
}

}  // namespace sinter
