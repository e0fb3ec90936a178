// The device libraries this process has loaded.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_PLUGIN_DEVICES_H_
#define SINTER_PLUGIN_DEVICES_H_

#include <stdint.h>

#include "core/handles.h"
#include "plugin/plugin.h"

namespace sinter {

// Null when no such device is loaded.
const sinter_plugin* loaded_device(int device);

// The device a handle belongs to; null for this CPU's handles and for unknown devices (whose handles
// then fail as stale).
inline const sinter_plugin* device_of(uint64_t handle) {
  const int device = handle_device(handle);
  return device == 0 ? nullptr : loaded_device(device);
}

}  // namespace sinter

#endif  // SINTER_PLUGIN_DEVICES_H_
