// What became of one op under verify --ops.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The result for one op of a model.
 *
 * @param op its index in the main subgraph
 * @param kind what it is, in TFLite's words
 * @param output name of its first output
 * @param types types of its inputs and outputs
 * @param verdict what was found; null where the op cannot be cut out
 * @param reason why it cannot, or empty
 */
public record OpVerdict(
    int op, String kind, String output, String types, Verdict verdict, String reason) {
  /**
   * Returns the fields of the JSON report.
   *
   * @return names and values in order
   */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", verdict.model());
    fields.put("op", op);
    fields.put("name", kind);
    fields.put("output", output);
    fields.put("types", types);
    Map<String, Object> rest = verdict.fields();
    rest.remove("model");
    fields.putAll(rest);
    return fields;
  }
}
