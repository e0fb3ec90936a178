// The CUDA device as plugin.h wants it: handles to objects, and the table of functions.
// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin.h"

#include <string.h>

#include <exception>
#include <new>

#include "core/catalogue.h"
#include "core/handles.h"
#include "core/status.h"
#include "cuda/session.h"
#include "cuda/weights.h"

namespace sinter {
namespace {

const sinter_plugin_host* host = nullptr;

// Leaked on purpose: threads of a process that ends may still be running.
template <class T, HandleKind kind>
HandleTable<T>& table() {
  static HandleTable<T>* const handles = new HandleTable<T>(kind);
  return *handles;
}
HandleTable<CudaWeights>& weights_table() {
  return table<CudaWeights, HANDLE_WEIGHTS>();
}
HandleTable<const Plan>& plan_table() {
  return table<const Plan, HANDLE_PLAN>();
}
HandleTable<CudaSession>& session_table() {
  return table<CudaSession, HANDLE_SESSION>();
}

// Runs one call of the interface: no exception crosses it, its message reaches the host, and whatever thread it comes
// from uses the GPU that was found.
template <class Result, class Body>
Result guarded(Result on_failure, Body&& body) {
  fail(SINTER_OK, "%s", "");
  Result result = on_failure;
  try {
    if (cuda_check(cudaSetDevice(0), "choosing the GPU") == SINTER_OK) result = body();
  } catch (const std::bad_alloc&) {
    fail(SINTER_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    fail(SINTER_INTERNAL, "internal error: %s", e.what());
  }
  if (last_error()[0]) host->fail(SINTER_INTERNAL, last_error());
  return result;
}

sinter_status stale(const char* kind) {
  return fail(SINTER_INVALID_HANDLE, "this is not the handle of an open %s", kind);
}

template <class T>
uint64_t publish(HandleTable<T>& handles, std::shared_ptr<T> object) {
  if (!object) return 0;
  const uint64_t handle = handles.insert(std::move(object));
  if (handle == 0) {
    fail(SINTER_OUT_OF_MEMORY, "too many open handles");
    return 0;
  }
  return handle_with_device(handle, host->device);
}

int64_t catalogue(char* text, int64_t capacity) {
  const std::string& all = catalogue_text();
  const int64_t length = static_cast<int64_t>(all.size());
  if (text && capacity > 0) {
    const int64_t count = length < capacity - 1 ? length : capacity - 1;
    memcpy(text, all.data(), static_cast<size_t>(count));
    text[count] = 0;
  }
  return length;
}

uint64_t weights_create() {
  return guarded(uint64_t{0}, [] { return publish(weights_table(), std::make_shared<CudaWeights>()); });
}

sinter_status weights_destroy(uint64_t weights) {
  return guarded(sinter_status{SINTER_INTERNAL}, [&] {
    return weights_table().remove(handle_without_device(weights), [](CudaWeights&) { return true; })
               ? sinter_status{SINTER_OK}
               : stale("set of weights");
  });
}

int32_t weights_pack(uint64_t weights, int32_t packing, const void* params, int64_t params_bytes,
                     const void* const* sources, const int64_t* source_bytes, int32_t source_count) {
  return guarded(int32_t{-1}, [&]() -> int32_t {
    const auto set = weights_table().find(handle_without_device(weights));
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

int32_t weights_add(uint64_t weights, const void* data, int64_t bytes) {
  return guarded(int32_t{-1}, [&]() -> int32_t {
    const auto set = weights_table().find(handle_without_device(weights));
    if (set) return set->add(data, bytes);
    stale("set of weights");
    return -1;
  });
}

int64_t weights_bytes(uint64_t weights, int32_t blob) {
  return guarded(int64_t{-1}, [&]() -> int64_t {
    const auto set = weights_table().find(handle_without_device(weights));
    if (set) {
      const int64_t bytes = set->bytes(blob);
      if (bytes < 0) fail(SINTER_INVALID_ARGUMENT, "no constant %d in this set", blob);
      return bytes;
    }
    stale("set of weights");
    return -1;
  });
}

uint64_t plan_create(uint64_t weights, const void* bytes, int64_t byte_count) {
  return guarded(uint64_t{0}, [&]() -> uint64_t {
    const auto set = weights_table().find(handle_without_device(weights));
    if (set) return publish(plan_table(), Plan::create(set, bytes, byte_count));
    stale("set of weights");
    return 0;
  });
}

sinter_status plan_destroy(uint64_t plan) {
  return guarded(sinter_status{SINTER_INTERNAL}, [&] {
    return plan_table().remove(handle_without_device(plan), [](const Plan&) { return true; }) ? sinter_status{SINTER_OK}
                                                                                              : stale("plan");
  });
}

uint64_t session_create(int64_t arena_bytes) {
  return guarded(uint64_t{0}, [&] { return publish(session_table(), CudaSession::create(arena_bytes)); });
}

sinter_status session_destroy(uint64_t session) {
  return guarded(sinter_status{SINTER_INTERNAL}, [&]() -> sinter_status {
    bool in_use = false;
    const auto gone = session_table().remove(handle_without_device(session), [&](CudaSession& s) {
      in_use = !s.claim();  // never released: late runs find it busy, then stale
      return !in_use;
    });
    if (gone) return SINTER_OK;
    return in_use ? fail(SINTER_BUSY, "the session is running on another thread") : stale("session");
  });
}

// Finds the session and calls it.
template <class Result, class Body>
Result on_session(uint64_t session, Result on_failure, Body&& body) {
  return guarded(on_failure, [&]() -> Result {
    const auto s = session_table().find(handle_without_device(session));
    if (s) return body(*s);
    stale("session");
    return on_failure;
  });
}
template <class Body>
sinter_status on_session(uint64_t session, Body&& body) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE}, body);
}

int32_t session_attach(uint64_t session, uint64_t plan, int64_t arena_base) {
  return on_session(session, int32_t{-1}, [&](CudaSession& s) -> int32_t {
    auto p = plan_table().find(handle_without_device(plan));
    if (p) return s.attach(std::move(p), arena_base);
    stale("plan");
    return -1;
  });
}

void* session_arena(uint64_t session) {
  return on_session(session, static_cast<void*>(nullptr), [](CudaSession& s) -> void* { return s.arena(); });
}

sinter_status session_fill(uint64_t session, int64_t offset, int64_t bytes, int32_t value) {
  return on_session(session, [&](CudaSession& s) { return s.fill(offset, bytes, value); });
}

sinter_status session_bind(uint64_t session, int32_t plan, int32_t binding, void* data, int64_t bytes) {
  return on_session(session, [&](CudaSession& s) { return s.bind(plan, binding, data, bytes); });
}

sinter_status session_run(uint64_t session, int32_t plan) {
  return on_session(session, [&](CudaSession& s) { return s.run(plan); });
}

sinter_status session_cancel(uint64_t session) {
  return on_session(session, [](CudaSession& s) -> sinter_status {
    s.cancel();
    return SINTER_OK;
  });
}

int32_t session_failed_step(uint64_t session) {
  return on_session(session, int32_t{-1}, [](CudaSession& s) { return s.failed_step(); });
}

sinter_status session_profile(uint64_t session, int32_t enabled) {
  return on_session(session, [&](CudaSession& s) { return s.profile(enabled != 0); });
}

int32_t session_step_nanos(uint64_t session, int32_t plan, int64_t* nanos, int32_t capacity) {
  return on_session(session, int32_t{-1}, [&](CudaSession& s) { return s.step_nanos(plan, nanos, capacity); });
}

const sinter_plugin functions = {
    SINTER_PLUGIN_VERSION, sizeof(sinter_plugin), "cuda",          catalogue,          weights_create, weights_destroy,
    weights_pack,          weights_add,           weights_bytes,   plan_create,        plan_destroy,   session_create,
    session_destroy,       session_attach,        session_arena,   session_fill,       session_bind,   session_run,
    session_cancel,        session_failed_step,   session_profile, session_step_nanos,
};

}  // namespace
}  // namespace sinter

extern "C" __attribute__((visibility("default"))) const sinter_plugin* sinter_plugin_open(
    const sinter_plugin_host* given) {
  sinter::host = given;
  if (sinter::cuda_device()) return &sinter::functions;
  given->fail(SINTER_UNSUPPORTED, sinter::last_error());
  return nullptr;
}
