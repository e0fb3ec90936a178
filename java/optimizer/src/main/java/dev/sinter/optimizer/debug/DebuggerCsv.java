// The layers' errors as TensorFlow Lite's QuantizationDebugger writes them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

/**
 * CSV with the columns of {@code QuantizationDebugger.layer_statistics_dump}, in its order:
 * op_name, tensor_idx, num_elements, stddev, mean_error, max_abs_error, mean_squared_error, scale,
 * zero_point, tensor_name; lines end as its do, in CR LF. As there, both ops of a layer are fed
 * with the same, quantized, values: these are the layers' own errors. Indices are those of the
 * compressed model; layers that are not quantized per tensor have scale and zero point 0.
 */
public final class DebuggerCsv {
  /** The first line. */
  public static final String HEAD =
      "op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,mean_squared_error,scale,zero_point,tensor_name";

  private DebuggerCsv() {}

  /**
   * Writes the layers that run alone.
   *
   * @param report what the debugger found
   * @return the contents of the file
   */
  public static String of(DebugReport report) {
    StringBuilder csv = new StringBuilder(HEAD).append("\r\n");
    for (LayerReport l : report.layers()) {
      if (l.own() == null || l.opIndex() < 0) {
        continue;
      }
      ErrorMetrics m = l.own();
      csv.append(quoted(l.op())).append(',').append(l.tensor());
      for (double x :
          new double[] {
            m.numElements(), m.stddev(), m.meanError(), m.maxAbsError(), m.meanSquaredError()
          }) {
        csv.append(',').append(number(x));
      }
      csv.append(',').append(number((float) l.scale()));
      csv.append(',').append(l.zeroPoint()).append(',').append(quoted(l.name())).append("\r\n");
    }
    return csv.toString();
  }

  /** A number that Python and Java read alike; empty for none. */
  private static String number(double x) {
    return Double.isNaN(x) ? "nan" : Double.isInfinite(x) ? (x > 0 ? "inf" : "-inf") : "" + x;
  }

  private static String number(float x) {
    return Float.toString(x);
  }

  private static String quoted(String text) {
    return text.matches("(?s).*[\",\r\n].*") ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
