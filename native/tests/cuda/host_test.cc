// What of the device library can be tested without a GPU: its catalogue, and that loading it says what is missing.
// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <set>
#include <string>

#include "core/catalogue.h"
#include "cuda/device.h"
#include "gtest/gtest.h"
#include "plugin/plugin.h"

namespace sinter {
namespace {

TEST(CudaCatalogue, NamesAreUniqueAndRowsAreOfThisDevice) {
  std::set<std::string> names;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(row->arch, ARCH_CUDA) << row->name;
    EXPECT_TRUE(row->isa == ISA_SM80 || row->isa == ISA_SM90A) << row->name;
    EXPECT_NE(row->run, nullptr) << row->name;
    EXPECT_EQ(row->layout_in, NHWC) << row->name;
    EXPECT_EQ(row->layout_out, NHWC) << row->name;
    if (row->packing) {
      EXPECT_GE(packing_index(row->packing), 0) << row->name;
      EXPECT_EQ(row->packing->op, row->op) << row->name;
    }
  }
  EXPECT_GT(row_count(), 0);
}

TEST(CudaCatalogue, LimitsNameFields) {
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    for (const Limit& limit : row->limits) {
      if (!limit.field) break;
      bool found = false;
      for (int f = 0; f < row->op->field_count; f++) found |= row->op->fields[f].name == std::string(limit.field);
      EXPECT_TRUE(found) << row->name << ": " << limit.field;
    }
  }
}

TEST(CudaCatalogue, TellsWhatTheDeviceHas) {
  EXPECT_NE(catalogue_text().find("\nfeatures "), std::string::npos);
}

std::string message;  // NOLINT: the host's function has no other place for it

sinter_status keep_message(sinter_status code, const char* text) {
  message = text;
  return code;
}

TEST(CudaLibrary, OpensOrSaysWhatIsMissing) {
  void* library = dlopen(SINTER_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  const auto open = reinterpret_cast<sinter_plugin_entry>(dlsym(library, SINTER_PLUGIN_ENTRY));
  ASSERT_NE(open, nullptr);
  static const sinter_plugin_host host = {SINTER_PLUGIN_VERSION, 1, keep_message};
  const sinter_plugin* plugin = open(&host);
  if (plugin) {
    EXPECT_STREQ(plugin->name, "cuda");
    EXPECT_GT(plugin->catalogue(nullptr, 0), 0);
  } else {
    printf("no GPU is used: %s\n", message.c_str());
    EXPECT_EQ(message.rfind("CUDA: ", 0), 0u) << message;
  }
}

}  // namespace
}  // namespace sinter
