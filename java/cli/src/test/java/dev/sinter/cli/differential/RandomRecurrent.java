// Random recurrent layers and detections, the same for the same seed.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.ElementType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Makes models of one op: what is made depends on the kind and the seed alone. */
final class RandomRecurrent {
  /** An op in a type. */
  enum Kind {
    LSTM_F32,
    LSTM_S8,
    SVDF_F32,
    SVDF_S8,
    L2_POOL,
    LOCAL_RESPONSE_NORM,
    SUPPRESSION,
    SOFT_SUPPRESSION,
    DETECTION_FAST,
    DETECTION_REGULAR
  }

  private static final float Q12 = 1f / 4096;

  private final Random random;
  private OneOpFile file;

  private RandomRecurrent(Kind kind, long seed) {
    random = new Random(seed * 41 + kind.name().hashCode());
    random.nextInt();
  }

  static byte[] make(Kind kind, long seed) {
    RandomRecurrent made = new RandomRecurrent(kind, seed);
    return switch (kind) {
      case LSTM_F32 -> made.lstm(false);
      case LSTM_S8 -> made.lstm(true);
      case SVDF_F32 -> made.svdf(false);
      case SVDF_S8 -> made.svdf(true);
      case L2_POOL -> made.pool();
      case LOCAL_RESPONSE_NORM -> made.responses();
      case SUPPRESSION -> made.suppression(false);
      case SOFT_SUPPRESSION -> made.suppression(true);
      case DETECTION_FAST -> made.detection(false);
      case DETECTION_REGULAR -> made.detection(true);
    };
  }

  private int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  private float spread(double middle) {
    return (float) (middle * Math.exp(0.4 * random.nextGaussian()));
  }

  private static int count(int... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private ByteBuffer s8(int... shape) {
    byte[] bytes = new byte[count(shape)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) between(-127, 127);
    }
    return ByteBuffer.wrap(bytes);
  }

  private ByteBuffer s16(int bound, int... shape) {
    ByteBuffer bytes = OneOpFile.bytes(2 * count(shape));
    while (bytes.hasRemaining()) {
      bytes.putShort((short) between(-bound, bound));
    }
    return bytes.flip();
  }

  private ByteBuffer s32(int bound, int... shape) {
    ByteBuffer bytes = OneOpFile.bytes(4 * count(shape));
    while (bytes.hasRemaining()) {
      bytes.putInt(between(-bound, bound));
    }
    return bytes.flip();
  }

  private ByteBuffer f32(double size, int... shape) {
    ByteBuffer bytes = OneOpFile.bytes(4 * count(shape));
    while (bytes.hasRemaining()) {
      bytes.putFloat((float) (size * (2 * random.nextDouble() - 1)));
    }
    return bytes.flip();
  }

  private static ByteBuffer one(float value) {
    return OneOpFile.bytes(4).putFloat(value).flip();
  }

  /** Weights of a product over k; in int8 such that results of inputs around 1 are around 1. */
  private int weights(boolean integer, int n, int k, double size) {
    return integer
        ? file.constant(ElementType.INT8, spread(size / 60 / Math.sqrt(k)), s8(n, k), n, k)
        : file.constant(ElementType.FLOAT32, 0, f32(1.7 * size / Math.sqrt(k), n, k), n, k);
  }

  private int bias(boolean integer, int n, int bound) {
    return integer
        ? file.constant(ElementType.INT32, 1e-4f, s32(bound, n), n)
        : file.constant(ElementType.FLOAT32, 0, f32(1, n), n);
  }

  private byte[] lstm(boolean integer) {
    file =
        new OneOpFile(
            44,
            3,
            71,
            "fused_activation_function:i8 cell_clip:f32 proj_clip:f32 time_major:bool"
                + " asymmetric_quantize_inputs:bool diagonal_recurrent_tensors:bool");
    int steps = between(1, 7);
    int batch = between(1, 3);
    int width = between(1, 30);
    int cell = between(1, 40);
    boolean cifg = random.nextInt(3) == 0;
    boolean norm = random.nextInt(3) == 0;
    boolean projection = random.nextInt(3) == 0;
    boolean peephole = random.nextInt(3) == 0;
    boolean timeMajor = random.nextBoolean();
    int output = projection ? between(1, peephole && integer ? cell : 40) : cell;
    if (integer && peephole && output != cell) {
      timeMajor = false;
    }
    file.option("fused_activation_function", 4).option("time_major", timeMajor);
    if (random.nextInt(3) == 0) {
      file.option("cell_clip", spread(0.8));
    }
    if (projection && random.nextInt(3) == 0) {
      file.option("proj_clip", spread(0.5));
    }
    ElementType wide = integer ? ElementType.INT8 : ElementType.FLOAT32;
    ElementType small = integer ? ElementType.INT16 : ElementType.FLOAT32;
    float stateScale = integer ? 1f / 128 : 0;
    int stateZero = integer ? between(-30, 30) : 0;
    Integer[] in = new Integer[24];
    Arrays.fill(in, -1);
    int first = timeMajor ? steps : batch;
    int second = timeMajor ? batch : steps;
    in[0] =
        file.input(
            wide, integer ? spread(0.02) : 0, integer ? between(-60, 60) : 0, first, second, width);
    for (int g = cifg ? 1 : 0; g < 4; g++) {
      in[1 + g] = weights(integer, cell, width, 1);
      in[5 + g] = weights(integer, cell, output, 1.5);
      in[12 + g] = bias(integer, cell, norm ? 3_000_000 : 8000);
      if (norm) {
        in[20 + g] =
            integer
                ? file.constant(small, spread(3e-5), s16(32767, cell), cell)
                : file.constant(small, 0, f32(1, cell), cell);
      }
    }
    for (int p = cifg ? 1 : 0; p < 3 && peephole; p++) {
      in[9 + p] =
          integer
              ? file.constant(small, spread(2e-5), s16(32767, cell), cell)
              : file.constant(small, 0, f32(0.7, cell), cell);
    }
    if (projection) {
      in[16] = weights(integer, output, cell, 1);
      in[17] = random.nextBoolean() ? bias(integer, output, 500) : -1;
    }
    in[18] = file.variable(wide, stateScale, stateZero, batch, output);
    in[19] = file.variable(small, integer ? 1f / (1 << between(9, 13)) : 0, 0, batch, cell);
    List<Integer> intermediates = new ArrayList<>();
    if (integer) {
      for (int g = 0; g < 4; g++) {
        intermediates.add(file.tensor(small, spread(Q12), 0, 0));
      }
      int hiddenZero = projection ? between(-30, 30) : stateZero;
      float hiddenScale = projection ? spread(1.0 / 128) : stateScale;
      intermediates.add(file.tensor(wide, hiddenScale, hiddenZero, 0));
    }
    int y = file.tensor(wide, stateScale, stateZero, first, second, output);
    return file.build(List.of(in), List.of(y), intermediates);
  }

  private byte[] svdf(boolean integer) {
    file =
        new OneOpFile(
            27, 3, 6, "rank:i32 fused_activation_function:i8 asymmetric_quantize_inputs:bool");
    int rank = between(1, 3);
    int units = between(1, 20);
    int filters = rank * units;
    int memory = between(1, 10);
    int batch = between(1, 3);
    int width = between(1, 40);
    file.option("rank", rank).option("fused_activation_function", integer ? 1 : between(0, 3));
    ElementType wide = integer ? ElementType.INT8 : ElementType.FLOAT32;
    ElementType small = integer ? ElementType.INT16 : ElementType.FLOAT32;
    int x =
        file.input(wide, integer ? spread(0.02) : 0, integer ? between(-60, 60) : 0, batch, width);
    int features = weights(integer, filters, width, 1);
    int time =
        integer
            ? file.constant(small, spread(3e-5), s16(32767, filters, memory), filters, memory)
            : file.constant(small, 0, f32(1, filters, memory), filters, memory);
    int bias = random.nextBoolean() ? bias(integer, units, 20_000) : -1;
    int state = file.variable(small, integer ? spread(1.0 / 8192) : 0, 0, batch, memory * filters);
    int y =
        file.tensor(
            wide, integer ? spread(0.02) : 0, integer ? between(-128, 60) : 0, batch, units);
    return file.build(List.of(x, features, time, bias, state), List.of(y), List.of());
  }

  private byte[] pool() {
    file =
        new OneOpFile(
            12,
            1,
            5,
            "padding:i8 stride_w:i32 stride_h:i32 filter_width:i32 filter_height:i32"
                + " fused_activation_function:i8");
    int size = between(4, 12);
    int kernel = between(1, 4);
    int stride = between(1, 3);
    boolean same = random.nextBoolean();
    int channels = between(1, 9);
    file.option("padding", same ? 0 : 1)
        .option("stride_w", stride)
        .option("stride_h", stride)
        .option("filter_width", kernel)
        .option("filter_height", kernel)
        .option("fused_activation_function", between(0, 3));
    int out = same ? (size + stride - 1) / stride : (size - kernel) / stride + 1;
    int x = file.input(ElementType.FLOAT32, 0, 0, 2, size, size, channels);
    int y = file.tensor(ElementType.FLOAT32, 0, 0, 2, out, out, channels);
    return file.build(List.of(x), List.of(y), List.of());
  }

  private byte[] responses() {
    file = new OneOpFile(13, 1, 13, "radius:i32 bias:f32 alpha:f32 beta:f32");
    file.option("radius", between(0, 6))
        .option("bias", spread(1))
        .option("alpha", spread(0.5))
        .option("beta", random.nextInt(3) == 0 ? 0.5f : random.nextBoolean() ? 1f : 0.75f);
    int[] shape = {2, between(1, 4), between(1, 4), between(1, 20)};
    int x = file.input(ElementType.FLOAT32, 0, 0, shape);
    int y = file.tensor(ElementType.FLOAT32, 0, 0, shape);
    return file.build(List.of(x), List.of(y), List.of());
  }

  private byte[] suppression(boolean soft) {
    file = new OneOpFile(soft ? 121 : 120, 1, 0, "unused:i8");
    int n = between(1, 80);
    int most = between(1, 40);
    int boxes = file.input(ElementType.FLOAT32, 0, 0, n, 4);
    int scores = file.input(ElementType.FLOAT32, 0, 0, n);
    List<Integer> in = new ArrayList<>(List.of(boxes, scores));
    in.add(file.constant(ElementType.INT32, 0, OneOpFile.bytes(4).putInt(most).flip()));
    in.add(file.constant(ElementType.FLOAT32, 0, one(0.1f + 0.8f * random.nextFloat())));
    in.add(file.constant(ElementType.FLOAT32, 0, one(random.nextFloat() - 0.5f)));
    int indices = file.tensor(ElementType.INT32, 0, 0, most);
    List<Integer> out = new ArrayList<>(List.of(indices));
    if (soft) {
      in.add(file.constant(ElementType.FLOAT32, 0, one(random.nextFloat())));
      out.add(file.tensor(ElementType.FLOAT32, 0, 0, most));
    }
    out.add(file.tensor(ElementType.INT32, 0, 0));
    return file.build(in, out, List.of());
  }

  private byte[] detection(boolean regular) {
    file = new OneOpFile(32, 1, 0, "unused:i8");
    int n = between(2, 60);
    int classes = between(1, 6);
    int each = regular ? 1 : between(1, classes);
    int most = between(1, Math.max(1, n / 4));
    Map<String, Object> options = new TreeMap<>();
    options.put("max_detections", most);
    options.put("max_classes_per_detection", each);
    options.put("num_classes", classes);
    // Every place is filled: TensorFlow Lite leaves in the others what was there before.
    options.put("nms_score_threshold", -9f);
    options.put("nms_iou_threshold", 0.999f);
    for (String s : new String[] {"y_scale", "x_scale", "h_scale", "w_scale"}) {
      options.put(s, s.charAt(0) < 'x' && s.charAt(0) != 'w' ? 5f : 10f);
    }
    if (regular) {
      options.put("use_regular_nms", true);
      options.put("nms_iou_threshold", 0.3f + 0.5f * random.nextFloat());
    }
    file.custom("TFLite_Detection_PostProcess", flexbuffer(options));
    boolean quantized = random.nextBoolean();
    ElementType type = quantized ? ElementType.UINT8 : ElementType.FLOAT32;
    int boxes = file.input(type, quantized ? spread(0.05) : 0, quantized ? 120 : 0, 1, n, 4);
    // Columns of bytes repeat, and of equal ones TensorFlow Lite takes any.
    int scores = file.input(ElementType.FLOAT32, 0, 0, 1, n, classes + random.nextInt(2));
    int anchors =
        quantized
            ? file.constant(type, 0.004f, positive(n), n, 4)
            : file.constant(type, 0, anchors(n), n, 4);
    int places = most * each;
    List<Integer> out =
        List.of(
            file.tensor(ElementType.FLOAT32, 0, 0, 1, places, 4),
            file.tensor(ElementType.FLOAT32, 0, 0, 1, places),
            file.tensor(ElementType.FLOAT32, 0, 0, 1, places),
            file.tensor(ElementType.FLOAT32, 0, 0, 1));
    return file.build(List.of(boxes, scores, anchors), out, List.of());
  }

  private ByteBuffer positive(int n) {
    byte[] bytes = new byte[4 * n];
    random.nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private ByteBuffer anchors(int n) {
    ByteBuffer bytes = OneOpFile.bytes(16 * n);
    while (bytes.hasRemaining()) {
      bytes.putFloat(0.05f + random.nextFloat());
    }
    return bytes.flip();
  }

  /** A map of integers, floats and booleans; keys in order, all numbers in four bytes. */
  static byte[] flexbuffer(Map<String, Object> values) {
    ByteBuffer out = OneOpFile.bytes(4096);
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
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }
}
