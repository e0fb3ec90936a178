// What a RELU never cuts off moves into the next layer's bias.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.passes.AbsorbBias;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@link AbsorbBias} as a step of a recipe, {@code {"step": "absorb_bias"}}; needs examples. */
public final class AbsorbBiasStep implements QualityStep {
  /** Makes one. */
  public AbsorbBiasStep() {}

  @Override
  public String name() {
    return "absorb_bias";
  }

  @Override
  public Graph prepare(Preparation preparation, Map<String, Object> parameters) {
    new Parameters(name(), parameters);
    Graph graph = preparation.graph();
    List<Integer> tensors = new ArrayList<>();
    for (Op op : graph.ops()) {
      boolean relu =
          (op.kind() instanceof OpKind.Conv c && c.activation() == Activation.RELU)
              || (op.kind() instanceof OpKind.Depthwise d && d.activation() == Activation.RELU)
              || (op.kind() instanceof OpKind.FullyConnected f
                  && f.activation() == Activation.RELU);
      if (relu) {
        tensors.add(op.output(0));
      }
    }
    ChannelRanges ranges =
        ChannelRanges.measure(
            graph, preparation.needExamples(name()), tensors, preparation.options());
    return Notes.run(new AbsorbBias(ranges.lowest()), graph, preparation);
  }
}
