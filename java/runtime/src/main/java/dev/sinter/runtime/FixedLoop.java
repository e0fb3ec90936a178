// A loop whose number of rounds the file fixes: its counters in each round.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What recurrent layers become in files: WHILE with a counter that starts at a constant, grows by
 * one, and is compared with a constant. Whole numbers that follow from constants alone are known
 * before any run; where they decide the condition, the loop can be written out.
 *
 * @param rounds per round, per tensor of the body: the scalars that are known
 */
record FixedLoop(List<Map<Integer, Long>> rounds) {
  /** Ops that loops may become; longer ones stay loops, whose plan is small. */
  private static final int MOST_OPS = 2048;

  /**
   * Looks through a loop.
   *
   * @param graph with the subgraphs of the loop
   * @param outer the subgraph in which it stands
   * @param op the loop
   * @return its rounds; null if their number depends on values of a run, or the loop is not one
   *     that can be written out
   */
  static FixedLoop of(Graph graph, Subgraph outer, Op op) {
    if (!(op.kind() instanceof OpKind.Control control)
        || control.form() != OpKind.Control.Form.WHILE) {
      return null;
    }
    Subgraph condition = graph.subgraph(control.subgraphs().get(0));
    Subgraph body = graph.subgraph(control.subgraphs().get(1));
    int count = op.inputs().size();
    if (!agree(outer, op, condition, body)
        || !body.ops().stream().allMatch(o -> isPlain(body, o))) {
      return null;
    }
    Long[] variables = new Long[count];
    for (int i = 0; i < count; i++) {
      variables[i] = scalar(outer, op.inputs().get(i));
    }
    List<Map<Integer, Long>> rounds = new ArrayList<>();
    while (true) {
      Long more = evaluate(condition, variables).get(condition.outputs().get(0));
      if (more == null || rounds.size() * (long) body.ops().size() > MOST_OPS) {
        return null;
      }
      if (more == 0) {
        return new FixedLoop(rounds);
      }
      Map<Integer, Long> known = evaluate(body, variables);
      rounds.add(known);
      for (int i = 0; i < count; i++) {
        variables[i] = known.get(body.outputs().get(i));
      }
      if (rounds.size() > MOST_OPS) {
        return null;
      }
    }
  }

  /** Whether all agree in what the variables are: then values may be handed on as they are. */
  private static boolean agree(Subgraph outer, Op op, Subgraph condition, Subgraph body) {
    int count = op.inputs().size();
    if (op.outputs().size() != count
        || condition.inputs().size() != count
        || condition.outputs().size() != 1
        || body.inputs().size() != count
        || body.outputs().size() != count
        || op.inputs().contains(-1)
        || op.outputs().contains(-1)) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      Tensor first = outer.tensor(op.inputs().get(i));
      Tensor in = body.tensor(body.inputs().get(i));
      if (!first.shape().isKnown()
          || first.isVariable()
          || !same(first, in)
          || !same(first, body.tensor(body.outputs().get(i)))
          || !same(first, outer.tensor(op.outputs().get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(Tensor a, Tensor b) {
    return a.type() == b.type()
        && a.shape().equals(b.shape())
        && a.signature().equals(b.signature())
        && a.quantization().equals(b.quantization());
  }

  /** Whether kernels run an op, and its shapes do not hang on other subgraphs. */
  private static boolean isPlain(Subgraph g, Op op) {
    boolean foreign =
        op.kind() instanceof OpKind.Foreign f
            && !(f.format().equals("tflite") && HostOps.isBuiltin(f));
    boolean strings =
        op.inputs().stream()
            .anyMatch(
                t ->
                    t >= 0
                        && (g.tensor(t).type() == ElementType.STRING
                            || g.tensor(t).type() == ElementType.RESOURCE));
    boolean states = op.inputs().stream().anyMatch(t -> t >= 0 && g.tensor(t).isVariable());
    return !(op.kind() instanceof OpKind.Control)
        && !foreign
        && !strings
        && !states
        && HostOps.of(op) == null;
  }

  /** The scalars that are known when some of the inputs are. */
  private static Map<Integer, Long> evaluate(Subgraph g, Long[] inputs) {
    Map<Integer, Long> known = new HashMap<>();
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i] != null) {
        known.put(g.inputs().get(i), inputs[i]);
      }
    }
    for (Op op : g.ops()) {
      if (op.kind() instanceof OpKind.Binary binary
          && binary.activation() == Activation.NONE
          && op.inputs().size() == 2) {
        Long a = value(g, known, op.inputs().get(0));
        Long b = value(g, known, op.inputs().get(1));
        Long result = a == null || b == null ? null : of(binary.function(), a, b);
        if (result != null) {
          boolean narrow = g.tensor(op.output(0)).type() == ElementType.INT32;
          known.put(op.output(0), narrow ? (long) result.intValue() : result);
        }
      }
    }
    return known;
  }

  private static Long of(OpKind.Binary.Function function, long a, long b) {
    return switch (function) {
      case ADD -> a + b;
      case SUB -> a - b;
      case LESS -> a < b ? 1L : 0;
      case LESS_EQUAL -> a <= b ? 1L : 0;
      case GREATER -> a > b ? 1L : 0;
      case GREATER_EQUAL -> a >= b ? 1L : 0;
      case EQUAL -> a == b ? 1L : 0;
      case NOT_EQUAL -> a != b ? 1L : 0;
      case LOGICAL_AND -> a & b;
      case LOGICAL_OR -> a | b;
      default -> null;
    };
  }

  private static Long value(Subgraph g, Map<Integer, Long> known, int tensor) {
    Long value = known.get(tensor);
    return value != null ? value : scalar(g, tensor);
  }

  /** A constant of one whole number; null for all else. */
  private static Long scalar(Subgraph g, int tensor) {
    if (tensor < 0 || !g.isConstant(tensor) || g.tensor(tensor).shape().elements() != 1) {
      return null;
    }
    ElementType type = g.tensor(tensor).type();
    if (type != ElementType.INT32 && type != ElementType.INT64) {
      return null;
    }
    ByteBuffer bytes = g.constant(tensor).values().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    return type == ElementType.INT32
        ? bytes.getInt(bytes.position())
        : bytes.getLong(bytes.position());
  }
}
