// Weights are rounded anew, layer after layer, on what the quantized model gives them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.optimizer.QualityStep;
import dev.sinter.optimizer.recipe.WeightAlgorithms;
import dev.sinter.optimizer.reconstruct.Reconstruction;
import dev.sinter.optimizer.weights.Refit;
import dev.sinter.optimizer.weights.WeightQuantizer;
import java.util.Map;
import java.util.function.Predicate;

/**
 * {@link Reconstruction} as a step of a recipe: {@code {"step": "reconstruct", "algorithm":
 * "QUANTEASE", "refit": true, "bias": true, "damping": 0.01, "rows": 256, "layers": ".*"}}, where
 * all but the name may be left out; {@code layers} is an expression as in rules. Layers whose
 * weights shall be integers are rounded by the algorithm to the form that was decided; what they
 * are given comes from the model as it was decided so far, integers included. Needs examples.
 */
public final class ReconstructStep implements QualityStep {
  /** Makes one. */
  public ReconstructStep() {}

  @Override
  public String name() {
    return "reconstruct";
  }

  @Override
  public Outcome correct(Context context, Map<String, Object> parameters) {
    Parameters p =
        new Parameters(
            name(), parameters, "algorithm", "refit", "bias", "damping", "rows", "layers");
    String algorithm = p.text("algorithm");
    WeightQuantizer quantizer = WeightAlgorithms.find(algorithm == null ? "QUANTEASE" : algorithm);
    if (quantizer == null) {
      throw new IllegalArgumentException(
          "step "
              + name()
              + ": there is no algorithm '"
              + algorithm
              + "'; there are "
              + WeightAlgorithms.names());
    }
    Reconstruction.Settings settings =
        new Reconstruction.Settings(
            p.flag("refit", true),
            p.flag("bias", true),
            p.number("damping", Refit.DAMPING),
            (int) p.number("rows", Reconstruction.Settings.DEFAULT.rows()));
    Predicate<String> wanted = p.layers();
    return DecidedModel.round(context, name(), settings, wanted, (layer, decision) -> quantizer);
  }
}
