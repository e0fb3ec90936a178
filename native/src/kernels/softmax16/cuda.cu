// softmax16 on the GPU: a block for each row.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/block.cuh"
#include "cuda/launch.h"
#include "kernels/softmax16/op.h"
#include "kernels/softmax16/steps.h"

namespace sinter {
namespace {

const int warps = 4, block = 32 * warps;

__global__ void row(int32_t depth, Softmax16Place place, const int16_t* in, const int32_t* tables, int16_t* out) {
  in += int64_t{blockIdx.x} * depth;
  out += int64_t{blockIdx.x} * depth;
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  int32_t largest = -32768;
  for (int32_t i = thread; i < depth; i += block) largest = in[i] > largest ? in[i] : largest;
  largest = block_fold<warps>(largest, Larger());
  uint32_t sum = 0;
  for (int32_t i = thread; i < depth; i += block) {
    const int32_t t = place.usual() ? place.of_usual(in[i], largest) : place.of_large(in[i], largest);
    const int32_t power = softmax16_look_up(tables, t);
    out[i] = static_cast<int16_t>(power);  // taken up again by the same thread
    sum += static_cast<uint32_t>(power);
  }
  const Softmax16Inverse inverse(block_fold<warps>(sum, Plus()), tables + SOFTMAX16_ENTRIES);
  for (int32_t i = thread; i < depth; i += block) out[i] = inverse(out[i]);
}

}  // namespace

void softmax16_s16s16_cuda(const Call* call) {
  const Softmax16Params& p = params_of<Softmax16Params>(call);
  if (p.rows == 0 || p.depth == 0) return;
  const Softmax16Place place(fixed_factor(static_cast<double>(p.in_scale * p.beta) / (10.0 / 65535.0)));
  row<<<static_cast<unsigned>(p.rows), block, 0, stream_of(call)>>>(
      p.depth, place, slot_of<const int16_t>(call, SOFTMAX16_IN), slot_of<const int32_t>(call, SOFTMAX16_TABLE),
      slot_of<int16_t>(call, SOFTMAX16_OUT));
}

}  // namespace sinter
