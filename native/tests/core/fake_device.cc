// A device library that exists only on paper: every call is answered with numbers that tell which
// function it was, so that plugin_test sees that calls arrive with their arguments.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "plugin/plugin.h"

namespace {

const sinter_plugin_host* host;

// A handle of this device: `kind` tells the function that made it.
uint64_t handle(uint64_t kind) {
  return uint64_t{host->device} << 56 | kind;
}
bool known(uint64_t h, uint64_t kind) {
  return h == handle(kind);
}
sinter_status stale() {
  return host->fail(SINTER_INVALID_HANDLE, "fake device: not a handle of mine");
}

int64_t catalogue(char* text, int64_t capacity) {
  const char* all = "sinter-catalogue 1\nfake\n";
  if (text && capacity > 0) {
    strncpy(text, all, static_cast<size_t>(capacity - 1));
    text[capacity - 1] = 0;
  }
  return static_cast<int64_t>(strlen(all));
}
uint64_t weights_create() {
  return handle(1);
}
sinter_status weights_destroy(uint64_t w) {
  return known(w, 1) ? SINTER_OK : stale();
}
int32_t weights_pack(uint64_t w, int32_t packing, const void*, int64_t params_bytes, const void* const*, const int64_t*,
                     int32_t count) {
  return known(w, 1) ? static_cast<int32_t>(packing * 10000 + params_bytes * 100 + count) : -1;
}
int32_t weights_add(uint64_t w, const void* data, int64_t bytes) {
  return known(w, 1) ? static_cast<int32_t>(bytes * 1000 + *static_cast<const char*>(data)) : -1;
}
int64_t weights_bytes(uint64_t w, int32_t blob) {
  return known(w, 1) ? 700 + blob : -1;
}
uint64_t plan_create(uint64_t w, const void* bytes, int64_t count) {
  if (!known(w, 1) || !bytes || count != 5) {
    host->fail(SINTER_INVALID_PLAN, "fake device: plans have five bytes");
    return 0;
  }
  return handle(2);
}
sinter_status plan_destroy(uint64_t p) {
  return known(p, 2) ? SINTER_OK : stale();
}
uint64_t session_create(int64_t arena_bytes) {
  return arena_bytes == 64 ? handle(3) : 0;
}
sinter_status session_destroy(uint64_t s) {
  return known(s, 3) ? SINTER_OK : stale();
}
int32_t session_attach(uint64_t s, uint64_t p, int64_t base) {
  return known(s, 3) && known(p, 2) ? static_cast<int32_t>(base + 1) : -1;
}
char arena[64];
void* session_arena(uint64_t s) {
  return known(s, 3) ? arena : nullptr;
}
sinter_status session_fill(uint64_t s, int64_t offset, int64_t bytes, int32_t value) {
  return known(s, 3) && offset == 8 && bytes == 4 && value == 7 ? SINTER_OK : stale();
}
sinter_status session_bind(uint64_t s, int32_t plan, int32_t binding, void* data, int64_t bytes) {
  return known(s, 3) && plan == 1 && binding == 2 && data && bytes == 3 ? SINTER_OK : stale();
}
sinter_status session_run(uint64_t s, int32_t plan) {
  if (!known(s, 3)) return stale();
  return plan == 1 ? SINTER_OK : host->fail(SINTER_INVALID_ARGUMENT, "fake device: no such plan");
}
sinter_status session_cancel(uint64_t s) {
  return known(s, 3) ? SINTER_CANCELLED : stale();
}
int32_t session_failed_step(uint64_t s) {
  return known(s, 3) ? 42 : -1;
}
sinter_status session_profile(uint64_t s, int32_t enabled) {
  return known(s, 3) && enabled == 1 ? SINTER_OK : stale();
}
int32_t session_step_nanos(uint64_t s, int32_t plan, int64_t* nanos, int32_t capacity) {
  if (!known(s, 3) || plan != 1) return -1;
  if (capacity > 0) nanos[0] = 99;
  return 1;
}

const sinter_plugin table = {
#if defined(FAKE_WRONG_VERSION)
    SINTER_PLUGIN_VERSION + 1,
#else
    SINTER_PLUGIN_VERSION,
#endif
    sizeof(sinter_plugin),
    "fake",
    catalogue,
    weights_create,
    weights_destroy,
    weights_pack,
    weights_add,
    weights_bytes,
    plan_create,
    plan_destroy,
    session_create,
    session_destroy,
    session_attach,
    session_arena,
    session_fill,
    session_bind,
#if defined(FAKE_INCOMPLETE)
    nullptr,
#else
    session_run,
#endif
    session_cancel,
    session_failed_step,
    session_profile,
    session_step_nanos,
};

}  // namespace

#if defined(FAKE_NO_ENTRY)
#define ENTRY sinter_plugin_open_not
#else
#define ENTRY sinter_plugin_open
#endif

extern "C" __attribute__((visibility("default"))) const sinter_plugin* ENTRY(const sinter_plugin_host* given) {
  host = given;
#if defined(FAKE_UNUSABLE)
  host->fail(SINTER_UNSUPPORTED, "fake device: the hardware is missing");
  return nullptr;
#endif
  return &table;
}
