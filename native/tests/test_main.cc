// Entry of the test programs: says which CPU and rows are tested, and which are not and why.
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <string>
#include <vector>

#include "core/catalogue.h"
#include "core/cpu.h"
#include "device_rows.h"
#include "differential.h"
#include "gtest/gtest.h"

int main(int argc, char** argv) {
  // A report into a folder is called like the test, not like the program, of which several may run side by side.
  const char *folder = getenv("GTEST_OUTPUT"), *name = getenv("SINTER_TEST_NAME");
  std::string output;
  std::vector<char*> arguments(argv, argv + argc);
  if (folder && name && *folder && folder[strlen(folder) - 1] == '/') {
    output = std::string("--gtest_output=") + folder + name + ".xml";
    arguments.insert(arguments.begin() + 1, &output[0]);
  }
  arguments.push_back(nullptr);
  int count = static_cast<int>(arguments.size()) - 1;
  testing::InitGoogleTest(&count, arguments.data());
  if (const char* error = sinter::isa_override_error()) {
    fprintf(stderr, "%s\n", error);
    return 2;
  }
  printf("ISA:");
  for (const auto& isa : sinter::isa_names) {
    if (sinter::cpu_features() & isa.bit) printf(" %s", isa.name);
  }
  printf("\n");
  const int result = RUN_ALL_TESTS();
  for (int i = 0; i < sinter::row_count(); i++) {
    const sinter::RowDef* row = sinter::row_at(i);
    const char* state = sinter::tested_here(row)     ? "tested"
                        : sinter::row_runs_here(row) ? "SKIPPED: not emulated"
                        : row->run                   ? "SKIPPED: not on this CPU"
                                                     : "SKIPPED: other architecture";
    printf("row %-40s %s\n", row->name, state);
  }
  if (!sinter::report_device_rows()) {
    printf("rows of the device were not tested\n");
    return testing::GTEST_FLAG(filter) == "*" ? 1 : result;
  }
  return result;
}
