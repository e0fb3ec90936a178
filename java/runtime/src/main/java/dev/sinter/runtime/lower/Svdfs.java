// SVDF layers: a product with the feature weights, then the memory of the filters.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Lowers SVDF in float, in int8 with a 16-bit memory, and of floats by int8 weights. */
final class Svdfs {
  private Svdfs() {}

  static void lower(Lowering l, int index, Op op, OpKind.Foreign kind) {
    Recurrent.Form form = Recurrent.form(l, index, op.input(0), op.input(1));
    boolean integer = form == Recurrent.Form.INTEGER;
    boolean hybrid = form == Recurrent.Form.HYBRID;
    ElementType wide = integer ? ElementType.INT8 : ElementType.FLOAT32;
    // A memory of 8 bits is TFLite Micro's: TFLite reads any as one of 16 bits.
    boolean bytes = integer && l.tensor(op.input(4)).type() == ElementType.INT8;
    ElementType small =
        bytes ? ElementType.INT8 : integer ? ElementType.INT16 : ElementType.FLOAT32;
    ElementType sums = integer ? ElementType.INT32 : ElementType.FLOAT32;
    ElementType weightsType = l.tensor(op.input(1)).type();
    ElementType timeType = hybrid ? weightsType : small;
    ElementType[] types = {wide, weightsType, timeType, sums, small};
    for (int i = 0; i < types.length; i++) {
      if (op.hasInput(i) ? l.tensor(op.input(i)).type() != types[i] : i != 3) {
        throw l.unsupported(
            index,
            "input " + i + (op.hasInput(i) ? " of type " + l.tensor(op.input(i)).type() : ""));
      }
      if (integer && i != 3) {
        l.requireQuantized(index, op.input(i));
      }
    }
    if (l.tensor(op.output(0)).type() != wide || !l.isConstant(op.input(1))) {
      throw l.unsupported(index, "this mix of types, or weights that are computed at run time");
    }
    Shape in = l.shape(op.input(0));
    Shape features = l.shape(op.input(1));
    Shape time = l.shape(op.input(2));
    int rank = Numbers.attribute(kind, "rank").intValue();
    int activation = Numbers.attribute(kind, "fused_activation_function").intValue();
    int filters = features.dim(0);
    int batch = in.dim(0);
    if (in.rank() != 2
        || features.rank() != 2
        || time.rank() != 2
        || in.dim(1) != features.dim(1)
        || time.dim(0) != filters
        || rank < 1
        || filters % rank != 0) {
      throw l.unsupported(index, "rank " + rank + " with these shapes");
    }
    if (integer ? activation != 1 : activation < 0 || activation > 4) {
      throw l.unsupported(index, "activation " + activation);
    }
    long memory = (long) batch * filters * time.dim(1);
    if (l.shape(op.input(4)).elements() != memory) {
      throw l.unsupported(index, "a state of shape " + l.shape(op.input(4)));
    }
    int zeroPoint = integer ? l.zeroPoint(op.input(0)) : 0;
    if (hybrid && !l.isConstant(op.input(2))) {
      throw l.unsupported(index, "int8 weights of time that are computed at run time");
    }
    Value results = l.temporary("SVDF features", 4L * batch * filters);
    Value source = l.value(op.input(0));
    l.add(
        Recurrent.product(
                index,
                "SVDF features",
                form,
                batch,
                filters,
                in.dim(1),
                zeroPoint,
                Recurrent.dynamic(form, kind))
            .slot(source)
            .weights(
                Arrays.asList("svdf", op.input(1)),
                Recurrent.sources(
                    form,
                    () -> l.constant(op.input(1)),
                    null,
                    hybrid ? Recurrent.scales(l, index, List.of(op.input(1))) : null))
            .slot(results)
            .work((double) batch * filters * in.dim(1)));
    Value state = l.state(index, op.input(4));
    String[] slots =
        integer
            ? bytes
                ? new String[] {"s32", "s8", "s8", "s32", "s8", "s8"}
                : new String[] {"s32", "s16", "s16", "s32", "s16", "s8"}
            : new String[] {"f32", "f32", "f32", "f32", "f32", "f32"};
    ByteBuffer factors = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    if (integer) {
      float memoryScale = l.scale(op.input(4));
      Lstms.factor(factors, l.scale(op.input(0)) * l.scale(op.input(1)) / memoryScale);
      Lstms.factor(factors, memoryScale * l.scale(op.input(2)) / l.scale(op.output(0)));
    }
    Value weights = hybrid ? floats(l, index, op.input(2)) : l.value(op.input(2));
    l.add(
        new Step("svdf", index, "SVDF " + filters + " filters of " + time.dim(1), slots)
            .set("batch", batch)
            .set("units", filters / rank)
            .set("rank", rank)
            .set("memory", time.dim(1))
            .set("has_bias", op.hasInput(3) ? 1 : 0)
            .set("activation", activation)
            .set("feature_mantissa", factors.getInt(0))
            .set("feature_shift", factors.getInt(4))
            .set("time_mantissa", factors.getInt(8))
            .set("time_shift", factors.getInt(12))
            .set("state_zero_point", bytes ? l.zeroPoint(op.input(4)) : 0)
            .set("out_zero_point", integer ? l.zeroPoint(op.output(0)) : 0)
            .slot(results)
            .slot(state)
            .slot(weights)
            .slot(op.hasInput(3) ? l.value(op.input(3)) : weights)
            .slot(state)
            .slot(l.define(op.output(0)))
            .work((double) memory));
  }

  /** int8 weights of time as the floats that the memory meets. */
  private static Value floats(Lowering l, int index, int tensor) {
    if (!l.quantization(tensor).isPerTensor()) {
      throw l.unsupported(index, "weights of time without one scale");
    }
    return l.literal(l.tensor(tensor).name(), Recurrent.widened(l, List.of(tensor)).get());
  }
}
