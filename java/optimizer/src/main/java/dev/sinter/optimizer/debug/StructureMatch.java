// Matches values whose names say nothing: by the ops that make and read them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import dev.sinter.graph.Activation;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Goes forward from matched values to what the same op makes of them, and backward from matched
 * results to what the same op took, until nothing new is found.
 */
final class StructureMatch {
  private final ModelMatch match;
  private final ValueClasses ours;
  private final ValueClasses theirs;
  private final Map<Integer, float[]> ourConstants = new HashMap<>();

  StructureMatch(ModelMatch match) {
    this.match = match;
    this.ours = match.ours;
    this.theirs = match.theirs;
  }

  static String label(Op op) {
    return TfliteOps.name(op.kind());
  }

  void run() {
    boolean found = true;
    while (found) {
      found = false;
      for (Op op : theirs.graph().ops()) {
        found |= forward(op);
        found |= backward(op);
      }
    }
  }

  private static boolean isMatchable(ValueClasses side, Op op) {
    return !ValueClasses.passes(op.kind())
        && !op.outputs().isEmpty()
        && op.outputs().stream().allMatch(t -> t >= 0 && side.isLive(t));
  }

  /** Whether something was found: what an op makes of values that are all matched. */
  private boolean forward(Op op) {
    if (!isMatchable(theirs, op) || match.ofCompressed(op.output(0)) != null) {
      return false;
    }
    List<Integer> wanted = new ArrayList<>();
    boolean any = false;
    for (int t : theirs.reads(op)) {
      ModelMatch.Pair p = match.ofCompressed(t);
      if (t >= 0 && p == null) {
        return false;
      }
      any |= t >= 0;
      wanted.add(t < 0 ? -1 : p.reference());
    }
    if (!any) {
      return false;
    }
    List<Op> candidates = new ArrayList<>();
    for (Op other : ours.graph().ops()) {
      if (label(other).equals(label(op))
          && isMatchable(ours, other)
          && other.outputs().size() == op.outputs().size()
          && ours.reads(other).equals(wanted)
          && isFree(other, op)) {
        candidates.add(other);
      }
    }
    Op chosen = choose(op, candidates);
    return chosen != null && joinOutputs(chosen, op);
  }

  private boolean isFree(Op our, Op their) {
    int a = result(ours, our, activation(their));
    return match.ofReference(a) == null;
  }

  /** Of several candidates the one with the most similar constants. */
  private Op choose(Op op, List<Op> candidates) {
    if (candidates.size() <= 1) {
      return candidates.isEmpty() ? null : candidates.get(0);
    }
    Op best = null;
    double most = Double.NEGATIVE_INFINITY;
    for (Op c : candidates) {
      double s = similarity(c, op);
      if (s > most) { // of equal ones the first in the order of the file
        most = s;
        best = c;
      }
    }
    return best;
  }

  private double similarity(Op our, Op their) {
    double sum = 0;
    for (int i = 0; i < Math.min(our.inputs().size(), their.inputs().size()); i++) {
      int a = our.input(i);
      int b = their.input(i);
      if (a < 0 || b < 0 || !ours.graph().isConstant(a) || !theirs.graph().isConstant(b)) {
        continue;
      }
      try {
        float[] x = ourConstants.computeIfAbsent(a, t -> RealValues.constant(ours.graph(), t));
        float[] y = RealValues.constant(theirs.graph(), b);
        sum += x.length == y.length ? cosine(x, y) : -1;
      } catch (GraphException e) {
        sum -= 1; // a form that cannot be read says nothing in favour of a candidate
      }
    }
    return sum;
  }

  private static double cosine(float[] x, float[] y) {
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (double) x[i] * y[i];
      xx += (double) x[i] * x[i];
      yy += (double) y[i] * y[i];
    }
    return xx == 0 || yy == 0 ? (xx == yy ? 1 : 0) : xy / Math.sqrt(xx * yy);
  }

  private boolean joinOutputs(Op our, Op their) {
    if (their.outputs().size() == 1) {
      int a = result(ours, our, activation(their));
      int b = result(theirs, their, activation(our));
      return match.join(a, b, ModelMatch.How.STRUCTURE);
    }
    boolean any = false;
    for (int i = 0; i < their.outputs().size(); i++) {
      any |= match.join(our.output(i), their.output(i), ModelMatch.How.STRUCTURE);
    }
    return any;
  }

  /**
   * What an op gives, behind the activation that the other model's op has fused into it and this
   * one has as an op of its own.
   */
  private static int result(ValueClasses side, Op op, Activation others) {
    int out = op.output(0);
    if (others == Activation.NONE || activation(op) != Activation.NONE) {
      return out;
    }
    Subgraph g = side.graph();
    for (int t : side.members(side.root(out))) {
      for (int c : g.consumers(t)) {
        Op next = g.ops().get(c);
        if (next.kind() instanceof OpKind.Activate a && a.function().name().equals(others.name())) {
          return next.output(0);
        }
      }
    }
    return out;
  }

  private static Activation activation(Op op) {
    OpKind k = op.kind();
    if (k instanceof OpKind.Conv c) {
      return c.activation();
    } else if (k instanceof OpKind.Depthwise d) {
      return d.activation();
    } else if (k instanceof OpKind.TransposeConv t) {
      return t.activation();
    } else if (k instanceof OpKind.FullyConnected f) {
      return f.activation();
    } else if (k instanceof OpKind.Binary b) {
      return b.activation();
    } else if (k instanceof OpKind.Pool p) {
      return p.activation();
    }
    return Activation.NONE;
  }

  /** Whether something was found: what an op took whose result is matched. */
  private boolean backward(Op op) {
    if (!isMatchable(theirs, op)) {
      return false;
    }
    ModelMatch.Pair p = match.ofCompressed(op.output(0));
    int producer = p == null ? -1 : ours.graph().producer(p.reference());
    if (producer < 0 || theirs.root(op.output(0)) != p.compressed()) {
      return false;
    }
    Op other = ours.graph().ops().get(producer);
    List<Integer> a = ours.reads(other);
    List<Integer> b = theirs.reads(op);
    if (!label(other).equals(label(op)) || a.size() != b.size()) {
      return false;
    }
    boolean any = false;
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i) >= 0 && b.get(i) >= 0) {
        any |= match.join(a.get(i), b.get(i), ModelMatch.How.STRUCTURE);
      }
    }
    return any;
  }
}
