// Biases take up the mean error of each output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.passes.IntegerNorms;
import dev.sinter.optimizer.reconstruct.Reconstruction;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.InputMoments;
import dev.sinter.optimizer.weights.MinMaxQuantizer;
import dev.sinter.optimizer.weights.QuantizedWeights;
import dev.sinter.optimizer.weights.Refit;
import dev.sinter.optimizer.weights.WeightQuantizer;
import dev.sinter.optimizer.weights.WeightSpec;
import java.util.Map;

/**
 * Empirical bias correction as a step of a recipe, {@code {"step": "bias_correction", "rows": 256,
 * "layers": ".*"}}: weights stay as they were decided; layer after layer, in the order in which
 * they run, the mean difference of each output between the float model and the model as far as it
 * is quantized goes into the bias. Needs examples. With {@code "norms": true} models without layer
 * norms stay as they are.
 */
public final class BiasCorrectionStep implements QualityStep {
  /** Makes one. */
  public BiasCorrectionStep() {}

  @Override
  public String name() {
    return "bias_correction";
  }

  @Override
  public Outcome correct(Context context, Map<String, Object> parameters) {
    Parameters p = new Parameters(name(), parameters, "rows", "layers", "norms");
    if (p.flag("norms", false) && !IntegerNorms.isIn(context.graph())) {
      return new Outcome(context.graph(), context.decisions());
    }
    int rows = (int) p.number("rows", Reconstruction.Settings.DEFAULT.rows());
    return DecidedModel.round(
        context,
        name(),
        new Reconstruction.Settings(false, true, Refit.DAMPING, rows),
        p.layers(),
        (layer, decision) -> new Decided(decision));
  }

  /** Gives what was decided already. */
  private record Decided(WeightDecision decision) implements WeightQuantizer {
    @Override
    public String name() {
      return decision.algorithm();
    }

    @Override
    public boolean needsInputs() {
      return false;
    }

    @Override
    public QuantizedWeights quantize(FloatMatrix weights, WeightSpec spec, InputMoments inputs) {
      return decision.values() == null
          ? MinMaxQuantizer.round(weights, spec, decision.scales(), decision.zeroPoints())
          : new QuantizedWeights(
              spec,
              weights.outputs(),
              weights.inputs(),
              decision.values(),
              decision.scales(),
              decision.zeroPoints());
    }
  }
}
