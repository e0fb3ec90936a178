// Files whose quantization breaks TFLite's rules can be read, but not run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import org.junit.jupiter.api.Test;

class QuantizationRulesTest {
  private static final float[] NONE = {};

  /** The additions with the input's quantization, written and read again. */
  private static Graph with(float[] scales, long[] zeroPoints, int axis) {
    Graph plain = TestGraphs.additions();
    int x = plain.inputs().get(0);
    Quantization q = Quantization.of(scales, zeroPoints, axis, NONE, NONE, null);
    Graph graph = plain.edit().replaceTensor(x, plain.tensor(x).withQuantization(q)).build();
    return TfliteReader.read(TfliteWriter.toBytes(graph));
  }

  private static void refused(String why, Graph graph) {
    SinterException e =
        assertThrows(SinterException.class, () -> Model.load(graph, Options.DEFAULT));
    assertEquals(Status.INVALID_MODEL, e.status());
    assertTrue(e.getMessage().contains("'x'") && e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void brokenRulesAreNamed() {
    refused("its axis is 3", with(new float[] {1, 1, 1, 1}, new long[4], 3));
    refused("its axis is -1", with(new float[] {1}, new long[1], -1));
    refused("3 scales for 4 slices", with(new float[] {1, 1, 1}, new long[3], 1));
    refused("1 scales but 2 zero points", with(new float[] {1}, new long[2], 0));
    refused("1 scales but 0 zero points", with(new float[] {1}, new long[0], 0));
  }

  @Test
  void keptRulesLetItRun() {
    Model.load(with(new float[] {1}, new long[1], 1), Options.DEFAULT).close();
    Model.load(with(NONE, new long[0], 9), Options.DEFAULT).close();
  }
}
