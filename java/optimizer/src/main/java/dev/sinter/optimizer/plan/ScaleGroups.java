// Tensors that must have the same scale, and the scale they get.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.plan;

import dev.sinter.graph.ElementType;
import dev.sinter.optimizer.calibration.Range;
import dev.sinter.optimizer.decision.Affine;
import java.util.HashMap;
import java.util.Map;

/** Disjoint sets of (tensor, type); each has a fixed scale, or the range of all its members. */
final class ScaleGroups {
  /** A tensor of a subgraph in a type. */
  record Node(int subgraph, int tensor, ElementType type) {}

  private static final class Group {
    Range range;
    Affine fixed;
    boolean asymmetric;
    boolean zeroAtZero;
  }

  private final Map<Node, Node> parent = new HashMap<>();
  private final Map<Node, Group> groups = new HashMap<>();

  private Node root(Node n) {
    Node p = parent.get(n);
    if (p == null) {
      parent.put(n, n);
      groups.put(n, new Group());
      return n;
    }
    if (!p.equals(n)) {
      p = root(p);
      parent.put(n, p);
    }
    return p;
  }

  private Group group(Node n) {
    return groups.get(root(n));
  }

  void add(Node n, Range range, boolean symmetric) {
    Group g = group(n);
    g.range = range == null ? g.range : range.with(g.range);
    g.asymmetric |= !symmetric;
  }

  /** Asks for zero point 0, whatever others would like. */
  void centre(Node n) {
    group(n).zeroAtZero = true;
  }

  void fix(Node n, Affine scale) {
    group(n).fixed = scale;
  }

  Affine fixed(Node n) {
    return group(n).fixed;
  }

  /** Gives both the same scale; two different fixed ones cannot be brought together. */
  boolean join(Node a, Node b) {
    Node x = root(a);
    Node y = root(b);
    if (x.equals(y)) {
      return true;
    }
    Group gx = groups.get(x);
    Group gy = groups.get(y);
    if (gx.fixed != null && gy.fixed != null && !gx.fixed.equals(gy.fixed)) {
      return false;
    }
    parent.put(y, x);
    gx.range = gy.range == null ? gx.range : gy.range.with(gx.range);
    gx.fixed = gx.fixed == null ? gy.fixed : gx.fixed;
    gx.asymmetric |= gy.asymmetric;
    gx.zeroAtZero |= gy.zeroAtZero;
    groups.remove(y);
    return true;
  }

  Affine scale(Node n) {
    Group g = group(n);
    if (g.fixed != null) {
      return g.fixed;
    }
    return Affine.of(n.type(), g.range.low(), g.range.high(), g.zeroAtZero || !g.asymmetric);
  }

  /** Whether anybody has asked for a scale of a tensor. */
  boolean knows(Node n) {
    return parent.containsKey(n);
  }

  /** All tensors that have a scale. */
  Iterable<Node> nodes() {
    return parent.keySet();
  }
}
