// All ops, packings and rows of this build, in a fixed order, and their export as text.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_CATALOGUE_H_
#define SINTER_CORE_CATALOGUE_H_

#include <string>

#include "core/row.h"

namespace sinter {

int row_count();
const RowDef* row_at(int index);  // null when out of range
int packing_count();
const PackingDef* packing_at(int index);
int op_count();
const OpDef* op_at(int index);

// Linear searches by name, for tests and set-up; null when absent.
const RowDef* find_row(const char* name);
const OpDef* find_op(const char* name);
int row_index(const RowDef* row);
int packing_index(const PackingDef* packing);

// What the machine behind the rows offers, as bits of isa.h. Whoever hosts rows defines both: core/cpu.cc for the CPU,
// a device's library for its device, whose catalogue also says what the device has, since nothing else does.
uint64_t machine_features();
extern const bool catalogue_tells_features;

// True when this build has the row's code and the machine the bits it needs.
bool row_runs_here(const RowDef* row);

// The value of one parameter field as an integer; f32 fields give their bits.
int32_t field_bits(const Field& field, const void* params);
// Null when every limit of the row holds, else the first that does not.
const Limit* broken_limit(const RowDef* row, const void* params);

const std::string& catalogue_text();
uint64_t catalogue_fingerprint();

}  // namespace sinter

#endif  // SINTER_CORE_CATALOGUE_H_
