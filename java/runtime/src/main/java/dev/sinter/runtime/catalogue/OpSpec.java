// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.util.List;
import java.util.Map;

/** The contract of an op: its parameters by name, its slots in order. */
public record OpSpec(
    String name, int paramsBytes, Map<String, FieldSpec> fields, List<SlotSpec> slots) {
  /** The field with this name. */
  public FieldSpec field(String field) {
    FieldSpec spec = fields.get(field);
    if (spec == null) {
      throw new SinterException(
          Status.UNSUPPORTED,
          "op "
              + name
              + " of the native library has no parameter '"
              + field
              + "'; library and jars are of different releases");
    }
    return spec;
  }
}
