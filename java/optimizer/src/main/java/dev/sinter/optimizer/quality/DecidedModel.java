// Reconstruction of a model on whose ops it is decided.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.quality;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.optimizer.QualityStep.Context;
import dev.sinter.optimizer.QualityStep.Outcome;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.decision.OpDecision;
import dev.sinter.optimizer.decision.WeightDecision;
import dev.sinter.optimizer.linalg.LinearAlgebra;
import dev.sinter.optimizer.reconstruct.Layer;
import dev.sinter.optimizer.reconstruct.Reconstruction;
import dev.sinter.optimizer.weights.BiasRoom;
import dev.sinter.optimizer.weights.FloatMatrix;
import dev.sinter.optimizer.weights.QuantizedWeights;
import dev.sinter.optimizer.weights.WeightQuantizer;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Rounds the layers whose weights shall be integers, as decided; pieces of the model run in the
 * form that was decided for them, and a layer's input has the steps that its op will give it.
 */
final class DecidedModel implements Reconstruction.Plan {
  private final Predicate<String> wanted;
  private final BiFunction<Layer, WeightDecision, WeightQuantizer> quantizers;
  private final Graph graph;
  private Decisions decisions;

  private DecidedModel(
      Graph graph,
      Decisions decisions,
      Predicate<String> wanted,
      BiFunction<Layer, WeightDecision, WeightQuantizer> quantizers) {
    this.wanted = wanted;
    this.graph = graph;
    this.decisions = decisions;
    this.quantizers = quantizers;
  }

  static Outcome round(
      Context context,
      String step,
      Reconstruction.Settings settings,
      Predicate<String> wanted,
      BiFunction<Layer, WeightDecision, WeightQuantizer> quantizers) {
    InputSource examples = context.examples().get(0);
    if (examples == null) {
      throw new IllegalArgumentException(
          "step " + step + " must see what layers are given: give examples (--data)");
    }
    DecidedModel plan = new DecidedModel(context.graph(), context.decisions(), wanted, quantizers);
    Reconstruction.Result result =
        new Reconstruction(
                settings, plan, (done, of) -> context.progress().at(step + ", layers", done, of))
            .run(context.graph(), examples);
    tell(context, step, result);
    return new Outcome(result.graph(), plan.decisions);
  }

  /** For the report. */
  private static void tell(Context context, String step, Reconstruction.Result result) {
    double nearest = 0;
    double reached = 0;
    for (Reconstruction.Outcome o : result.layers()) {
      nearest += o.nearest() / result.layers().size();
      reached += o.reached() / result.layers().size();
      if (o.note() != null) {
        context.notes().accept(step + ": '" + o.name() + "': " + o.note());
      }
    }
    context
        .notes()
        .accept(
            String.format(
                Locale.ROOT,
                "%s: %d layers, rounding adds %.3g %% to the power of their outputs (%.3g %% if to the"
                    + " nearest); linear algebra by %s",
                step,
                result.layers().size(),
                100 * reached,
                100 * nearest,
                LinearAlgebra.best().name()));
  }

  private OpDecision decision(Layer layer) {
    return decisions.op(0, layer.op()).orElse(null);
  }

  @Override
  public Reconstruction.Choice choose(Graph model, Layer layer) {
    OpDecision d = decision(layer);
    if (d == null
        || d.mode() == Mode.FLOAT
        || d.weights() == null
        || d.weights().isFloat()
        || !wanted.test(model.tensor(model.ops().get(layer.op()).output(0)).name() + ";")) {
      return null;
    }
    return new Reconstruction.Choice(quantizers.apply(layer, d.weights()), d.weights().spec());
  }

  @Override
  public void rounded(Reconstruction.Outcome outcome) {
    QuantizedWeights q = outcome.weights();
    for (Layer layer : Layer.all(graph)) {
      if (layer.weights() != outcome.layer().weights()) {
        continue;
      }
      OpDecision d = decision(layer);
      if (d == null || d.weights() == null || !q.spec().equals(d.weights().spec())) {
        continue; // another form of shared weights: rounded from what is on the grid now
      }
      WeightDecision w =
          new WeightDecision(
              d.weights().input(),
              d.weights().type(),
              q.spec(),
              d.weights().algorithm(),
              q.scales(),
              q.zeroPoints(),
              q.values());
      decisions = decisions.with(0, d.withWeights(w));
    }
  }

  @Override
  public Graph form(Graph piece) {
    Set<String> tensors = new HashSet<>();
    for (Tensor t : piece.tensors()) {
      tensors.add(t.name());
    }
    Set<String> ops = new HashSet<>();
    for (Op op : piece.ops()) {
      ops.add(key(TfliteOps.name(op.kind()), piece.tensor(op.output(0)).name()));
    }
    Decisions.Part all = decisions.part(0);
    Decisions.Part here =
        new Decisions.Part(
            0,
            all.tensors().stream().filter(t -> tensors.contains(t.name())).toList(),
            all.ops().stream().filter(d -> ops.contains(key(d.kind(), d.output()))).toList());
    return Decisions.NONE.with(here).apply(piece);
  }

  private static String key(String kind, String output) {
    return kind + " " + output;
  }

  /** What the quantized layer will make of its input; null if it stays float. */
  private Affine arrival(Layer layer) {
    OpDecision d = decision(layer);
    if (d == null || d.mode() != Mode.STATIC) {
      return null;
    }
    Affine own = d.inputs().get(0);
    return own != null ? own : decisions.part(0).scale(layer.input(), d.activations());
  }

  @Override
  public QuantizedWeights room(
      Layer layer, FloatMatrix weights, QuantizedWeights rounded, float[] bias) {
    Affine a = arrival(layer);
    return a == null || a.type() != ElementType.INT8
        ? rounded
        : BiasRoom.of(weights, rounded, bias, a.scale());
  }

  @Override
  public void arrive(Layer layer, float[] values) {
    Affine a = arrival(layer);
    if (a == null) {
      return;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = (a.stored(values[i]) - a.zeroPoint()) * a.scale();
    }
  }
}
