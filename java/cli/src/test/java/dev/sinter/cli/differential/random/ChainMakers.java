// Random small networks: what fusion, layouts, the memory plan and tails of several ops do
// together.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT8;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.cli.differential.random.ProductMakers.Weights;
import dev.sinter.graph.Activation;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind.Activate;
import dev.sinter.graph.OpKind.Binary;
import dev.sinter.graph.Padding;
import java.util.List;
import java.util.Map;

/** Chains of two to seven ops. */
final class ChainMakers {
  private ChainMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "chain", ChainMakers::chain, FLOAT32, INT8, UINT8);
    Maker.each(to, "chain of moves", ChainMakers::moves, FLOAT32, INT8, UINT8);
  }

  private static void chain(Sketch s) {
    Value x = s.input(1, s.between(4, 13), s.between(4, 13), s.size(8));
    for (int n = s.between(2, 6); n > 0; n--) {
      x = step(s, x);
    }
    if (s.type != UINT8 && s.coin()) {
      boolean keep = s.coin();
      x = x.mean(keep, 1, 2);
      if (!keep && s.coin()) {
        x = ProductMakers.fullyConnected(s, x, Weights.OWN, false);
      }
    }
    if (s.oneIn(4)) {
      x = x.softmax();
    }
    s.done(x);
  }

  private static Value step(Sketch s, Value x) {
    return switch (s.below(9)) {
      case 0 -> ProductMakers.conv(s, x, Weights.OWN, 1, 1);
      case 1 -> ProductMakers.conv(s, x, Weights.OWN, 3, 1);
      case 2 -> ProductMakers.depthwise(s, x, Weights.OWN);
      case 3 -> {
        Value other =
            s.coin()
                ? s.input(s.type, Sketch.of(x), x.shape().toArray())
                : x.activate(Activate.Function.RELU);
        Value sum = x.add(other, s.activation());
        yield s.isQuantized() ? sum.quantized(Sketch.scale(x) * 1.3f, s.zero(s.type)) : sum;
      }
      case 4 -> x.shape().dim(1) > 1 && x.shape().dim(2) > 1 ? x.maxPool(2, 1, Padding.SAME) : x;
      case 5 -> x.pad(0, 0, s.below(3), s.below(3), s.below(3), s.below(3), 0, 0);
      case 6 -> x.activate(Activate.Function.RELU);
      case 7 -> silu(s, x);
      default -> x.averagePool(2, 1, Padding.SAME);
    };
  }

  private static Value silu(Sketch s, Value x) {
    Value gate = x.activate(Activate.Function.LOGISTIC);
    if (s.isQuantized()) {
      gate = gate.quantized(1f / 256, s.type == INT8 ? -128 : 0);
    }
    boolean first = s.coin();
    Value y = (first ? x : gate).binary(Binary.Function.MUL, first ? gate : x, Activation.NONE);
    return s.isQuantized() ? y.quantized(Sketch.scale(x) * 0.7f, s.zero(s.type)) : y;
  }

  private static void moves(Sketch s) {
    Value x = s.input(s.dims(2, 4));
    for (int n = s.between(2, 5); n > 0; n--) {
      int rank = x.shape().rank();
      x =
          switch (s.below(5)) {
            case 0 -> x.transpose(s.order(rank));
            case 1 -> x.reshape(-1, x.shape().dim(-1));
            case 2 -> {
              int[] p = new int[2 * rank];
              for (int i = 0; i < p.length; i++) {
                p[i] = s.below(2);
              }
              yield x.pad(p);
            }
            case 3 -> x.concat(s.below(rank), x);
            default -> {
              int[] begin = new int[rank];
              int[] size = new int[rank];
              for (int d = 0; d < rank; d++) {
                begin[d] = s.below(x.shape().dim(d));
                size[d] = s.between(1, x.shape().dim(d) - begin[d]);
              }
              yield s.like("SLICE", 2, Map.of(), x, x, s.int32(begin), s.int32(size));
            }
          };
    }
    s.done(x);
  }
}
