// Which kernels run a quantized model on this machine.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer;

import dev.sinter.graph.Graph;
import dev.sinter.graph.OpKind;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import dev.sinter.runtime.SinterException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The kernels of a quantized model's ops.
 *
 * @param byOp kernel by index of the op in the float model's main subgraph; ops that are fused into
 *     others, or folded, have none
 * @param conversions QUANTIZE and DEQUANTIZE ops that were added in the main subgraph
 * @param refusal why Sinter does not run the model; null if it does
 */
public record KernelsHere(Map<Integer, String> byOp, int conversions, String refusal) {
  /**
   * Keeps a copy of the map.
   *
   * @param byOp kernel by index of the op in the float model
   * @param conversions ops that were added
   * @param refusal why Sinter does not run the model, or null
   */
  public KernelsHere {
    byOp = Map.copyOf(byOp);
  }

  /**
   * Loads a model and looks.
   *
   * @param result the model and how it came about
   * @param options how it is run
   * @return its kernels
   */
  public static KernelsHere of(Optimized result, Options options) {
    Graph graph = result.graph();
    Map<String, Integer> before = new HashMap<>();
    for (LayerReport layer : result.layers()) {
      if (layer.subgraph() == 0) {
        before.put(layer.output(), layer.op());
        before.put(layer.output() + "_quantized", layer.op());
      }
    }
    int added = 0;
    for (int i = 0; i < graph.ops().size(); i++) {
      added += original(graph, i, before, result) < 0 ? 1 : 0;
    }
    Map<Integer, String> kernels = new LinkedHashMap<>();
    try (Model model = Model.load(graph, options)) {
      for (Report.StepReport step : model.report().steps()) {
        boolean known = step.op() >= 0 && step.op() < told(graph);
        int op = known ? original(graph, step.op(), before, result) : -1;
        if (op >= 0) {
          kernels.merge(op, step.kernel(), (a, b) -> a.equals(b) ? a : a + " + " + b);
        }
      }
      return new KernelsHere(kernels, added, null);
    } catch (SinterException e) {
      return new KernelsHere(Map.of(), added, e.getMessage());
    }
  }

  /**
   * How many ops of the main subgraph a report's indices surely speak of: bodies of loops and
   * branches are put in where they are called, and move what comes behind.
   */
  private static int told(Graph graph) {
    for (int i = 0; i < graph.ops().size(); i++) {
      if (graph.ops().get(i).kind() instanceof OpKind.Control) {
        return i;
      }
    }
    return graph.ops().size();
  }

  /** The op of the float model that an op comes from, -1 if it was added. */
  private static int original(Graph graph, int op, Map<String, Integer> before, Optimized result) {
    if (graph.ops().get(op).outputs().isEmpty() || graph.ops().get(op).output(0) < 0) {
      return -1;
    }
    Integer found = before.get(graph.tensor(graph.ops().get(op).output(0)).name());
    if (found == null) {
      return -1;
    }
    String now = dev.sinter.graph.tflite.TfliteOps.name(graph.ops().get(op).kind());
    String then = dev.sinter.graph.tflite.TfliteOps.name(result.prepared().ops().get(found).kind());
    return now.equals(then) ? found : -1;
  }
}
