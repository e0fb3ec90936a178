// Holding a session for the length of a call: one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_CLAIM_H_
#define SINTER_CORE_CLAIM_H_

#include "core/status.h"

namespace sinter {

// S has claim() and release(), of the CPU or of a device.
template <class S>
class Claim {
 public:
  explicit Claim(S* session) : session_(session->claim() ? session : nullptr) {}
  ~Claim() {
    if (session_) session_->release();
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  bool held() const {
    return session_ != nullptr;
  }

 private:
  S* session_;
};

// What a call says that could not claim its session.
inline sinter_status session_busy() {
  return fail(SINTER_BUSY, "the session is in use by another thread; use one session per thread");
}

}  // namespace sinter

#endif  // SINTER_CORE_CLAIM_H_
