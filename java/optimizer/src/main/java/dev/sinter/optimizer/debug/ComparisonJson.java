// Errors of all tensors as the AI Edge Quantizer's validation writes them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Subgraph;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * JSON of the form of {@code <name>_comparison_result.json}: {@code reduced_size_bytes,
 * reduced_size_percentage} and per signature {@code input_tensors, output_tensors,
 * constant_tensors, intermediate_tensors}, each a map from the reference's tensor to {@code mse,
 * median_diff_ratio, cosine_similarity, kl_divergence, snr}: whole models against each other, the
 * mean over examples.
 */
public final class ComparisonJson {
  private ComparisonJson() {}

  /**
   * Writes all tensors that both models have, constants with equal names among them.
   *
   * @param report what the debugger found
   * @param reference the model as it was
   * @param compressed its compressed form
   * @return the contents of the file
   */
  public static String of(DebugReport report, Graph reference, Graph compressed) {
    Map<String, Object> root = new LinkedHashMap<>();
    long less = report.referenceBytes() - report.compressedBytes();
    root.put("reduced_size_bytes", less);
    root.put("reduced_size_percentage", 100.0 * less / report.referenceBytes());
    Map<String, Object> inputs = new LinkedHashMap<>();
    Map<String, Object> outputs = new LinkedHashMap<>();
    Map<String, Object> intermediates = new LinkedHashMap<>();
    ModelMatch match = ModelMatch.of(reference, compressed);
    for (LayerReport l : report.layers()) {
      int tensor = match.ofCompressed(l.tensor()).reference();
      boolean input = reference.inputs().contains(tensor);
      boolean output = reference.outputs().contains(tensor);
      (input ? inputs : output ? outputs : intermediates)
          .putIfAbsent(l.referenceName(), metrics(l.cumulative()));
    }
    Map<String, Object> signature = new LinkedHashMap<>();
    signature.put("input_tensors", inputs);
    signature.put("output_tensors", outputs);
    signature.put("constant_tensors", constants(reference.main(), compressed.main()));
    signature.put("intermediate_tensors", intermediates);
    String key = reference.signatures().isEmpty() ? "serving_default" : firstKey(reference);
    root.put(key, signature);
    try {
      return new ObjectMapper().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String firstKey(Graph g) {
    return g.signatures().stream()
        .filter(s -> s.subgraph() == 0)
        .findFirst()
        .orElse(g.signatures().get(0))
        .key();
  }

  private static Map<String, Object> constants(Subgraph ours, Subgraph theirs) {
    Map<String, Integer> byName = new HashMap<>();
    for (int t = 0; t < theirs.tensors().size(); t++) {
      if (theirs.tensor(t).isConstant()) {
        byName.putIfAbsent(theirs.tensor(t).name(), t);
      }
    }
    Map<String, Object> out = new LinkedHashMap<>();
    for (int t = 0; t < ours.tensors().size(); t++) {
      Integer other = byName.get(ours.tensor(t).name());
      if (other == null
          || !ours.tensor(t).isConstant()
          || !RealValues.isNumber(ours.tensor(t).type())) {
        continue;
      }
      try {
        float[] a = RealValues.constant(ours, t);
        float[] b = RealValues.constant(theirs, other);
        if (a.length == b.length) {
          ErrorSums sums = new ErrorSums(true);
          sums.add(a, b, new float[a.length]);
          out.put(ours.tensor(t).name(), metrics(sums.metrics()));
        }
      } catch (GraphException e) {
        // A stored form that nothing here reads has no numbers to tell.
      }
    }
    return out;
  }

  private static Map<String, Object> metrics(ErrorMetrics m) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("mse", m.meanSquaredError());
    out.put("median_diff_ratio", m.medianDiffRatio());
    out.put("cosine_similarity", m.cosineSimilarity());
    out.put("kl_divergence", m.klDivergence());
    out.put("snr", m.snr());
    return out;
  }
}
