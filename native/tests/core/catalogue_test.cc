// The catalogue is whole: names unique, text readable, limits name fields that exist.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"

#include <string.h>

#include <set>
#include <string>

#include "core/cpu.h"
#include "gtest/gtest.h"

namespace sinter {
namespace {

TEST(Catalogue, NamesAreUniqueAndLimitsNameFields) {
  std::set<std::string> names;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(row_index(row), i);
    EXPECT_EQ(strncmp(row->name, row->op->name, strlen(row->op->name)), 0) << row->name;
    for (const Limit& limit : row->limits) {
      if (!limit.field) break;
      bool found = false;
      for (int f = 0; f < row->op->field_count; f++) found |= !strcmp(row->op->fields[f].name, limit.field);
      EXPECT_TRUE(found) << row->name << " limits " << limit.field;
    }
    bool weights = false;
    for (int s = 0; s < row->op->slot_count; s++) weights |= row->op->slots[s].role == SLOT_WEIGHTS;
    EXPECT_EQ(weights, row->packing != nullptr) << row->name;
    if (row->packing) {
      EXPECT_EQ(row->packing->op, row->op) << row->name;
      EXPECT_GE(packing_index(row->packing), 0) << row->name << ": its packing is not listed";
    }
    if (row->arch == ARCH_ANY) {
      EXPECT_TRUE(row->run != nullptr && row->isa == 0) << row->name;
    }
  }
}

TEST(Catalogue, EveryRowHasAReferenceWithItsNumerics) {
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    bool found = false;
    for (int j = 0; j < row_count(); j++) {
      const RowDef* other = row_at(j);
      found |= other->op == row->op && !memcmp(other->types, row->types, sizeof row->types) &&
               !strcmp(other->numerics, row->numerics) && strstr(other->name, "_reference") != nullptr;
    }
    EXPECT_TRUE(found) << row->name;
  }
}

TEST(Catalogue, FieldsFillTheParameters) {
  for (int i = 0; i < op_count(); i++) {
    const OpDef* op = op_at(i);
    EXPECT_EQ(op->params_bytes, op->field_count * 4) << op->name;
    for (int f = 0; f < op->field_count; f++) EXPECT_EQ(op->fields[f].offset, f * 4) << op->name;
  }
}

// What a row says about its fields decides: at the bounds, one past them, and for multiples.
TEST(Catalogue, LimitsHoldAtTheirBoundsAndNotPastThem) {
  const OpDef* op = find_op("copy");
  RowDef row = *find_row("copy_u8_reference");
  row.limits[0] = {op->fields[0].name, LIMIT_RANGE, 3, 7};
  row.limits[1] = {op->fields[1].name, LIMIT_MULTIPLE, 4, 0};
  row.limits[2] = {nullptr, LIMIT_RANGE, 0, 0};
  int32_t params[6] = {};
  auto holds = [&](int32_t first, int32_t second) {
    params[0] = first;
    params[1] = second;
    return broken_limit(&row, params) == nullptr;
  };
  for (int32_t value : {3, 4, 7}) EXPECT_TRUE(holds(value, 8)) << value;
  for (int32_t value : {2, 8, 0, -3, INT32_MIN, INT32_MAX}) EXPECT_FALSE(holds(value, 8)) << value;
  for (int32_t value : {0, 4, 400}) EXPECT_TRUE(holds(5, value)) << value;
  for (int32_t value : {1, 2, 3, 5}) EXPECT_FALSE(holds(5, value)) << value;
  EXPECT_EQ(broken_limit(&row, params), &row.limits[1]);
}

TEST(Catalogue, TextNamesEveryRow) {
  const std::string& text = catalogue_text();
  EXPECT_EQ(text.rfind("sinter-catalogue 1\n", 0), 0u);
  for (int i = 0; i < row_count(); i++) {
    EXPECT_NE(text.find(std::string(" ") + row_at(i)->name + " "), std::string::npos) << row_at(i)->name;
  }
  EXPECT_NE(catalogue_fingerprint(), 0u);
}

}  // namespace
}  // namespace sinter
