// Status codes and the per-thread error message every failing call leaves behind.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_STATUS_H_
#define SINTER_CORE_STATUS_H_

#include "sinter.h"

namespace sinter {

// Stores a printf-style message for the calling thread and returns `code`, so that a caller writes
// `return fail(SINTER_INVALID_ARGUMENT, "...")`.
sinter_status fail(sinter_status code, const char* format, ...) __attribute__((format(printf, 2, 3)));

// The message of the calling thread's last failure; "" when there was none.
const char* last_error();

// Puts `prefix` (printf style) in front of the calling thread's message: a caller that knows the
// step, the row or the file adds it on the way up.
sinter_status prefix_error(sinter_status code, const char* format, ...) __attribute__((format(printf, 2, 3)));

}  // namespace sinter

#endif  // SINTER_CORE_STATUS_H_
