// What became of one model under verify.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The result for one model.
 *
 * @param model path of the file
 * @param status what was found
 * @param maxAbsDiff largest difference of any output element
 * @param mismatchFraction part of the output elements that count as different
 * @param message what to know beyond that: first difference, refusals
 */
public record Verdict(
    String model, Status status, double maxAbsDiff, double mismatchFraction, String message) {
  /** What was found. */
  public enum Status {
    /** Every output element is equal. */
    EQUAL("equal"),
    /** Integers are equal, floats within the tolerance. */
    CLOSE("close"),
    /** Outputs differ, or only one of the two runs the model. */
    DIFFERENT("different"),
    /** Neither runs the model. */
    REFUSED_BY_BOTH("refused-by-both"),
    /** Sinter says that it lacks something the model needs, and the reference runs it. */
    UNSUPPORTED("unsupported"),
    /** The reference gives other values each time: nothing can be compared with it. */
    REFERENCE_VARIES("reference-varies");

    private final String label;

    Status(String label) {
      this.label = label;
    }

    /**
     * Returns the word used in reports.
     *
     * @return stable name
     */
    public String label() {
      return label;
    }
  }

  /**
   * Tells whether the model passes.
   *
   * @param allowUnsupported whether a model that Sinter cannot run yet passes
   * @return false for differences, and for unsupported models unless they are allowed
   */
  public boolean passes(boolean allowUnsupported) {
    return status != Status.DIFFERENT && (allowUnsupported || status != Status.UNSUPPORTED);
  }

  /**
   * Returns the fields of the JSON report.
   *
   * @return names and values in order; an infinite difference is the string "Infinity"
   */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model);
    fields.put("status", status.label());
    fields.put("maxAbsDiff", maxAbsDiff);
    fields.put("mismatchFraction", mismatchFraction);
    fields.put("message", message);
    return fields;
  }
}
