// Plans for tests.
// SPDX-License-Identifier: Apache-2.0
#include "core/plan_builder.h"

#include <stdlib.h>

#include "core/arena.h"
#include "core/status.h"
#include "kernels/copy/op.h"
#include "kernels/depthwise/op.h"
#include "kernels/gemm/op.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace sinter {
namespace {

int32_t pack(uint64_t weights, const char* row, const void* params, int64_t params_bytes,
             const std::vector<std::vector<char>>& sources) {
  const void* data[MAX_SOURCES];
  int64_t bytes[MAX_SOURCES];
  for (size_t i = 0; i < sources.size(); i++) {
    data[i] = sources[i].empty() ? nullptr : sources[i].data();
    bytes[i] = static_cast<int64_t>(sources[i].size());
  }
  return sinter_weights_pack(weights, packing_index(find_row(row)->packing), params, params_bytes, data, bytes,
                             static_cast<int32_t>(sources.size()));
}

std::vector<char> ints(size_t count, int32_t value) {
  std::vector<char> out(count * 4);
  for (size_t i = 0; i < count; i++) memcpy(&out[i * 4], &value, 4);
  return out;
}
std::vector<char> floats(size_t count, float value) {
  int32_t bits;
  memcpy(&bits, &value, 4);
  return ints(count, bits);
}

}  // namespace

Example::Example() {
  weights = sinter_weights_create();
  // gemm: channel c of the output is the input's channel 7 - c (scale 1, one weight of 1 per output).
  GemmParams gemm = {};
  gemm.m = PIXELS;
  gemm.n = gemm.k = gemm.lda = gemm.ldc = CHANNELS;
  gemm.out_min = -128;
  gemm.out_max = 127;
  std::vector<char> mirror(CHANNELS * CHANNELS);
  for (size_t c = 0; c < CHANNELS; c++) mirror[c * CHANNELS + (CHANNELS - 1 - c)] = 1;
  const int32_t gemm_blob =
      pack(weights, "gemm_s8s8s8_reference", &gemm, sizeof gemm, {mirror, ints(CHANNELS, 1), floats(CHANNELS, 1.0f)});
  // depthwise: 3 x 2 pixels, 1x1 kernel of weight 2, out = in * 2 * 0.5 - 1.
  DepthwiseParams dw = {};
  dw.batch = 1;
  dw.in_h = dw.out_h = 2;
  dw.in_w = dw.out_w = 3;
  dw.in_c = CHANNELS;
  dw.multiplier = dw.kernel_h = dw.kernel_w = dw.stride_h = dw.stride_w = dw.dilation_h = dw.dilation_w = 1;
  dw.out_zero_point = -1;
  dw.out_min = -128;
  dw.out_max = 127;
  const int32_t dw_blob = pack(weights, "depthwise_s8s8s8_reference", &dw, sizeof dw,
                               {std::vector<char>(CHANNELS, 2), {}, floats(CHANNELS, 0.5f)});
  std::vector<char> constant(16);
  for (size_t i = 0; i < 16; i++) constant[i] = static_cast<char>(i * 3);
  const int32_t constant_blob = sinter_weights_add(weights, constant.data(), 16);

  plan.header.arena_bytes = 512;
  const uint32_t in = plan.binding(BINDING_INPUT, IN_BYTES, 0);
  const uint32_t out = plan.binding(BINDING_OUTPUT, OUT_BYTES, 64);
  const uint32_t in_slot = plan.slot(SLOT_BINDING, in, 0, IN_BYTES);
  const uint32_t a = plan.slot(SLOT_ARENA, 0, 192, IN_BYTES), b = plan.slot(SLOT_ARENA, 0, 256, IN_BYTES);
  const uint32_t out_slot = plan.slot(SLOT_BINDING, out, 0, OUT_BYTES);
  auto blob = [&](int32_t index) {
    const uint64_t bytes = static_cast<uint64_t>(sinter_weights_bytes(weights, index));
    return plan.slot(SLOT_BLOB, static_cast<uint32_t>(index), 0, bytes);
  };
  const uint32_t gemm_weights = blob(gemm_blob), dw_weights = blob(dw_blob), constant_slot = blob(constant_blob);
  plan.step("gemm_s8s8s8_reference", {in_slot, gemm_weights, a}, gemm, 10);
  plan.step("depthwise_s8s8s8_reference", {a, dw_weights, b}, dw, 11);
  plan.step("copy_u8_reference", {b, out_slot}, CopyParams{1, IN_BYTES, 0, 0, 0, 0}, 12);
  plan.step("copy_u8_reference", {constant_slot, out_slot}, CopyParams{4, 4, 0, 4, IN_BYTES, 4}, 13);

  for (int i = 0; i < IN_BYTES; i++) input.push_back(static_cast<int8_t>(i * 5 - 100));
  for (int p = 0; p < PIXELS; p++) {
    for (int c = 0; c < CHANNELS; c++) {
      const int value = input[static_cast<size_t>(p * CHANNELS + CHANNELS - 1 - c)];
      const int sum = value + 1 > 127 ? 127 : value + 1;
      expected.push_back(static_cast<int8_t>(sum - 1 < -128 ? -128 : sum - 1));
    }
  }
  for (char c : constant) expected.push_back(c);
}

Example::~Example() {
  sinter_weights_destroy(weights);
}

std::string error_text() {
  char text[1024];
  sinter_last_error(text, sizeof text);
  return text;
}

bool survive(uint64_t weights, const std::vector<char>& bytes) {
  // An exactly sized copy: reading past the end is seen.
  char* exact = static_cast<char*>(malloc(bytes.size() + (bytes.empty() ? 1 : 0)));
  if (!bytes.empty()) memcpy(exact, bytes.data(), bytes.size());
  const uint64_t plan = sinter_plan_create(weights, exact, static_cast<int64_t>(bytes.size()));
  free(exact);
  if (plan == 0) return false;
  PlanHeader header;
  memcpy(&header, bytes.data(), sizeof header);
  const int64_t most = 1 << 20;
  if (header.arena_bytes <= static_cast<uint64_t>(most)) {
    const int64_t arena_bytes = static_cast<int64_t>(header.arena_bytes);
    const uint64_t session = sinter_session_create(arena_bytes, 1);
    char* arena = static_cast<char*>(sinter_session_arena(session));
#if defined(__SANITIZE_ADDRESS__)
    const int64_t whole = (arena_bytes + ARENA_SLACK + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    ASAN_POISON_MEMORY_REGION(arena + arena_bytes, static_cast<size_t>(whole - arena_bytes));
#endif
    const int32_t attached = sinter_session_attach(session, plan, 0);
    std::vector<void*> buffers;
    bool runnable = attached >= 0;
    const char* at = bytes.data() + sizeof(PlanHeader) + header.slot_count * sizeof(PlanSlot);
    for (uint32_t i = 0; runnable && i < header.binding_count; i++, at += sizeof(PlanBinding)) {
      PlanBinding binding;
      memcpy(&binding, at, sizeof binding);
      if (binding.arena_offset != NO_DEFAULT_PLACE) continue;
      runnable = binding.bytes <= static_cast<uint64_t>(most);
      if (!runnable) break;
      buffers.push_back(calloc(binding.bytes ? binding.bytes : 1, 1));
      sinter_session_bind(session, attached, static_cast<int32_t>(i), buffers.back(),
                          static_cast<int64_t>(binding.bytes));
    }
    if (runnable) sinter_session_run(session, attached);
#if defined(__SANITIZE_ADDRESS__)
    ASAN_UNPOISON_MEMORY_REGION(arena + arena_bytes, static_cast<size_t>(whole - arena_bytes));
#else
    (void)arena;
#endif
    sinter_session_destroy(session);
    for (void* buffer : buffers) free(buffer);
  }
  sinter_plan_destroy(plan);
  return true;
}

}  // namespace sinter
