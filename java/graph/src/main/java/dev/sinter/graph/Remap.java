// Renumbering of tensors, wherever one names another by index.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.util.ArrayList;
import java.util.List;

/** Applies a map from old to new tensor indices. */
final class Remap {
  private Remap() {}

  static List<Integer> list(List<Integer> list, int[] map) {
    List<Integer> out = new ArrayList<>(list.size());
    for (int t : list) {
      out.add(t < 0 ? t : map[t]);
    }
    return out;
  }

  static Op op(Op op, int[] map) {
    return new Op(
        op.kind(),
        list(op.inputs(), map),
        list(op.outputs(), map),
        list(op.intermediates(), map),
        op.location(),
        op.source());
  }

  static Signature signature(Signature s, int[] map) {
    return new Signature(
        s.key(), s.subgraph(), bindings(s.inputs(), map), bindings(s.outputs(), map), s.source());
  }

  private static List<Signature.Binding> bindings(List<Signature.Binding> list, int[] map) {
    List<Signature.Binding> out = new ArrayList<>();
    for (Signature.Binding b : list) {
      out.add(new Signature.Binding(b.name(), map[b.tensor()], b.source()));
    }
    return out;
  }

  static Tensor tensor(Tensor t, int[] map) {
    Quantization q = t.quantization();
    Quantization.Details d = q.details();
    Quantization.Details mapped = d;
    if (d instanceof Quantization.Blockwise b) {

      mapped =
          new Quantization.Blockwise(one(b.scales(), map), one(b.zeroPoints(), map), b.blockSize());
    } else if (d instanceof Quantization.MultiAxis m) {

      mapped =
          new Quantization.MultiAxis(
              one(m.scales(), map), one(m.zeroPoints(), map), m.blockSize(), m.axes());
    }
    if (mapped == null || mapped.equals(d)) {
      return t;
    }
    return t.withQuantization(
        Quantization.of(q.scales(), q.zeroPoints(), q.axis(), q.min(), q.max(), mapped));
  }

  private static int one(int t, int[] map) {
    return t < 0 || t >= map.length ? t : map[t];
  }

  /** Tensors that a quantization names. */
  static List<Integer> references(Quantization q) {
    List<Integer> out = new ArrayList<>(2);
    if (q.details() instanceof Quantization.Blockwise) {
      Quantization.Blockwise b = (Quantization.Blockwise) q.details();
      out.add(b.scales());
      out.add(b.zeroPoints());
    } else if (q.details() instanceof Quantization.MultiAxis) {
      Quantization.MultiAxis m = (Quantization.MultiAxis) q.details();
      out.add(m.scales());
      out.add(m.zeroPoints());
    }
    out.removeIf(t -> t < 0);
    return out;
  }
}
