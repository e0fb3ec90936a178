// The option bf16: which kernels run, what they compute, what weights take.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Padding;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Bfloat16Test {
  private static final Options BF16 = Options.builder().bf16(true).build();

  private static float[] values(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static float rounded(float value) {
    return Bfloat16.toFloat(Bfloat16.fromFloat(value));
  }

  private static float[] run(Graph graph, Options options, float[] input) {
    try (Model model = Model.load(graph, options);
        Session session = model.newSession()) {
      session.input(0).asFloatBuffer().put(input);
      session.run();
      FloatBuffer out = session.output(0).asFloatBuffer();
      float[] values = new float[out.remaining()];
      out.get(values);
      return values;
    }
  }

  @Test
  void aFullyConnectedLayerIsRounded() {
    Random random = new Random(21);
    int m = 3;
    int n = 40;
    int k = 65;
    float[] x = values(random, m * k);
    float[] w = values(random, n * k);
    float[] bias = values(random, n);
    GraphBuilder b = Graph.builder("full");
    GraphBuilder.Value in = b.input("x", ElementType.FLOAT32, m, k);
    Graph graph =
        in.fullyConnected(b.floats("w", w, n, k), b.floats("b", bias, n), Activation.NONE)
            .output("y")
            .build();
    float[] actual = run(graph, BF16, x);
    for (int i = 0; i < m * n; i++) {
      double sum = bias[i % n];
      for (int j = 0; j < k; j++) {
        sum += (double) rounded(x[i / n * k + j]) * rounded(w[i % n * k + j]);
      }
      assertEquals(sum, actual[i], 1e-5);
    }
    float[] exact = run(graph, Options.DEFAULT, x);
    double largest = 0;
    for (int i = 0; i < m * n; i++) {
      largest = Math.max(largest, Math.abs(exact[i] - actual[i]));
    }
    assertTrue(largest > 1e-5 && largest < 0.05, "bf16 differs from float by " + largest);
    for (String isa : List.of("reference", "avx2")) {
      float[] other = run(graph, BF16.toBuilder().isa(isa).build(), x);
      for (int i = 0; i < m * n; i++) {
        assertEquals(actual[i], other[i], 1e-5, isa);
      }
    }
  }

  @Test
  void productsChangeAndOthersStay() {
    Random random = new Random(22);
    GraphBuilder b = Graph.builder("mixed");
    GraphBuilder.Value depthwise = depthwise(convolution(b, 6, random), random);
    GraphBuilder.Value product =
        depthwise.conv2d(
            b.floats("p", values(random, 16 * 64), 16, 1, 1, 64),
            b.floats("q", values(random, 16), 16),
            1,
            Padding.SAME,
            Activation.NONE);
    Graph graph = product.batchMatMul(product, false, true).output("y").build();
    try (Model real = Model.load(graph, Options.DEFAULT);
        Model model = Model.load(graph, BF16);
        Session before = real.newSession();
        Session session = model.newSession()) {
      List<Report.StepReport> steps = session.report().steps();
      // Where kernels of the machine gain by it, the value that a product reads is a bfloat16; a
      // small one that a depthwise layer reads is not.
      boolean kept = steps.get(1).kernel().startsWith("depthwise_f32f32bf16_");
      assertEquals(List.of("bf16", kept ? "bf16" : "f32", "bf16", "bf16"), numerics(steps));
      assertEquals(List.of("f32", "f32", "f32", "f32"), numerics(before.report().steps()));
      assertTrue(steps.get(0).kernel().startsWith("conv_f32bf16f32_"), steps.get(0).kernel());
      assertTrue(
          steps.get(2).kernel().startsWith(kept ? "gemm_bf16bf16f32_" : "gemm_f32bf16f32_"),
          steps.get(2).kernel());
      // A row of bias in float stands above the 18 pairs of each tile.
      assertEquals(
          before.report().steps().get(0).packedBytes() * 19 / 37, steps.get(0).packedBytes());
      SinterException e =
          assertThrows(SinterException.class, () -> model.newSession(Options.DEFAULT));
      assertTrue(e.getMessage().contains("bf16"), e.getMessage());
    }
    float[] in = values(random, 6 * 6 * 4);
    float[] exact = run(graph, Options.DEFAULT, in);
    float[] actual = run(graph, BF16, in);
    double scale = 0;
    for (float value : exact) {
      scale = Math.max(scale, Math.abs(value));
    }
    for (int i = 0; i < exact.length; i++) {
      assertEquals(exact[i], actual[i], 0.02 * scale);
    }
  }

  @Test
  void aLargeValueThatADepthwiseLayerReadsIsKept() {
    Random random = new Random(24);
    GraphBuilder b = Graph.builder("large");
    int side = 16;
    while (4L * side * side * 64 <= Target.local().level2Bytes()) {
      side *= 2;
    }
    Graph graph = depthwise(convolution(b, side, random), random).output("y").build();
    try (Model model = Model.load(graph, BF16);
        Session session = model.newSession()) {
      List<Report.StepReport> steps = session.report().steps();
      boolean kept = steps.get(0).kernel().startsWith("conv_f32bf16bf16_");
      assertEquals(List.of("bf16", kept ? "bf16" : "f32"), numerics(steps));
    }
  }

  @Test
  void whatASumReadsStaysAFloat() {
    Random random = new Random(23);
    GraphBuilder b = Graph.builder("residual");
    GraphBuilder.Value conv = convolution(b, 6, random);
    GraphBuilder.Value depthwise = depthwise(conv, random);
    Graph graph = conv.add(depthwise, Activation.NONE).output("y").build();
    try (Model model = Model.load(graph, BF16);
        Session session = model.newSession()) {
      assertEquals(List.of("bf16", "f32", "add.f32"), numerics(session.report().steps()));
    }
  }

  /** Of a square input of 4 channels, 64 channels. */
  private static GraphBuilder.Value convolution(GraphBuilder b, int side, Random random) {
    return b.input("x", ElementType.FLOAT32, 1, side, side, 4)
        .conv2d(
            b.floats("w", values(random, 64 * 9 * 4), 64, 3, 3, 4),
            b.floats("b", values(random, 64), 64),
            1,
            Padding.SAME,
            Activation.RELU);
  }

  private static GraphBuilder.Value depthwise(GraphBuilder.Value x, Random random) {
    GraphBuilder b = x.owner();
    return x.depthwise(
        b.floats("d", values(random, 9 * 64), 1, 3, 3, 64),
        b.floats("e", values(random, 64), 64),
        1,
        Padding.SAME,
        Activation.NONE);
  }

  private static List<String> numerics(List<Report.StepReport> steps) {
    return steps.stream().map(Report.StepReport::numerics).toList();
  }

  @Test
  void itIsAnOption() {
    assertFalse(Options.DEFAULT.bf16());
    assertTrue(BF16.toBuilder().threads(2).build().bf16());
  }
}
