// Channels between layers are brought to like ranges.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.passes.Equalization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@link Equalization} as a step of a recipe, {@code {"step": "equalize"}}. With examples channels
 * go through RELU6 too, as far as it cuts off nothing on those; {@code "relu6": false} leaves it
 * alone.
 */
public final class EqualizeStep implements QualityStep {
  /** Makes one. */
  public EqualizeStep() {}

  @Override
  public String name() {
    return "equalize";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    boolean relu6 = new Parameters(name(), parameters, "relu6").flag("relu6", true);
    Graph graph = preparation.graph();
    InputSource examples = preparation.examples().get(0);
    if (!relu6 || examples == null) {
      return Notes.run(new Equalization(), graph, preparation);
    }
    List<Integer> tensors = new ArrayList<>();
    for (Op op : graph.ops()) {
      boolean cut =
          (op.kind() instanceof OpKind.Conv c && c.activation() == Activation.RELU6)
              || (op.kind() instanceof OpKind.Depthwise d && d.activation() == Activation.RELU6);
      if (cut) {
        tensors.add(op.output(0));
      }
    }
    ChannelRanges ranges = ChannelRanges.measure(graph, examples, tensors, preparation.options());
    return Notes.run(new Equalization(ranges.highest()), graph, preparation);
  }
}
