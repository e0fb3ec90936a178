// A device library whose device is the CPU: the reference rows of a few ops, behind the door of a GPU.
// SPDX-License-Identifier: Apache-2.0
//
// What splits programs between a device and the processor is tested with it where there is no GPU. It keeps apart what
// a GPU keeps apart: kernels see the arena alone, which starts full of rubbish; callers see its mirror alone; bindings
// are copied between the two before and after a run, and nothing else is.
#include <string.h>

#include <atomic>
#include <memory>
#include <vector>

#include "core/catalogue.h"
#include "core/float_mode.h"
#include "core/handles.h"
#include "core/plan.h"
#include "core/status.h"
#include "core/workers.h"
#include "plugin/plugin.h"

namespace sinter {

uint64_t machine_features() {
  return 0;
}
const bool catalogue_tells_features = true;
// Nothing is known of its caches.
int64_t cache_bytes(int) {
  return 0;
}

namespace {

const sinter_plugin_host* host = nullptr;

class DeviceSession {
 public:
  static std::shared_ptr<DeviceSession> create(int64_t arena_bytes) {
    auto session = std::make_shared<DeviceSession>();
    if (arena_bytes < 0 || !session->arena_.resize(arena_bytes) || !session->mirror_.resize(arena_bytes)) {
      fail(SINTER_INVALID_ARGUMENT, "session: arena of %lld bytes", (long long)arena_bytes);
      return nullptr;
    }
    memset(session->arena_.data(), 0xa5, static_cast<size_t>(arena_bytes));
    return session;
  }

  int32_t attach(std::shared_ptr<const Plan> plan, int64_t base) {
    if (base < 0 || base % ARENA_ALIGNMENT != 0 || base > arena_.bytes() || plan->arena_bytes > arena_.bytes() - base) {
      fail(SINTER_INVALID_ARGUMENT, "session: the plan does not fit");
      return -1;
    }
    const int64_t scratch = plan->scratch_bytes(1);
    if (scratch > scratch_.bytes() && !scratch_.resize(scratch)) {
      fail(SINTER_OUT_OF_MEMORY, "session: no memory for scratch");
      return -1;
    }
    Attached attached;
    attached.plan = std::move(plan);
    const Plan& p = *attached.plan;
    for (const PlanBinding& b : p.bindings) {
      if (b.arena_offset == NO_DEFAULT_PLACE) {
        fail(SINTER_INVALID_ARGUMENT, "session: bindings need a default place on this device");
        return -1;
      }
      const int64_t at = base + static_cast<int64_t>(b.arena_offset);
      attached.bindings.push_back({arena_.data() + at, mirror_.data() + at, nullptr});
    }
    for (uint32_t index : p.step_slots) {
      const PlanSlot& slot = p.slots[index];
      char* start = slot.kind == SLOT_ARENA  ? arena_.data() + base
                    : slot.kind == SLOT_BLOB ? p.blobs[index]->data()
                                             : attached.bindings[slot.index].device;
      attached.pointers.push_back(start + slot.offset);
    }
    attached.nanos.resize(p.steps.size());
    attached_.push_back(std::move(attached));
    return static_cast<int32_t>(attached_.size() - 1);
  }

  sinter_status bind(int32_t plan, int32_t binding, void* data, int64_t bytes) {
    Attached* attached = find(plan);
    if (!attached || binding < 0 || static_cast<size_t>(binding) >= attached->bindings.size() ||
        (data && static_cast<uint64_t>(bytes) < attached->plan->bindings[static_cast<size_t>(binding)].bytes)) {
      return fail(SINTER_INVALID_ARGUMENT, "session: binding %d of plan %d with %lld bytes", binding, plan,
                  (long long)bytes);
    }
    attached->bindings[static_cast<size_t>(binding)].bound = data;
    return SINTER_OK;
  }

  sinter_status run(int32_t plan) {
    if (busy_.exchange(true)) return fail(SINTER_BUSY, "the session is in use by another thread");
    const sinter_status status = run_claimed(plan);
    busy_ = false;
    return status;
  }

  sinter_status fill(int64_t offset, int64_t bytes, int value) {
    if (offset < 0 || bytes < 0 || offset > arena_.bytes() || bytes > arena_.bytes() - offset) {
      return fail(SINTER_INVALID_ARGUMENT, "session: bytes outside of the arena");
    }
    memset(arena_.data() + offset, value, static_cast<size_t>(bytes));
    return SINTER_OK;
  }

  void cancel() {
    cancelled_ = true;
  }
  int32_t failed_step() const {
    return failed_step_;
  }
  char* mirror() const {
    return mirror_.data();
  }
  bool idle() const {
    return !busy_;
  }
  sinter_status profile(bool enabled) {
    profile_ = enabled;
    return SINTER_OK;
  }
  int32_t step_nanos(int32_t plan, int64_t* nanos, int32_t capacity) {
    const Attached* attached = find(plan);
    if (!attached) return -1;
    const int32_t count = static_cast<int32_t>(attached->nanos.size());
    for (int32_t i = 0; nanos && i < count && i < capacity; i++) nanos[i] = attached->nanos[static_cast<size_t>(i)];
    return count;
  }

 private:
  struct Binding {
    char* device;
    char* mirror;
    void* bound;
  };
  struct Attached {
    std::shared_ptr<const Plan> plan;
    std::vector<Binding> bindings;
    std::vector<void*> pointers;
    std::vector<int64_t> nanos;
  };

  Attached* find(int32_t plan) {
    if (plan >= 0 && static_cast<size_t>(plan) < attached_.size()) return &attached_[static_cast<size_t>(plan)];
    fail(SINTER_INVALID_ARGUMENT, "session: no plan %d is attached", plan);
    return nullptr;
  }

  sinter_status run_claimed(int32_t plan) {
    Attached* attached = find(plan);
    if (!attached) return SINTER_INVALID_ARGUMENT;
    const Plan& p = *attached->plan;
    failed_step_ = -1;
    if (cancelled_.exchange(false)) {
      failed_step_ = 0;
      return fail(SINTER_CANCELLED, "cancelled before step 0 of %zu", p.steps.size());
    }
    copy(*attached, BINDING_INPUT);
    FlushDenormals guard;
    Workers alone = {1, nullptr};
    for (size_t i = 0; i < p.steps.size(); i++) {
      Fault fault = {nullptr, 0, 0};
      Call call = {p.params.data() + p.steps[i].params_offset,
                   attached->pointers.data() + p.steps[i].first_slot,
                   scratch_.data(),
                   &alone,
                   &fault,
                   nullptr};
      p.steps[i].row->run(&call);
      attached->nanos[i] = profile_ ? static_cast<int64_t>(i) + 1 : 0;  // so that tests know whose time it is
      if (fault.what) {
        failed_step_ = static_cast<int32_t>(i);
        return fault.limit < 0 ? fail(SINTER_INVALID_ARGUMENT, "%s", fault.what)
                               : fail(SINTER_INVALID_ARGUMENT, "%s %lld is not in 0 .. %lld", fault.what,
                                      (long long)fault.value, (long long)fault.limit - 1);
      }
    }
    copy(*attached, BINDING_OUTPUT);
    return SINTER_OK;
  }

  void copy(const Attached& attached, uint32_t direction) {
    for (size_t i = 0; i < attached.bindings.size(); i++) {
      const PlanBinding& b = attached.plan->bindings[i];
      const Binding& place = attached.bindings[i];
      if (b.direction != direction) continue;
      const size_t bytes = static_cast<size_t>(b.bytes);
      if (direction == BINDING_INPUT) {
        if (place.bound) memcpy(place.mirror, place.bound, bytes);
        memcpy(place.device, place.mirror, bytes);
      } else {
        memcpy(place.mirror, place.device, bytes);
        if (place.bound) memcpy(place.bound, place.mirror, bytes);
      }
    }
  }

  Arena arena_, mirror_, scratch_;
  std::vector<Attached> attached_;
  bool profile_ = false;
  std::atomic<bool> busy_{false}, cancelled_{false};
  std::atomic<int32_t> failed_step_{-1};
};

HandleTable<Weights> weights_table(HANDLE_WEIGHTS);
HandleTable<const Plan> plan_table(HANDLE_PLAN);
HandleTable<DeviceSession> session_table(HANDLE_SESSION);

// Hands the message of this library's own to whoever loaded it.
template <class Body>
auto told(Body&& body) -> decltype(body()) {
  fail(SINTER_OK, "%s", "");
  auto result = body();
  if (last_error()[0]) host->fail(SINTER_INTERNAL, last_error());
  return result;
}

sinter_status stale() {
  return fail(SINTER_INVALID_HANDLE, "cpu device: this is not the handle of anything open here");
}

template <class T>
uint64_t publish(HandleTable<T>& handles, std::shared_ptr<T> object) {
  return object ? handle_with_device(handles.insert(std::move(object)), host->device) : 0;
}

template <class Result, class Body>
Result on_session(uint64_t session, Result on_failure, Body&& body) {
  return told([&]() -> Result {
    const auto s = session_table.find(handle_without_device(session));
    if (s) return body(*s);
    stale();
    return on_failure;
  });
}

int64_t catalogue(char* text, int64_t capacity) {
  const std::string& all = catalogue_text();
  if (text && capacity > 0) {
    strncpy(text, all.c_str(), static_cast<size_t>(capacity - 1));
    text[capacity - 1] = 0;
  }
  return static_cast<int64_t>(all.size());
}

uint64_t weights_create() {
  return told([] { return publish(weights_table, std::make_shared<Weights>()); });
}
sinter_status weights_destroy(uint64_t weights) {
  return told([&] {
    return weights_table.remove(handle_without_device(weights), [](Weights&) { return true; })
               ? sinter_status{SINTER_OK}
               : stale();
  });
}
int32_t weights_pack(uint64_t weights, int32_t packing, const void* params, int64_t params_bytes,
                     const void* const* sources, const int64_t* source_bytes, int32_t count) {
  return told([&]() -> int32_t {
    const auto set = weights_table.find(handle_without_device(weights));
    const PackingDef* def = packing_at(packing);
    if (!set || !def || count > MAX_SOURCES) return stale(), -1;
    Source list[MAX_SOURCES] = {};
    for (int32_t i = 0; i < count; i++) list[i] = {sources[i], source_bytes[i]};
    return set->pack(def, params, params_bytes, list, count);
  });
}
int32_t weights_add(uint64_t weights, const void* data, int64_t bytes) {
  return told([&]() -> int32_t {
    const auto set = weights_table.find(handle_without_device(weights));
    return set ? set->add(data, bytes) : (stale(), -1);
  });
}
int64_t weights_bytes(uint64_t weights, int32_t blob) {
  return told([&]() -> int64_t {
    const auto set = weights_table.find(handle_without_device(weights));
    return set ? set->bytes(blob) : (stale(), -1);
  });
}
uint64_t plan_create(uint64_t weights, const void* bytes, int64_t count) {
  return told([&]() -> uint64_t {
    const auto set = weights_table.find(handle_without_device(weights));
    return set ? publish(plan_table, Plan::create(set, bytes, count)) : (stale(), 0);
  });
}
sinter_status plan_destroy(uint64_t plan) {
  return told([&] {
    return plan_table.remove(handle_without_device(plan), [](const Plan&) { return true; }) ? sinter_status{SINTER_OK}
                                                                                            : stale();
  });
}
uint64_t session_create(int64_t arena_bytes) {
  return told([&] { return publish(session_table, DeviceSession::create(arena_bytes)); });
}
sinter_status session_destroy(uint64_t session) {
  return told([&]() -> sinter_status {
    bool busy = false;
    const auto gone = session_table.remove(handle_without_device(session), [&](DeviceSession& s) {
      busy = !s.idle();
      return !busy;
    });
    if (busy) return fail(SINTER_BUSY, "the session is running");
    return gone ? sinter_status{SINTER_OK} : stale();
  });
}
int32_t session_attach(uint64_t session, uint64_t plan, int64_t base) {
  return on_session(session, int32_t{-1}, [&](DeviceSession& s) -> int32_t {
    auto p = plan_table.find(handle_without_device(plan));
    return p ? s.attach(std::move(p), base) : (stale(), -1);
  });
}
void* session_arena(uint64_t session) {
  return on_session(session, static_cast<void*>(nullptr), [](DeviceSession& s) -> void* { return s.mirror(); });
}
sinter_status session_fill(uint64_t session, int64_t offset, int64_t bytes, int32_t value) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE},
                    [&](DeviceSession& s) { return s.fill(offset, bytes, value); });
}
sinter_status session_bind(uint64_t session, int32_t plan, int32_t binding, void* data, int64_t bytes) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE},
                    [&](DeviceSession& s) { return s.bind(plan, binding, data, bytes); });
}
sinter_status session_run(uint64_t session, int32_t plan) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE}, [&](DeviceSession& s) { return s.run(plan); });
}
sinter_status session_cancel(uint64_t session) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE}, [](DeviceSession& s) {
    s.cancel();
    return sinter_status{SINTER_OK};
  });
}
int32_t session_failed_step(uint64_t session) {
  return on_session(session, int32_t{-1}, [](DeviceSession& s) { return s.failed_step(); });
}
sinter_status session_profile(uint64_t session, int32_t enabled) {
  return on_session(session, sinter_status{SINTER_INVALID_HANDLE},
                    [&](DeviceSession& s) { return s.profile(enabled != 0); });
}
int32_t session_step_nanos(uint64_t session, int32_t plan, int64_t* nanos, int32_t capacity) {
  return on_session(session, int32_t{-1}, [&](DeviceSession& s) { return s.step_nanos(plan, nanos, capacity); });
}

const sinter_plugin functions = {
    SINTER_PLUGIN_VERSION, sizeof(sinter_plugin), "cpu device",    catalogue,          weights_create, weights_destroy,
    weights_pack,          weights_add,           weights_bytes,   plan_create,        plan_destroy,   session_create,
    session_destroy,       session_attach,        session_arena,   session_fill,       session_bind,   session_run,
    session_cancel,        session_failed_step,   session_profile, session_step_nanos,
};

}  // namespace
}  // namespace sinter

extern "C" __attribute__((visibility("default"))) const sinter_plugin* sinter_plugin_open(
    const sinter_plugin_host* given) {
  sinter::host = given;
  return &sinter::functions;
}
