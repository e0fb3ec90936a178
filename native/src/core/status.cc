// The calling thread's error message.
// SPDX-License-Identifier: Apache-2.0
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace sinter {
namespace {
thread_local char message[1024] = "";
}

sinter_status fail(sinter_status code, const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return code;
}

const char* last_error() {
  return message;
}

sinter_status prefix_error(sinter_status code, const char* format, ...) {
  char old[sizeof message];
  memcpy(old, message, sizeof old);
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  // What does not fit is cut off.
  const int left = static_cast<int>(sizeof message) - length - 3;
  if (length >= 0 && left > 0) snprintf(message + length, static_cast<size_t>(left) + 3, ": %.*s", left, old);
  return code;
}

}  // namespace sinter
