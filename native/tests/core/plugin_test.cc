// The door for device libraries, with a fake device: what is refused, and that every call arrives.
// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin.h"

#include <string>

#include "core/plan_builder.h"
#include "gtest/gtest.h"

namespace sinter {
namespace {

int32_t load(const char* variant) {
  return sinter_device_load((std::string(SINTER_FAKE_DEVICES) + variant + ".so").c_str());
}

TEST(Plugin, WhatIsNoDeviceLibraryIsRefused) {
  EXPECT_EQ(sinter_device_load(nullptr), -1);
  EXPECT_EQ(sinter_device_load("/nonexistent/device.so"), -1);
  EXPECT_NE(error_text().find("/nonexistent/device.so"), std::string::npos);
  EXPECT_EQ(sinter_device_load(SINTER_NOT_A_LIBRARY), -1);
  EXPECT_EQ(load("no_entry"), -1);
  EXPECT_NE(error_text().find(SINTER_PLUGIN_ENTRY), std::string::npos) << error_text();
  EXPECT_EQ(load("wrong_version"), -1);
  const std::string other = "version " + std::to_string(SINTER_PLUGIN_VERSION + 1);
  EXPECT_NE(error_text().find(other), std::string::npos) << error_text();
  EXPECT_EQ(load("incomplete"), -1);
  EXPECT_EQ(load("unusable"), -1);
  EXPECT_NE(error_text().find("the hardware is missing"), std::string::npos) << error_text();
}

TEST(Plugin, EveryCallReachesTheDevice) {
  const int32_t device = load("whole");
  ASSERT_GT(device, 0) << error_text();
  char text[64];
  EXPECT_EQ(sinter_device_catalogue(device, text, sizeof text), 24);
  EXPECT_STREQ(text, "sinter-catalogue 1\nfake\n");

  const uint64_t weights = sinter_device_weights_create(device);
  EXPECT_EQ(weights >> 56, static_cast<uint64_t>(device));
  const char data[] = {7, 0, 0, 0, 0};
  const void* sources[] = {data, data, data};
  const int64_t bytes[] = {1, 1, 1};
  EXPECT_EQ(sinter_weights_pack(weights, 6, data, 5, sources, bytes, 3), 60503);
  EXPECT_EQ(sinter_weights_add(weights, data, 4), 4007);
  EXPECT_EQ(sinter_weights_bytes(weights, 8), 708);
  EXPECT_EQ(sinter_plan_create(weights, data, 4), 0u);
  EXPECT_EQ(error_text(), "fake device: plans have five bytes");
  const uint64_t plan = sinter_plan_create(weights, data, 5);
  EXPECT_EQ(plan >> 56, static_cast<uint64_t>(device));

  EXPECT_EQ(sinter_device_session_create(device, 63), 0u);
  const uint64_t session = sinter_device_session_create(device, 64);
  EXPECT_EQ(session >> 56, static_cast<uint64_t>(device));
  EXPECT_EQ(sinter_session_attach(session, plan, 64), 65);
  EXPECT_EQ(sinter_session_attach(session, weights, 64), -1);
  EXPECT_NE(sinter_session_arena(session), nullptr);
  EXPECT_EQ(sinter_session_fill(session, 8, 4, 7), SINTER_OK);
  EXPECT_EQ(sinter_session_fill(session, 8, 4, 6), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_bind(session, 1, 2, text, 3), SINTER_OK);
  EXPECT_EQ(sinter_session_run(session, 1), SINTER_OK);
  EXPECT_EQ(sinter_session_run(session, 2), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(error_text(), "fake device: no such plan");
  EXPECT_EQ(sinter_session_cancel(session), SINTER_CANCELLED);
  EXPECT_EQ(sinter_session_failed_step(session), 42);
  EXPECT_EQ(sinter_session_profile(session, 1), SINTER_OK);
  int64_t nanos = 0;
  EXPECT_EQ(sinter_session_step_nanos(session, 1, &nanos, 1), 1);
  EXPECT_EQ(nanos, 99);
  EXPECT_EQ(sinter_session_destroy(session), SINTER_OK);
  EXPECT_EQ(sinter_session_destroy(session + 1), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_plan_destroy(plan), SINTER_OK);
  EXPECT_EQ(sinter_plan_destroy(weights), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_weights_destroy(weights), SINTER_OK);

  // A device's plan in a session of this CPU, and the other way round.
  const uint64_t own = sinter_session_create(64, 1);
  EXPECT_EQ(sinter_session_attach(own, plan, 0), -1);
  EXPECT_EQ(sinter_session_destroy(own), SINTER_OK);
}

TEST(Plugin, UnknownDevicesAreRefused) {
  for (int32_t device : {0, -1, 200, 255, 256, INT32_MAX}) {
    EXPECT_EQ(sinter_device_weights_create(device), 0u);
    EXPECT_EQ(sinter_device_session_create(device, 64), 0u);
    EXPECT_EQ(sinter_device_catalogue(device, nullptr, 0), -1);
  }
}

}  // namespace
}  // namespace sinter
