// Transposes around matrix products: the products read and write in their place, with the same
// results.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldedTransposesTest {
  private static final int[] HEADS = {0, 2, 1, 3};

  /** Attention with heads of 6 values, 5 words, 3 heads; the movements are outputs where kept. */
  private static Graph attention(boolean keysTurned, boolean kept) {
    GraphBuilder b = Graph.builder("attention");
    GraphBuilder.Value q = b.input("q", ElementType.FLOAT32, 1, 5, 18).reshape(1, 5, 3, 6);
    GraphBuilder.Value k = b.input("k", ElementType.FLOAT32, 1, 5, 18).reshape(1, 5, 3, 6);
    GraphBuilder.Value v = b.input("v", ElementType.FLOAT32, 1, 5, 18).reshape(1, 5, 3, 6);
    GraphBuilder.Value queries = q.transpose(HEADS);
    GraphBuilder.Value keys = keysTurned ? k.transpose(0, 2, 3, 1) : k.transpose(HEADS);
    GraphBuilder.Value values = v.transpose(HEADS);
    GraphBuilder.Value sums =
        queries.batchMatMul(keys, false, !keysTurned).batchMatMul(values, false, false);
    GraphBuilder.Value out = sums.transpose(HEADS).reshape(1, 5, 18);
    out.output("out");
    if (kept) {
      for (GraphBuilder.Value value : List.of(queries, keys, values, sums)) {
        value.output();
      }
    }
    return b.build();
  }

  private static float[] run(Graph graph, Options options, List<String> ops) {
    Random random = new Random(7);
    try (Model model = Model.load(graph, options);
        Session session = model.newSession()) {
      for (int i = 0; i < 3; i++) {
        FloatBuffer in = session.input(i).asFloatBuffer();
        while (in.hasRemaining()) {
          in.put(random.nextFloat() - 0.5f);
        }
      }
      session.run();
      FloatBuffer out = session.output(0).asFloatBuffer();
      float[] values = new float[out.remaining()];
      out.get(values);
      session.report().steps().forEach(step -> ops.add(step.function()));
      return values;
    }
  }

  @Test
  void headsAreReadAndWrittenWhereTheyStand() {
    for (Options isa :
        List.of(
            Options.builder().isa("reference").build(),
            Options.builder().isa("avx2").build(),
            Options.DEFAULT)) {
      for (boolean bf16 : new boolean[] {false, true}) {
        for (boolean turned : new boolean[] {false, true}) {
          Options options = isa.toBuilder().bf16(bf16).build();
          List<String> folded = new ArrayList<>();
          List<String> plain = new ArrayList<>();
          float[] actual = run(attention(turned, false), options, folded);
          float[] expected = run(attention(turned, true), options, plain);
          assertEquals(List.of("batch_matmul", "batch_matmul"), folded);
          assertEquals(4, plain.stream().filter("strided"::equals).count());
          assertArrayEquals(expected, actual, 1e-6f);
        }
      }
    }
  }

  @Test
  void aTransposeThatOthersReadStays() {
    GraphBuilder b = Graph.builder("shared");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 2, 4, 3, 6).transpose(HEADS);
    Graph graph = x.batchMatMul(x, false, true).output("y").build();
    try (Model model = Model.load(graph, Options.DEFAULT);
        Session session = model.newSession()) {
      List<String> ops =
          session.report().steps().stream().map(Report.StepReport::function).toList();
      assertEquals(List.of("strided", "batch_matmul"), ops);
    }
  }
}
