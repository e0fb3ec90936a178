// Rows of a device's library under the same differential test as this CPU's: each case is run as a plan of one step.
// SPDX-License-Identifier: Apache-2.0
//
// The environment variable SINTER_DEVICE_LIBRARY names the library; without it there are no such rows. With
// SINTER_DEVICE_ONLY=N in the environment the CPU's rows are left out, and of the cases all but every Nth.
#ifndef SINTER_TESTS_DEVICE_ROWS_H_
#define SINTER_TESTS_DEVICE_ROWS_H_

#include <functional>
#include <string>

#include "differential.h"

namespace sinter {

// Runs the case on every row of the device that takes it and has the reference's numerics, and hands each row's name
// and result to `compare`. Failures of the device are reported through GoogleTest. Returns how many rows ran.
int run_on_device(const Case& c, const RowDef* reference,
                  const std::function<void(const std::string& row, const Bytes& actual)>& compare);

// Whether there is such a row.
bool device_takes(const Case& c, const RowDef* reference);

// True when SINTER_DEVICE_ONLY is set; counts cases and says in `skip` whether this one is left out.
bool device_only(bool* skip);

// How many rows of a product fill a device: `many` for one with instructions of its own, else `few`, since CPUs learn
// no more of them, and plain loops and sanitizers take minutes.
int rows_of_a_device(int many, int few);

// Prints which rows of the device were tested how often; false when one that runs here never was.
bool report_device_rows();

}  // namespace sinter

#endif  // SINTER_TESTS_DEVICE_ROWS_H_
