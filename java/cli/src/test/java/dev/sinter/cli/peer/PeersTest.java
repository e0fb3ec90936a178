// Tests of TFLite as a peer, in this process and in one of its own.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteWriter;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PeersTest {
  private static byte[] doubling() {
    GraphBuilder b = Graph.builder("g");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    return TfliteWriter.toBytes(x.add(x, Activation.NONE).output("y").build());
  }

  /** TFLite's depthwise kernel reads a bias that is not there. */
  private static byte[] deadly() {
    GraphBuilder b = Graph.builder("g");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4, 4, 2);
    GraphBuilder.Value w = b.floats("w", new float[18], 1, 3, 3, 2);
    OpKind kind = new OpKind.Depthwise(Padding.SAME, 1, 1, 1, 1, 1, Activation.NONE);
    return TfliteWriter.toBytes(
        b.op(kind, ElementType.FLOAT32, Quantization.NONE, x, w).output("y").build());
  }

  private static void doubles(Peer peer) {
    assertEquals(1, peer.inputs().size());
    assertEquals(ElementType.FLOAT32, peer.inputs().get(0).type());
    for (int n = 0; n < 3; n++) {
      for (int i = 0; i < 4; i++) {
        peer.input(0).putFloat(4 * i, i + n);
      }
      peer.invoke();
      for (int i = 0; i < 4; i++) {
        assertEquals(2f * (i + n), peer.output(0).getFloat(4 * i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(TflitePeer.Kernels.class)
  void runsInThisProcess(TflitePeer.Kernels kernels) {
    try (Peer peer = TflitePeer.open(doubling(), kernels, 1)) {
      doubles(peer);
      assertTrue(peer.name().contains("2.21"), peer.name());
    }
  }

  @Test
  void runsInAnotherProcess() {
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      for (int n = 0; n < 3; n++) {
        try (Peer peer = host.open(doubling(), TflitePeer.Kernels.XNNPACK, 1, List.of())) {
          doubles(peer);
        }
      }
    }
  }

  @Test
  void takesOtherShapes() {
    try (Peer peer =
        TflitePeer.open(doubling(), TflitePeer.Kernels.XNNPACK, 1, List.of(Shape.of(3, 5)))) {
      assertEquals(Shape.of(3, 5), peer.inputs().get(0).shape());
      peer.invoke();
      assertEquals(Shape.of(3, 5), peer.outputs().get(0).shape());
      assertEquals(60, peer.output(0).remaining());
    }
  }

  @Test
  void saysWhyAModelIsRefused() {
    byte[] file = doubling();
    byte[] broken = ByteBuffer.allocate(100).put(file, 0, 100).array();
    PeerException e =
        assertThrows(
            PeerException.class, () -> TflitePeer.open(broken, TflitePeer.Kernels.XNNPACK, 1));
    assertTrue(e.getMessage().startsWith("TFLite: "), e.getMessage());
  }

  @Test
  void survivesAFileThatEndsTflite() {
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      PeerException e =
          assertThrows(
              PeerException.class,
              () -> {
                try (Peer peer = host.open(deadly(), TflitePeer.Kernels.BUILTIN, 1, List.of())) {
                  peer.invoke();
                }
              });
      assertTrue(e.getMessage().contains("ended its process"), e.getMessage());
      try (Peer peer = host.open(doubling(), TflitePeer.Kernels.XNNPACK, 1, List.of())) {
        doubles(peer);
      }
    }
  }
}
