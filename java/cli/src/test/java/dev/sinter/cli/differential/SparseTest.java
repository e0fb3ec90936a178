// Layers with weights that are zero in 4x4 blocks: the sparse kernels take them, and give what
// dense ones give.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputRange;
import dev.sinter.optimizer.data.RandomInputs;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Report;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparseTest {
  private static List<String> kernels(SinterPeer peer) {
    return peer.report().steps().stream().map(Report.StepReport::kernel).toList();
  }

  private static void compare(byte[] sparse, byte[] dense, Options options, int runs) {
    Comparison comparison = new Comparison(0);
    try (SinterPeer a = SinterPeer.open("sparse", sparse, options);
        SinterPeer b = SinterPeer.open("dense", dense, options);
        Peer c = TflitePeer.open(sparse, TflitePeer.Kernels.XNNPACK, 1)) {
      RandomInputs random = new RandomInputs(3);
      for (int n = 0; n < runs; n++) {
        random.fill(a.input(0), ElementType.INT8, new InputRange(-128, 127));
        b.input(0).put(a.input(0));
        c.input(0).put(a.input(0));
        a.invoke();
        b.invoke();
        c.invoke();
        comparison.add(a, b);
        comparison.add(a, c);
      }
    }
    assertTrue(comparison.isEqual(), comparison.firstMismatch());
  }

  /**
   * Found in the file, run by the sparse kernel, equal to the dense one and to TFLite bit for bit.
   */
  @Test
  void fullyConnectedLayerOf1024() {
    byte[] sparse = TfliteWriter.toBytes(SparseModels.fullyConnected(1, 1024, 1024, 0.8, true, 1));
    byte[] dense = TfliteWriter.toBytes(SparseModels.fullyConnected(1, 1024, 1024, 0.8, false, 1));
    assertTrue(sparse.length * 4 < dense.length, sparse.length + " bytes against " + dense.length);
    try (SinterPeer peer = SinterPeer.open("sparse", sparse, Options.DEFAULT)) {
      List<String> kernels = kernels(peer);
      System.out.println("1024x1024, 80 % zero: " + kernels + " on " + peer.isa());
      assertEquals(1, kernels.size(), kernels.toString());
      assertTrue(kernels.get(0).contains("block4x4"), kernels.toString());
    }
    compare(sparse, dense, Options.DEFAULT, 20);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 64, 64, 0.5",
    "1, 1024, 256, 0.9",
    "4, 128, 512, 0.8",
    "3, 36, 100, 0.7",
    "1, 8, 8, 0.5",
    "2, 96, 64, 0.0"
  })
  void fullyConnectedOfManySizes(int batch, int units, int depth, double zero) {
    for (String isa : new String[] {"avx2", "reference"}) {
      compare(
          TfliteWriter.toBytes(SparseModels.fullyConnected(batch, units, depth, zero, true, 7)),
          TfliteWriter.toBytes(SparseModels.fullyConnected(batch, units, depth, zero, false, 7)),
          Options.builder().isa(isa).build(),
          3);
    }
  }

  @ParameterizedTest
  @CsvSource({"14, 256, 128, 0.8", "7, 512, 512, 0.9", "1, 64, 256, 0.8", "5, 36, 20, 0.6"})
  void convolutions(int size, int channels, int out, double zero) {
    Graph sparse = SparseModels.conv(size, channels, out, zero, true, 5);
    Graph dense = SparseModels.conv(size, channels, out, zero, false, 5);
    compare(TfliteWriter.toBytes(sparse), TfliteWriter.toBytes(dense), Options.DEFAULT, 3);
    try (SinterPeer peer =
        SinterPeer.open("sparse", TfliteWriter.toBytes(sparse), Options.DEFAULT)) {
      System.out.println(
          sparse.name() + " " + size + "x" + size + "x" + channels + ": " + kernels(peer));
      assertFalse(kernels(peer).isEmpty());
    }
  }
}
