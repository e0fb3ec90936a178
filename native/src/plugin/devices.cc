// Loads device libraries and keeps their tables.
// SPDX-License-Identifier: Apache-2.0
#include "plugin/devices.h"

#include <dlfcn.h>
#include <string.h>

#include <atomic>
#include <mutex>

#include "core/status.h"

namespace sinter {
namespace {

enum { MAX_DEVICES = 255 };

std::mutex mutex;
int count = 0;
std::atomic<const sinter_plugin*> devices[MAX_DEVICES + 1];
sinter_plugin_host hosts[MAX_DEVICES + 1];

sinter_status fail_for_device(sinter_status code, const char* message) {
  return fail(code, "%s", message ? message : "");
}

// Every function must be there: a call would otherwise jump to null.
bool complete(const sinter_plugin& p) {
  return p.name && p.catalogue && p.weights_create && p.weights_destroy && p.weights_pack && p.weights_add &&
         p.weights_bytes && p.plan_create && p.plan_destroy && p.session_create && p.session_destroy &&
         p.session_attach && p.session_arena && p.session_fill && p.session_bind && p.session_run && p.session_cancel &&
         p.session_failed_step && p.session_profile && p.session_step_nanos;
}

}  // namespace

const sinter_plugin* loaded_device(int device) {
  return device >= 1 && device <= MAX_DEVICES ? devices[device].load(std::memory_order_acquire) : nullptr;
}

}  // namespace sinter

using namespace sinter;  // NOLINT: C interface

extern "C" {

int32_t sinter_device_load(const char* path) {
  if (!path) {
    fail(SINTER_INVALID_ARGUMENT, "device: no path");
    return -1;
  }
  std::lock_guard<std::mutex> lock(mutex);
  if (count == MAX_DEVICES) {
    fail(SINTER_OUT_OF_MEMORY, "device: %d are loaded already", count);
    return -1;
  }
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fail(SINTER_UNSUPPORTED, "device: cannot load %s: %s", path, dlerror());
    return -1;
  }
  const auto open = reinterpret_cast<sinter_plugin_entry>(dlsym(library, SINTER_PLUGIN_ENTRY));
  if (!open) {
    fail(SINTER_UNSUPPORTED, "device: %s has no function %s; it is not a device library", path, SINTER_PLUGIN_ENTRY);
    dlclose(library);
    return -1;
  }
  const int device = count + 1;
  hosts[device] = {SINTER_PLUGIN_VERSION, static_cast<uint32_t>(device), fail_for_device};
  fail(SINTER_OK, "%s", "");
  const sinter_plugin* plugin = open(&hosts[device]);
  if (!plugin) {
    prefix_error(SINTER_UNSUPPORTED, "device: %s cannot be used here", path);
    dlclose(library);
    return -1;
  }
  if (plugin->version != SINTER_PLUGIN_VERSION || plugin->bytes != sizeof(sinter_plugin) || !complete(*plugin)) {
    fail(SINTER_UNSUPPORTED, "device: %s offers version %u with %u bytes, this library needs %d with %zu", path,
         plugin->version, plugin->bytes, SINTER_PLUGIN_VERSION, sizeof(sinter_plugin));
    dlclose(library);
    return -1;
  }
  devices[device].store(plugin, std::memory_order_release);  // the library stays loaded for good
  count = device;
  return device;
}

uint64_t sinter_device_weights_create(int32_t device) {
  if (const sinter_plugin* plugin = loaded_device(device)) return plugin->weights_create();
  fail(SINTER_INVALID_ARGUMENT, "no device %d is loaded", device);
  return 0;
}

uint64_t sinter_device_session_create(int32_t device, int64_t arena_bytes) {
  if (const sinter_plugin* plugin = loaded_device(device)) return plugin->session_create(arena_bytes);
  fail(SINTER_INVALID_ARGUMENT, "no device %d is loaded", device);
  return 0;
}

int64_t sinter_device_catalogue(int32_t device, char* text, int64_t capacity) {
  if (const sinter_plugin* plugin = loaded_device(device)) return plugin->catalogue(text, capacity);
  fail(SINTER_INVALID_ARGUMENT, "no device %d is loaded", device);
  return -1;
}

}  // extern "C"
