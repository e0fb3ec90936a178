// Which values a model can sensibly be fed with.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Smallest and largest value for random inputs of one input tensor, both included.
 *
 * @param low smallest value
 * @param high largest value
 */
public record InputRange(double low, double high) {
  /** What float inputs are given where nothing says more. */
  public static final InputRange UNIT = new InputRange(-1, 1);

  /** What 32 and 64 bit integers are given where nothing says more. */
  public static final InputRange SMALL = new InputRange(0, 9);

  /**
   * Looks at a model for hints: what the file says about the smallest and largest real value, the
   * quantization a float input is brought to, the size of the table that integers choose rows from.
   *
   * @param graph the model
   * @return one range per input of the main subgraph
   */
  public static List<InputRange> of(Graph graph) {
    List<InputRange> ranges = new ArrayList<>();
    for (int tensor : graph.inputs()) {
      ranges.add(of(graph, tensor));
    }
    return ranges;
  }

  /** How many ops are looked through for what becomes of an input. */
  private static final int DEPTH = 4;

  private static InputRange of(Graph graph, int tensor) {
    Tensor t = graph.tensor(tensor);
    InputRange range = any(graph, tensor, t);
    if (!t.type().isFloat() && divides(graph, tensor, DEPTH)) {
      double zero = t.quantization().isPerTensor() ? (double) t.quantization().zeroPoint() : 0;
      return withoutZero(range, zero);
    }
    for (int consumer : graph.main().consumers(tensor)) {
      // TFLite stops at what has no logarithm and no root; integers stand for reals from there on.
      String label = graph.ops().get(consumer).kind().label();
      if (label.equals("RSQRT") || label.equals("SQRT") || label.equals("LOG")) {
        double zero = t.quantization().isPerTensor() ? t.quantization().zeroPoint() : 0;
        return new InputRange(Math.max(range.low(), zero), range.high());
      }
    }
    return range;
  }

  /** Whether a tensor is a divisor, as it is or moved. TFLite stops at a division by 0. */
  private static boolean divides(Graph graph, int tensor, int depth) {
    for (int consumer : graph.main().consumers(tensor)) {
      Op op = graph.ops().get(consumer);
      if (op.kind() instanceof OpKind.Binary binary && op.input(1) == tensor) {
        switch (binary.function()) {
          case DIV, FLOOR_DIV, FLOOR_MOD -> {
            return true;
          }
          default -> {}
        }
      }
      boolean moves = op.kind() instanceof OpKind.Reshape || op.kind() instanceof OpKind.Move;
      if (moves && depth > 0 && !op.outputs().isEmpty()) {
        if (divides(graph, op.output(0), depth - 1)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * What lies above the number that stands for 0 and above 0 itself, which TFLite takes for a zero
   * too; below both, or between them, where there is nothing above.
   */
  private static InputRange withoutZero(InputRange range, double zero) {
    double above = Math.max(zero, 0) + 1;
    double below = Math.min(zero, 0) - 1;
    return above <= range.high()
        ? new InputRange(Math.max(range.low(), above), range.high())
        : below >= range.low() ? new InputRange(range.low(), below) : new InputRange(1, zero - 1);
  }

  private static InputRange any(Graph graph, int tensor, Tensor t) {
    return switch (t.type()) {
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16 -> floats(graph, tensor, t);
      case INT32, INT64, UINT32, UINT64 ->
          t.quantization().isQuantized()
              ? new InputRange(-1e6, 1e6)
              : indices(graph, tensor, DEPTH);
      case BOOL -> new InputRange(0, 1);
      case INT4 -> new InputRange(-8, 7);
      case UINT8 -> new InputRange(0, 255);
      case INT8 -> new InputRange(-128, 127);
      case INT16 -> new InputRange(-32768, 32767);
      case UINT16 -> new InputRange(0, 65535);
      default -> SMALL;
    };
  }

  private static InputRange floats(Graph graph, int tensor, Tensor t) {
    float[] min = t.quantization().min();
    float[] max = t.quantization().max();
    if (min.length == 1 && max.length == 1 && min[0] < max[0]) {
      return new InputRange(min[0], max[0]);
    }
    for (int consumer : graph.main().consumers(tensor)) {
      Op op = graph.ops().get(consumer);
      if (op.kind() instanceof OpKind.Quantize) {
        Quantization q = graph.tensor(op.output(0)).quantization();
        int[] stored = storedRange(graph.tensor(op.output(0)));
        if (q.isPerTensor() && stored != null) {
          return new InputRange(
              q.scale() * (stored[0] - q.zeroPoint()), q.scale() * (stored[1] - q.zeroPoint()));
        }
      }
    }
    return UNIT;
  }

  private static int[] storedRange(Tensor t) {
    return switch (t.type()) {
      case INT8 -> new int[] {-128, 127};
      case UINT8 -> new int[] {0, 255};
      case INT16 -> new int[] {-32768, 32767};
      default -> null;
    };
  }

  /** Looks for the table the values are indices into, through ops that pass them on. */
  private static InputRange indices(Graph graph, int tensor, int depth) {
    for (int consumer : graph.main().consumers(tensor)) {
      Op op = graph.ops().get(consumer);
      if (op.kind() instanceof OpKind.Foreign) {
        OpKind.Foreign f = (OpKind.Foreign) op.kind();
        if (f.name().equals("GATHER") && op.input(1) == tensor) {
          return upTo(graph.tensor(op.input(0)).shape(), axis(f.attributes()));
        }
        if (f.name().equals("EMBEDDING_LOOKUP") && op.input(0) == tensor) {
          return upTo(graph.tensor(op.input(1)).shape(), 0);
        }
      }
      boolean passes =
          op.kind() instanceof OpKind.Reshape
              || op.kind() instanceof OpKind.Move
              || op.kind() instanceof OpKind.Binary
              || op.kind().label().equals("CAST");
      if (passes && depth > 0 && !op.outputs().isEmpty()) {
        InputRange range = indices(graph, op.output(0), depth - 1);
        if (!range.equals(SMALL)) {
          return range;
        }
      }
    }
    return SMALL;
  }

  private static int axis(Map<String, Object> attributes) {
    return attributes.get("axis") instanceof Number
        ? ((Number) attributes.get("axis")).intValue()
        : 0;
  }

  private static InputRange upTo(Shape table, int axis) {
    boolean known = axis >= -table.rank() && axis < table.rank() && table.dim(axis) > 0;
    return known ? new InputRange(0, table.dim(axis) - 1) : SMALL;
  }
}
