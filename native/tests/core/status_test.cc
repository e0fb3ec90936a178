// Messages: one per thread, cut to fit, prefixed on the way up.
// SPDX-License-Identifier: Apache-2.0
#include "core/status.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace sinter {
namespace {

TEST(Status, MessagesBelongToTheirThread) {
  EXPECT_EQ(fail(SINTER_UNSUPPORTED, "row %d", 7), SINTER_UNSUPPORTED);
  std::thread([] {
    EXPECT_STREQ(last_error(), "");
    fail(SINTER_INTERNAL, "other");
  }).join();
  EXPECT_STREQ(last_error(), "row 7");
}

TEST(Status, PrefixesAndLongMessages) {
  fail(SINTER_OK, "inner");
  EXPECT_EQ(prefix_error(SINTER_INVALID_PLAN, "step %d", 3), SINTER_INVALID_PLAN);
  EXPECT_STREQ(last_error(), "step 3: inner");
  const std::string text(5000, 'x');
  fail(SINTER_OK, "%s", text.c_str());
  EXPECT_GT(strlen(last_error()), 500u);
  EXPECT_LT(strlen(last_error()), 5000u);
  prefix_error(SINTER_OK, "%s", text.c_str());
  EXPECT_LT(strlen(last_error()), 5000u);
}

TEST(Status, IsCopiedWithinTheBuffer) {
  fail(SINTER_OK, "0123456789");
  char text[8];
  memset(text, 'z', sizeof text);
  EXPECT_EQ(sinter_last_error(text, 5), 10);
  EXPECT_STREQ(text, "0123");
  EXPECT_EQ(text[5], 'z');
  EXPECT_EQ(sinter_last_error(nullptr, 0), 10);
  EXPECT_EQ(sinter_last_error(nullptr, 100), 10);
  EXPECT_EQ(sinter_last_error(text, 0), 10);
  EXPECT_EQ(sinter_last_error(text, -5), 10);
  EXPECT_STREQ(text, "0123");
}

}  // namespace
}  // namespace sinter
