// What stands behind object detectors: boxes from anchors, and non-maximum suppression.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** Lowers TFLite_Detection_PostProcess and NON_MAX_SUPPRESSION_V4 and V5. */
final class Detections {
  private Detections() {}

  /** A float tensor, or a uint8 one brought to floats. */
  private static Value real(Lowering l, int index, int tensor) {
    Value value = l.value(tensor);
    if (l.tensor(tensor).type() == ElementType.FLOAT32) {
      return value;
    }
    if (l.tensor(tensor).type() != ElementType.UINT8) {
      throw l.unsupported(index, "an input of type " + l.tensor(tensor).type());
    }
    l.requireQuantized(index, tensor);
    long count = l.shape(tensor).elements();
    Value real = l.temporary(l.tensor(tensor).name() + " in floats", 4 * count);
    l.add(
        new Step("quantize", index, "dequantize for a detection", "u8", "f32")
            .set("count", Math.toIntExact(count))
            .set("in_scale", l.scale(tensor))
            .set("in_zero_point", l.zeroPoint(tensor))
            .set("out_scale", 1f)
            .set("out_zero_point", 0)
            .slot(value)
            .slot(real)
            .work((double) count));
    return real;
  }

  static void postProcess(Lowering l, int index, Op op, OpKind.Foreign kind) {
    if (op.inputs().size() != 3 || op.outputs().size() != 4) {
      throw l.unsupported(index, "a detection with other inputs and outputs");
    }
    Map<String, Double> options = Flexbuffers.options(kind);
    Shape encodings = l.shape(op.input(0));
    Shape scores = l.shape(op.input(1));
    Shape anchors = l.shape(op.input(2));
    if (encodings.rank() != 3
        || scores.rank() != 3
        || anchors.rank() != 2
        || encodings.dim(0) != 1
        || scores.dim(0) != 1
        || scores.dim(1) != encodings.dim(1)
        || anchors.dim(0) != encodings.dim(1)
        || anchors.dim(1) != 4) {
      throw l.unsupported(index, "boxes, scores and anchors of these shapes");
    }
    int detections = option(options, "max_detections", 0).intValue();
    int each = option(options, "max_classes_per_detection", 0).intValue();
    long places = Math.multiplyExact((long) detections, each);
    long[] wanted = {4 * places, places, places, 1};
    for (int o = 0; o < 4; o++) {
      if (l.tensor(op.output(o)).type() != ElementType.FLOAT32
          || l.shape(op.output(o)).elements() != wanted[o]) {
        throw l.unsupported(
            index,
            "output " + o + " of shape " + l.shape(op.output(o)) + " for " + places + " places");
      }
    }
    Value boxes = real(l, index, op.input(0));
    Value values = real(l, index, op.input(1));
    Value centres = real(l, index, op.input(2));
    String f = "f32";
    l.add(
        new Step("detection", index, kind.label() + " " + encodings, f, f, f, f, f, f, f)
            .set("boxes", encodings.dim(1))
            .set("encoding", encodings.dim(2))
            .set("classes", option(options, "num_classes", 0).intValue())
            .set("columns", scores.dim(2))
            .set("max_detections", detections)
            .set("classes_per_detection", each)
            .set("detections_per_class", option(options, "detections_per_class", 100).intValue())
            .set("regular", option(options, "use_regular_nms", 0) != 0 ? 1 : 0)
            .set("score_threshold", option(options, "nms_score_threshold", 0).floatValue())
            .set("iou_threshold", option(options, "nms_iou_threshold", 0).floatValue())
            .set("y_scale", option(options, "y_scale", 0).floatValue())
            .set("x_scale", option(options, "x_scale", 0).floatValue())
            .set("h_scale", option(options, "h_scale", 0).floatValue())
            .set("w_scale", option(options, "w_scale", 0).floatValue())
            .slot(boxes)
            .slot(values)
            .slot(centres)
            .slot(l.define(op.output(0)))
            .slot(l.define(op.output(1)))
            .slot(l.define(op.output(2)))
            .slot(l.define(op.output(3)))
            .work((double) scores.elements()));
  }

  private static Double option(Map<String, Double> options, String name, double otherwise) {
    return options.getOrDefault(name, otherwise);
  }

  static void suppress(Lowering l, int index, Op op) {
    boolean soft = op.inputs().size() == 6;
    if (op.inputs().size() < 5 || op.inputs().size() > 6 || op.outputs().size() != (soft ? 3 : 2)) {
      throw l.unsupported(index, "a suppression with other inputs and outputs");
    }
    Shape boxes = l.shape(op.input(0));
    if (boxes.rank() != 2
        || boxes.dim(1) != 4
        || l.shape(op.input(1)).elements() != boxes.dim(0)
        || l.tensor(op.input(0)).type() != ElementType.FLOAT32
        || l.tensor(op.input(1)).type() != ElementType.FLOAT32) {
      throw l.unsupported(index, "boxes and scores of these shapes and types");
    }
    int most = scalar(l, index, op.input(2), ElementType.INT32).getInt(0);
    if (l.shape(op.output(0)).elements() != most) {
      throw l.unsupported(
          index, "an output of shape " + l.shape(op.output(0)) + " for " + most + " boxes");
    }
    Value from = l.value(op.input(0));
    Value scores = l.value(op.input(1));
    Value indices = l.define(op.output(0));
    Value selected = soft ? l.define(op.output(1)) : l.temporary("selected scores", 4L * most);
    Value count = l.define(op.output(soft ? 2 : 1));
    l.add(
        new Step("nms", index, op.kind().label() + " " + boxes, "f32", "f32", "s32", "f32", "s32")
            .set("boxes", boxes.dim(0))
            .set("max_output", most)
            .set("iou_threshold", scalar(l, index, op.input(3), ElementType.FLOAT32).getFloat(0))
            .set("score_threshold", scalar(l, index, op.input(4), ElementType.FLOAT32).getFloat(0))
            .set(
                "sigma", soft ? scalar(l, index, op.input(5), ElementType.FLOAT32).getFloat(0) : 0f)
            .slot(from)
            .slot(scores)
            .slot(indices)
            .slot(selected)
            .slot(count)
            .work((double) boxes.dim(0)));
  }

  private static ByteBuffer scalar(Lowering l, int index, int tensor, ElementType type) {
    Constant.Dense constant = l.needed(index, tensor);
    if (constant.type() != type || constant.shape().elements() != 1) {
      throw l.unsupported(index, "the parameter '" + l.tensor(tensor).name() + "'");
    }
    return constant
        .values()
        .duplicate()
        .order(ByteOrder.LITTLE_ENDIAN)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
