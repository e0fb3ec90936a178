// Layers in bfloat16 whose weights a file stores as int8: numbers, which values stay in bfloat16,
// and which weights.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Storage;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.select.Selector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Bfloat16ByBytesTest {
  private static final Options BF16 = Options.builder().bf16(true).build();
  private static final int DEPTH = 80;

  @TempDir Path folder;

  private static byte weight(int index) {
    return (byte) (index * 37 + index / 5);
  }

  private static float scale(int output) {
    return 0.001f + 0.0002f * (output % 7);
  }

  /** A convolution of `kernel` x `kernel` of as many channels as it has outputs. */
  private static GraphBuilder.Value convolve(
      GraphBuilder.Value x, String name, int kernel, int channels, Activation activation) {
    GraphBuilder b = x.owner();
    ByteBuffer stored = ByteBuffer.allocate(channels * kernel * kernel * channels);
    float[] scales = new float[channels];
    float[] bias = new float[channels];
    for (int i = 0; i < stored.capacity(); i++) {
      stored.put(i, weight(i));
    }
    for (int o = 0; o < channels; o++) {
      scales[o] = scale(o);
      bias[o] = 0.25f * (o % 5);
    }
    Shape shape = Shape.of(channels, kernel, kernel, channels);
    GraphBuilder.Value w =
        b.op(
            new OpKind.Dequantize(),
            ElementType.FLOAT32,
            Quantization.NONE,
            b.constant(
                name,
                new Constant.Dense(ElementType.INT8, shape, Storage.wrap(stored)),
                Quantization.perAxis(0, scales)));
    OpKind.Conv kind = new OpKind.Conv(Padding.SAME, 1, 1, 1, 1, activation);
    return x.conv2d(w, b.floats(name + " bias", bias, channels), kind);
  }

  private static Graph layer(int side, int kernel, int channels) {
    GraphBuilder b = Graph.builder("layer");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, side, side, channels);
    return convolve(x, "w", kernel, channels, Activation.RELU).output("y").build();
  }

  private static float rounded(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.intBitsToFloat(bits + 0x7fff + (bits >> 16 & 1) & 0xffff0000);
  }

  private static void check(Options options, int side, int kernel) {
    Random random = new Random(side);
    float[] x = new float[side * side * DEPTH];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 2 - 1;
    }
    try (Model model = Model.load(layer(side, kernel, DEPTH), options);
        Session session = model.newSession()) {
      Report.StepReport step = session.report().steps().get(0);
      assertEquals("bf16s8", step.numerics(), step.kernel());
      session.input(0).asFloatBuffer().put(x);
      session.run();
      float[] y = new float[x.length];
      session.output(0).asFloatBuffer().get(y);
      for (int i = 0; i < y.length; i++) {
        int o = i % DEPTH;
        double sum = 0;
        double magnitude = 0;
        for (int tap = 0; tap < kernel * kernel * DEPTH; tap++) {
          int iy = i / DEPTH / side + tap / DEPTH / kernel - kernel / 2;
          int ix = i / DEPTH % side + tap / DEPTH % kernel - kernel / 2;
          if (iy >= 0 && iy < side && ix >= 0 && ix < side) {
            float value = rounded(x[(iy * side + ix) * DEPTH + tap % DEPTH]);
            double product = (double) value * weight(o * kernel * kernel * DEPTH + tap);
            sum += product;
            magnitude += Math.abs(product);
          }
        }
        double bias = 0.25 * (o % 5);
        assertEquals(
            Math.max(0, sum * scale(o) + bias),
            y[i],
            (kernel * kernel * DEPTH + 2) * (magnitude * scale(o) + bias) / (1 << 23),
            step.kernel());
      }
    }
  }

  @Test
  void resultsAreThoseOfTheDefinitionHoweverWeightsAreKept() {
    for (int kernel : new int[] {1, 3}) {
      for (int side : new int[] {4, 12}) { // few pixels, too, whose weights become floats otherwise
        check(BF16, side, kernel);
        check(BF16.toBuilder().isa("reference").build(), side, kernel);
        check(BF16.toBuilder().threads(2).build(), side, kernel);
      }
    }
    for (Row row : Target.local().catalogue().rows("conv", List.of("f32", "s8", "f32"))) {
      boolean ours = row.numerics().equals("bf16s8") && row.built();
      if (ours && (row.needs() & ~Target.local().isa()) == 0) {
        check(BF16.toBuilder().target(Target.local().withRow(row.name())).build(), 12, 3);
      }
    }
  }

  @Test
  void valuesBetweenSuchLayersStayInBfloat16WhereThatIsFaster() {
    GraphBuilder b = Graph.builder("chain");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 14, 14, 96);
    GraphBuilder.Value first = convolve(x, "v", 3, 96, Activation.RELU);
    Graph graph = convolve(first, "w", 1, 96, Activation.NONE).output("y").build();
    try (Model model = Model.load(graph, BF16);
        Session session = model.newSession()) {
      List<Report.StepReport> steps = session.report().steps();
      boolean kept = steps.get(0).kernel().startsWith("conv_f32s8bf16_");
      assertEquals(
          kept, steps.get(1).kernel().startsWith("gemm_bf16s8f32_"), steps.get(1).kernel());
      assertTrue(kept || !Target.local().isaNames().contains("avx512_bf16"), steps.get(0).kernel());
      for (Report.StepReport step : steps) {
        assertEquals("bf16s8", step.numerics());
      }
    }
  }

  /** A Xeon with AMX, as the catalogue guesses its costs. */
  private Target xeon() throws IOException {
    Path file = folder.resolve("xeon.json");
    Files.writeString(
        file,
        """
        {"format": "sinter-target", "version": 1, "name": "a Xeon", "source": "made by hand",
         "machine": {"arch": "x86_64", "gigahertz": 2.5, "level2Bytes": 2097152,
           "level3Bytes": 67108864,
           "isa": "avx2 avx512 avx512_vnni avx512_bf16 amx_tile amx_int8 amx_bf16"},
         "bytesPerCycle": {"level2": 48, "level3": 11, "memory": 5}, "rows": {}}
        """);
    return Target.described(file);
  }

  private static String row(Target target, int side, int kernel, int channels, boolean alone) {
    List<Step> steps = new ArrayList<>();
    steps.addAll(Lowering.lower(layer(side, kernel, channels), Map.of()).steps());
    if (!alone) {
      steps.addAll(Lowering.lower(layer(7, 3, 600), Map.of()).steps());
    }
    steps.forEach(Step::useBfloat16);
    Selector selector = new Selector(target, Numerics.TFLITE, new HashMap<>()).among(steps);
    return selector.choose(steps.get(0)).row().name();
  }

  @Test
  void weightsStayInt8WhereManyPixelsMeetThemOrTheModelIsLarge() throws IOException {
    Target xeon = xeon();
    assertEquals("conv_weight_only_bf16_s8_amx", row(xeon, 56, 3, 64, true));
    assertEquals("gemm_weight_only_bf16_s8_amx", row(xeon, 56, 1, 128, true));
    assertEquals("conv_weight_only_bf16_s8_amx_wide", row(xeon, 7, 3, 256, true));
    assertEquals("conv_weight_only_bf16_s8_amx", row(xeon, 7, 3, 256, false));
    assertEquals("gemm_weight_only_bf16_s8_amx_wide", row(xeon, 7, 1, 960, false));
    // One row of A: half the bytes from L3.
    assertFalse(row(xeon, 1, 1, 2048, true).endsWith("_wide"));
  }
}
