// Random models of ops that choose among boxes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static dev.sinter.graph.ElementType.FLOAT32;
import static dev.sinter.graph.ElementType.INT32;
import static dev.sinter.graph.ElementType.UINT8;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteOps;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Suppression of overlapping boxes, and the custom op of the detectors. */
final class DetectionMakers {
  private DetectionMakers() {}

  static void addTo(List<Maker> to) {
    Maker.each(to, "NON_MAX_SUPPRESSION_V4", s -> suppression(s, false), FLOAT32);
    Maker.each(to, "NON_MAX_SUPPRESSION_V5", s -> suppression(s, true), FLOAT32);
    Maker.each(to, "TFLite_Detection_PostProcess", DetectionMakers::detection, FLOAT32, UINT8);
  }

  private static Value scalar(Sketch s, float value) {
    return s.constant(FLOAT32, Sketch.bytes(4).putFloat(value).flip(), Quantization.NONE);
  }

  private static void suppression(Sketch s, boolean soft) {
    int n = s.between(1, 80);
    int most = s.between(1, 40);
    List<Value> in = new ArrayList<>();
    in.add(s.ranged(FLOAT32, Quantization.NONE, -1, 1, n, 4));
    in.add(s.ranged(FLOAT32, Quantization.NONE, -1, 1, n));
    in.add(s.int32Scalar(most));
    in.add(scalar(s, 0.1f + 0.08f * s.below(11)));
    in.add(scalar(s, 0.1f * s.below(11) - 0.5f));
    List<Result> out = new ArrayList<>();
    out.add(new Result(INT32, Quantization.NONE));
    if (soft) {
      in.add(scalar(s, 0.1f * s.below(11)));
      out.add(new Result(FLOAT32, Quantization.NONE));
    }
    out.add(new Result(INT32, Quantization.NONE));
    s.done(
        s.ops(
                TfliteOps.builtin(
                    soft ? "NON_MAX_SUPPRESSION_V5" : "NON_MAX_SUPPRESSION_V4", 1, Map.of()),
                out,
                in.toArray(Value[]::new))
            .toArray(Value[]::new));
  }

  private static void detection(Sketch s) {
    boolean regular = s.coin();
    int n = s.between(2, 60);
    int classes = s.between(1, 6);
    int each = regular ? 1 : s.between(1, classes);
    int most = s.between(1, Math.max(1, n / 4));
    Map<String, Object> options = new TreeMap<>();
    options.put("max_detections", most);
    options.put("max_classes_per_detection", each);
    options.put("num_classes", classes);
    // Every place is filled: TensorFlow Lite leaves in the others what was there before.
    options.put("nms_score_threshold", -9f);
    options.put("nms_iou_threshold", regular ? 0.3f + 0.05f * s.below(11) : 0.999f);
    for (String side : List.of("y_scale", "x_scale")) {
      options.put(side, 10f);
    }
    for (String side : List.of("h_scale", "w_scale")) {
      options.put(side, 5f);
    }
    if (regular) {
      options.put("use_regular_nms", true);
    }
    boolean bytes = s.type == UINT8;
    ElementType type = s.type;
    Quantization q = bytes ? Quantization.perTensor(s.spread(0.05), 120) : Quantization.NONE;
    Value boxes = bytes ? s.ranged(type, q, 0, 255, 1, n, 4) : s.ranged(type, q, -1, 1, 1, n, 4);
    // Of equal scores TensorFlow Lite takes any: floats have none.
    Value scores = s.ranged(FLOAT32, Quantization.NONE, -1, 1, 1, n, classes + s.below(2));
    ByteBuffer sides = Sketch.bytes((bytes ? 4 : 16) * n);
    for (int i = 0; i < 4 * n; i++) {
      int v = 1 + (i * 37 + s.below(50)) % 100;
      if (bytes) {
        sides.put((byte) v);
      } else {
        sides.putFloat(v / 100f);
      }
    }
    Value anchors =
        s.constant(
            type,
            sides.flip(),
            bytes ? Quantization.perTensor(0.004f, 0) : Quantization.NONE,
            n,
            4);
    int places = most * each;
    s.done(
        s.ops(
                TfliteOps.custom("TFLite_Detection_PostProcess", 1, flexbuffer(options)),
                List.of(
                    new Result(FLOAT32, Quantization.NONE, Shape.of(1, places, 4)),
                    new Result(FLOAT32, Quantization.NONE, Shape.of(1, places)),
                    new Result(FLOAT32, Quantization.NONE, Shape.of(1, places)),
                    new Result(FLOAT32, Quantization.NONE, Shape.of(1))),
                boxes,
                scores,
                anchors)
            .toArray(Value[]::new));
  }

  /** A map of integers, floats and booleans; keys in order, all numbers in four bytes. */
  static ByteBuffer flexbuffer(Map<String, Object> values) {
    ByteBuffer out = Sketch.bytes(4096);
    List<Integer> keys = new ArrayList<>();
    for (String key : values.keySet()) {
      keys.add(out.position());
      out.put(key.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
    }
    while (out.position() % 4 != 0) {
      out.put((byte) 0);
    }
    out.putInt(values.size());
    int keyVector = out.position();
    for (int key : keys) {
      out.putInt(out.position() - key);
    }
    out.putInt(out.position() - keyVector);
    out.putInt(4);
    out.putInt(values.size());
    int map = out.position();
    for (Object value : values.values()) {
      if (value instanceof Float f) {
        out.putFloat(f);
      } else if (value instanceof Boolean b) {
        out.putInt(b ? 1 : 0);
      } else {
        out.putInt((Integer) value);
      }
    }
    for (Object value : values.values()) {
      int type = value instanceof Float ? 3 : value instanceof Boolean ? 26 : 1;
      out.put((byte) (type << 2 | 2));
    }
    out.put((byte) (out.position() - map));
    out.put((byte) (9 << 2 | 2));
    out.put((byte) 1);
    return out.flip();
  }
}
