// The C interface: handles to objects, devices to their libraries. No logic of its own.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <exception>
#include <new>

#include "core/catalogue.h"
#include "core/cpu.h"
#include "core/handles.h"
#include "core/session.h"
#include "core/status.h"
#include "plugin/devices.h"
#include "sinter_build_id.h"

namespace sinter {
namespace {

// Leaked on purpose: threads of a process that ends may still be running.
template <class T, HandleKind kind>
HandleTable<T>& table() {
  static HandleTable<T>* const handles = new HandleTable<T>(kind);
  return *handles;
}
HandleTable<Weights>& weights_table() {
  return table<Weights, HANDLE_WEIGHTS>();
}
HandleTable<const Plan>& plan_table() {
  return table<const Plan, HANDLE_PLAN>();
}
HandleTable<Session>& session_table() {
  return table<Session, HANDLE_SESSION>();
}

sinter_status stale(const char* kind) {
  return fail(SINTER_INVALID_HANDLE, "this is not the handle of an open %s", kind);
}

// No exception crosses the C interface.
template <class Result, class Body>
Result guarded(Result on_failure, Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    fail(SINTER_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    fail(SINTER_INTERNAL, "internal error: %s", e.what());
  }
  return on_failure;
}

template <class T>
uint64_t publish(HandleTable<T>& handles, std::shared_ptr<T> object) {
  if (!object) return 0;
  const uint64_t handle = handles.insert(std::move(object));
  if (handle == 0) fail(SINTER_OUT_OF_MEMORY, "too many open handles");
  return handle;
}

int64_t copy_text(const char* source, int64_t length, char* text, int64_t capacity) {
  if (text && capacity > 0) {
    const int64_t count = length < capacity - 1 ? length : capacity - 1;
    memcpy(text, source, static_cast<size_t>(count));
    text[count] = 0;
  }
  return length;
}

}  // namespace
}  // namespace sinter

using namespace sinter;  // NOLINT: the C interface below has no namespace of its own

extern "C" {

const char* sinter_build_id(void) {
  return SINTER_BUILD_ID;
}

int64_t sinter_last_error(char* text, int64_t capacity) {
  return copy_text(last_error(), static_cast<int64_t>(strlen(last_error())), text, capacity);
}

uint64_t sinter_cpu_features(void) {
  return cpu_features();
}

int64_t sinter_cache_bytes(int32_t level) {
  return cache_bytes(level);
}

int32_t sinter_cores(void) {
  return usable_cores();
}

int64_t sinter_catalogue(char* text, int64_t capacity) {
  return guarded(int64_t{-1}, [&] {
    const std::string& all = catalogue_text();
    return copy_text(all.data(), static_cast<int64_t>(all.size()), text, capacity);
  });
}

uint64_t sinter_catalogue_fingerprint(void) {
  return guarded(uint64_t{0}, [] { return catalogue_fingerprint(); });
}

uint64_t sinter_weights_create(void) {
  return guarded(uint64_t{0}, [] { return publish(weights_table(), std::make_shared<Weights>()); });
}

sinter_status sinter_weights_destroy(uint64_t weights) {
  if (const auto* device = device_of(weights)) return device->weights_destroy(weights);
  return weights_table().remove(weights, [](Weights&) { return true; }) ? SINTER_OK : stale("set of weights");
}

int32_t sinter_weights_pack(uint64_t weights, int32_t packing, const void* params, int64_t params_bytes,
                            const void* const* sources, const int64_t* source_bytes, int32_t source_count) {
  if (const auto* device = device_of(weights)) {
    return device->weights_pack(weights, packing, params, params_bytes, sources, source_bytes, source_count);
  }
  return guarded(int32_t{-1}, [&]() -> int32_t {
    const auto set = weights_table().find(weights);
    if (!set) {
      stale("set of weights");
      return -1;
    }
    const PackingDef* def = packing_at(packing);
    if (!def || !params || !sources || !source_bytes || source_count < 0 || source_count > MAX_SOURCES) {
      fail(SINTER_INVALID_ARGUMENT, "weights_pack: packing %d, %d sources or a null pointer", packing, source_count);
      return -1;
    }
    Source list[MAX_SOURCES] = {};
    for (int32_t i = 0; i < source_count; i++) list[i] = {sources[i], source_bytes[i]};
    return set->pack(def, params, params_bytes, list, source_count);
  });
}

int32_t sinter_weights_add(uint64_t weights, const void* data, int64_t bytes) {
  if (const auto* device = device_of(weights)) return device->weights_add(weights, data, bytes);
  return guarded(int32_t{-1}, [&]() -> int32_t {
    const auto set = weights_table().find(weights);
    if (!set) {
      stale("set of weights");
      return -1;
    }
    return set->add(data, bytes);
  });
}

int64_t sinter_weights_bytes(uint64_t weights, int32_t blob) {
  if (const auto* device = device_of(weights)) return device->weights_bytes(weights, blob);
  const auto set = weights_table().find(weights);
  if (!set) {
    stale("set of weights");
    return -1;
  }
  return set->bytes(blob);
}

uint64_t sinter_plan_create(uint64_t weights, const void* bytes, int64_t byte_count) {
  if (const auto* device = device_of(weights)) return device->plan_create(weights, bytes, byte_count);
  return guarded(uint64_t{0}, [&]() -> uint64_t {
    auto set = weights_table().find(weights);
    if (!set) {
      stale("set of weights");
      return 0;
    }
    return publish(plan_table(), Plan::create(std::move(set), bytes, byte_count));
  });
}

sinter_status sinter_plan_destroy(uint64_t plan) {
  if (const auto* device = device_of(plan)) return device->plan_destroy(plan);
  return plan_table().remove(plan, [](const Plan&) { return true; }) ? SINTER_OK : stale("plan");
}

uint64_t sinter_session_create(int64_t arena_bytes, int32_t threads) {
  return guarded(uint64_t{0}, [&] { return publish(session_table(), Session::create(arena_bytes, threads)); });
}

sinter_status sinter_session_destroy(uint64_t session) {
  if (const auto* device = device_of(session)) return device->session_destroy(session);
  bool busy = false;
  // A claimed session stays claimed: a thread that still holds a reference gets SINTER_BUSY.
  if (session_table().remove(session, [&](Session& s) { return !(busy = !s.claim()); })) return SINTER_OK;
  if (busy) return fail(SINTER_BUSY, "the session is running on another thread; cancel it or wait");
  return stale("session");
}

int32_t sinter_session_attach(uint64_t session, uint64_t plan, int64_t arena_base) {
  if (const auto* device = device_of(session)) return device->session_attach(session, plan, arena_base);
  return guarded(int32_t{-1}, [&]() -> int32_t {
    const auto s = session_table().find(session);
    auto p = plan_table().find(plan);
    if (!s || !p) {
      stale(s ? "plan" : "session");
      return -1;
    }
    return s->attach(std::move(p), arena_base);
  });
}

void* sinter_session_arena(uint64_t session) {
  if (const auto* device = device_of(session)) return device->session_arena(session);
  const auto s = session_table().find(session);
  if (!s) {
    stale("session");
    return nullptr;
  }
  return s->arena();
}

sinter_status sinter_session_fill(uint64_t session, int64_t offset, int64_t bytes, int32_t value) {
  if (const auto* device = device_of(session)) return device->session_fill(session, offset, bytes, value);
  const auto s = session_table().find(session);
  return s ? s->fill(offset, bytes, value) : stale("session");
}

sinter_status sinter_session_bind(uint64_t session, int32_t plan, int32_t binding, void* data, int64_t bytes) {
  if (const auto* device = device_of(session)) return device->session_bind(session, plan, binding, data, bytes);
  const auto s = session_table().find(session);
  return s ? s->bind(plan, binding, data, bytes) : stale("session");
}

sinter_status sinter_session_run(uint64_t session, int32_t plan) {
  if (const auto* device = device_of(session)) return device->session_run(session, plan);
  const auto s = session_table().find(session);
  return s ? s->run(plan) : stale("session");
}

sinter_status sinter_session_cancel(uint64_t session) {
  if (const auto* device = device_of(session)) return device->session_cancel(session);
  const auto s = session_table().find(session);
  if (!s) return stale("session");
  s->cancel();
  return SINTER_OK;
}

int32_t sinter_session_failed_step(uint64_t session) {
  if (const auto* device = device_of(session)) return device->session_failed_step(session);
  const auto s = session_table().find(session);
  if (!s) {
    stale("session");
    return -1;
  }
  return s->failed_step();
}

sinter_status sinter_session_profile(uint64_t session, int32_t enabled) {
  if (const auto* device = device_of(session)) return device->session_profile(session, enabled);
  const auto s = session_table().find(session);
  return s ? s->profile(enabled != 0) : stale("session");
}

int32_t sinter_session_step_nanos(uint64_t session, int32_t plan, int64_t* nanos, int32_t capacity) {
  if (const auto* device = device_of(session)) return device->session_step_nanos(session, plan, nanos, capacity);
  const auto s = session_table().find(session);
  if (!s) {
    stale("session");
    return -1;
  }
  return s->step_nanos(plan, nanos, capacity);
}

}  // extern "C"
