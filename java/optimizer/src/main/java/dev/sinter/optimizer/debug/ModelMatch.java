// Which values of a model are which values of a compressed form of it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The match of a model and a compressed form of it. Values are matched, not ops: inputs and outputs
 * by position; what is between by the tensors' names, by the names of what was fused into them, and
 * where names differ by structure: the same op on values that are matched already, told apart by
 * its constants. QUANTIZE, DEQUANTIZE and FAKE_QUANT pass values on, so what stands on either side
 * of them is matched with the same value. Only main subgraphs are looked at.
 */
public final class ModelMatch {
  /** How a value was found. */
  public enum How {
    /** Inputs, by position. */
    INPUT,
    /** Outputs, by position. */
    OUTPUT,
    /** The same name. */
    NAME,
    /** The name that the tensor, or a part of it, had in its file. */
    ORIGIN,
    /** The same op on the same values. */
    STRUCTURE
  }

  /**
   * One value of both models.
   *
   * @param reference tensor of the reference
   * @param compressed tensor of the compressed model
   * @param how how it was found
   */
  public record Pair(int reference, int compressed, How how) {}

  private final Graph reference;
  private final Graph compressed;
  final ValueClasses ours; // of the reference
  final ValueClasses theirs; // of the compressed model
  private final Map<Integer, Pair> byCompressed = new LinkedHashMap<>();
  private final Map<Integer, Pair> byReference = new HashMap<>();
  private final List<String> unmatched = new ArrayList<>();

  private ModelMatch(Graph reference, Graph compressed) {
    this.reference = reference;
    this.compressed = compressed;
    ours = new ValueClasses(reference.main());
    theirs = new ValueClasses(compressed.main());
  }

  /**
   * Matches two models.
   *
   * @param reference the model as it was, usually float
   * @param compressed a compressed form of it
   * @return the match
   * @throws IllegalArgumentException if their inputs or outputs do not belong together
   */
  public static ModelMatch of(Graph reference, Graph compressed) {
    ModelMatch match = new ModelMatch(reference, compressed);
    match.ends(reference.inputs(), compressed.inputs(), "inputs", How.INPUT);
    match.ends(reference.outputs(), compressed.outputs(), "outputs", How.OUTPUT);
    match.names();
    match.origins();
    new StructureMatch(match).run();
    match.findUnmatched();
    return match;
  }

  /**
   * Returns the reference.
   *
   * @return the model as it was
   */
  public Graph reference() {
    return reference;
  }

  /**
   * Returns the compressed form.
   *
   * @return the compressed model
   */
  public Graph compressed() {
    return compressed;
  }

  /**
   * Returns the values that both models have.
   *
   * @return one pair per value, in the order in which the compressed model computes them
   */
  public List<Pair> pairs() {
    List<Pair> all = new ArrayList<>();
    for (int t : compressed.inputs()) {
      add(all, t);
    }
    compressed.ops().forEach(op -> op.outputs().forEach(t -> add(all, t)));
    return all;
  }

  private void add(List<Pair> all, int tensor) {
    if (tensor >= 0 && theirs.isLive(tensor)) {
      Pair p = byCompressed.get(tensor);
      if (p != null && !all.contains(p)) {
        all.add(p);
      }
    }
  }

  /**
   * Returns what could not be matched.
   *
   * @return names of the compressed model's values that the reference has no counterpart of; they
   *     are measured together with the next value that has one
   */
  public List<String> unmatched() {
    return List.copyOf(unmatched);
  }

  /** The pair with the values of a tensor of the compressed model; null if there is none. */
  Pair ofCompressed(int tensor) {
    return tensor < 0 ? null : byCompressed.get(theirs.root(tensor));
  }

  /** The pair with the values of a tensor of the reference; null if there is none. */
  Pair ofReference(int tensor) {
    return tensor < 0 ? null : byReference.get(ours.root(tensor));
  }

  /** Joins two values if both are free and have as many elements. */
  boolean join(int ourTensor, int theirTensor, How how) {
    int a = ours.root(ourTensor);
    int b = theirs.root(theirTensor);
    if (byReference.containsKey(a) || byCompressed.containsKey(b) || !alike(a, b)) {
      return false;
    }
    Pair p = new Pair(a, b, how);
    byReference.put(a, p);
    byCompressed.put(b, p);
    return true;
  }

  private boolean alike(int a, int b) {
    Tensor x = reference.tensor(a);
    Tensor y = compressed.tensor(b);
    return RealValues.isNumber(x.type())
        && RealValues.isNumber(y.type())
        && x.shape().isKnown()
        && y.shape().isKnown()
        && x.shape().elements() == y.shape().elements();
  }

  private void ends(List<Integer> a, List<Integer> b, String what, How how) {
    if (a.size() != b.size()) {
      throw mismatch(what, a, b);
    }
    for (int i = 0; i < a.size(); i++) {
      int x = a.get(i);
      int y = b.get(i);
      if (!ours.isLive(x) && !theirs.isLive(y)) {
        continue; // an output that is a constant
      }
      Pair before = byCompressed.get(theirs.root(y));
      boolean joined = before != null && before.reference() == ours.root(x);
      if (!ours.isLive(x) || !theirs.isLive(y) || (!joined && !join(x, y, how))) {
        throw mismatch(what, a, b);
      }
    }
  }

  private IllegalArgumentException mismatch(String what, List<Integer> a, List<Integer> b) {
    return new IllegalArgumentException(
        "the models do not belong together: "
            + reference.name()
            + " has the "
            + what
            + " "
            + describe(reference, a)
            + ", "
            + compressed.name()
            + " "
            + describe(compressed, b)
            + "; give a model and a compressed form of it, with numbers for "
            + what);
  }

  private static List<String> describe(Graph g, List<Integer> tensors) {
    return tensors.stream()
        .map(t -> "'" + g.tensor(t).name() + "' " + g.tensor(t).type() + g.tensor(t).shape())
        .toList();
  }

  /** Live tensors by name; names that two classes have are left out. */
  private static Map<String, Integer> byName(ValueClasses classes) {
    Map<String, Integer> roots = new HashMap<>();
    Subgraph g = classes.graph();
    for (int t = 0; t < g.tensors().size(); t++) {
      if (classes.isLive(t) && !g.tensor(t).name().isEmpty()) {
        int root = classes.root(t);
        roots.merge(g.tensor(t).name(), root, (x, y) -> x.equals(y) ? x : -1);
      }
    }
    roots.values().removeIf(r -> r < 0);
    return roots;
  }

  private void names() {
    Map<String, Integer> a = byName(ours);
    Map<String, Integer> b = byName(theirs);
    // A root's own name first: what stands behind a QUANTIZE may have taken over another's.
    for (boolean roots : new boolean[] {true, false}) {
      b.forEach(
          (name, tensor) -> {
            Integer other = a.get(name);
            if (other != null && compressed.tensor(tensor).name().equals(name) == roots) {
              join(other, tensor, How.NAME);
            }
          });
    }
  }

  /** By the names of what was fused into a tensor: kept origins, and names joined by ';'. */
  private void origins() {
    Map<String, Set<Integer>> parts = new HashMap<>();
    for (int t = 0; t < reference.tensors().size(); t++) {
      if (ours.isLive(t) && ofReference(t) == null) {
        for (String part : parts(reference.tensor(t))) {
          parts.computeIfAbsent(part, k -> new TreeSet<>()).add(ours.root(t));
        }
      }
    }
    for (int t = 0; t < compressed.tensors().size(); t++) {
      if (!theirs.isLive(t) || ofCompressed(t) != null) {
        continue;
      }
      Map<Integer, Integer> votes = new HashMap<>();
      for (String part : parts(compressed.tensor(t))) {
        parts.getOrDefault(part, Set.of()).forEach(r -> votes.merge(r, 1, Integer::sum));
      }
      int most = votes.values().stream().mapToInt(v -> v).max().orElse(0);
      List<Integer> best =
          votes.entrySet().stream()
              .filter(e -> e.getValue() == most)
              .map(Map.Entry::getKey)
              .toList();
      if (best.size() == 1 && sameOp(best.get(0), theirs.root(t))) {
        join(best.get(0), t, How.ORIGIN);
      }
    }
  }

  private boolean sameOp(int a, int b) {
    int p = reference.main().producer(a);
    int q = compressed.main().producer(b);
    return p >= 0
        && q >= 0
        && StructureMatch.label(reference.ops().get(p))
            .equals(StructureMatch.label(compressed.ops().get(q)));
  }

  private static Set<String> parts(Tensor t) {
    Set<String> parts = new TreeSet<>();
    for (String name : t.origin()) {
      for (String part : name.split(";", -1)) {
        if (!part.isEmpty()) {
          parts.add(part);
        }
      }
    }
    return parts;
  }

  private void findUnmatched() {
    for (int i = 0; i < compressed.ops().size(); i++) {
      for (int t : compressed.ops().get(i).outputs()) {
        if (t >= 0 && theirs.isLive(t) && ofCompressed(t) == null) {
          unmatched.add(compressed.main().describe(i));
        }
      }
    }
  }
}
