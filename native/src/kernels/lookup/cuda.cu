// lookup on the GPU: tables of bytes go through shared memory, those of 16 bits stay in the caches.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/lookup/op.h"

namespace sinter {
namespace {

const int threads = 256;

// 16 bytes a thread and turn where n is 16; else one.
template <int n>
__global__ void bytes(const uint8_t* in, const uint8_t* table, uint8_t* out, int64_t count) {
  __shared__ uint8_t here[256];
  here[threadIdx.x] = table[threadIdx.x];
  __syncthreads();
  const int64_t i = (int64_t{blockIdx.x} * threads + threadIdx.x) * n;
  if (i + n <= count) {
    const Lanes<uint8_t, n> x = *reinterpret_cast<const Lanes<uint8_t, n>*>(in + i);
    Lanes<uint8_t, n> y;
#pragma unroll
    for (int l = 0; l < n; l++) y.lane[l] = here[x.lane[l]];
    *reinterpret_cast<Lanes<uint8_t, n>*>(out + i) = y;
  } else {
    for (int64_t k = i; k < count; k++) out[k] = here[in[k]];
  }
}

struct Wide {
  const int16_t* table;
  bool whole;
  __device__ int16_t operator()(int16_t x) const {
    const int32_t t = x + 32768;
    if (whole) return table[t];
    const int16_t end = table[t / 128], slope = static_cast<int16_t>(table[t / 128 + 1] - end);  // wraps around
    return static_cast<int16_t>(end + ((slope * (t % 128) + 64) >> 7));
  }
};

}  // namespace

void lookup_u8_cuda(const Call* call) {
  const int64_t count = params_of<LookupParams>(call).count;
  const uint8_t* in = slot_of<const uint8_t>(call, LOOKUP_IN);
  const uint8_t* table = slot_of<const uint8_t>(call, LOOKUP_TABLE);
  uint8_t* out = slot_of<uint8_t>(call, LOOKUP_OUT);
  if (count == 0) return;
  if (fits_lanes(in, 16) && fits_lanes(out, 16)) {
    bytes<16><<<blocks_for(count, threads * 16), threads, 0, stream_of(call)>>>(in, table, out, count);
  } else {
    bytes<1><<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(in, table, out, count);
  }
}

void lookup_s16_cuda(const Call* call) {
  const LookupParams& p = params_of<LookupParams>(call);
  map(call, slot_of<const int16_t>(call, LOOKUP_IN), slot_of<int16_t>(call, LOOKUP_OUT), p.count,
      Wide{slot_of<const int16_t>(call, LOOKUP_TABLE), p.entries == 65536});
}

}  // namespace sinter
