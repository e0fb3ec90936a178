// Whatever the bytes are, reading them gives a graph or a GraphException, in little time and
// memory.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.TestModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

class HostileTest {
  private static final int MUTATIONS = 2500;
  private static final int[] EDGES = {
    0,
    1,
    -1,
    4,
    8,
    127,
    128,
    255,
    256,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0x7ffffff0
  };

  private static byte[] built() {
    GraphBuilder b = Graph.builder("built");
    Value x = b.input("x", ElementType.INT8, Quantization.perTensor(0.1f, 1), 1, 4, 4, 4);
    byte[] w = new byte[4 * 4];
    w[5] = 3;
    Value k = b.int8("k", new byte[16], Quantization.perAxis(0, 1, 2, 3, 4), 4, 1, 1, 4);
    Value f = b.sparse("f", GraphBuilder.dense(w, 4, 4), Quantization.perAxis(0, 1, 2, 3, 4), 2, 2);
    return TfliteWriter.toBytes(
        x.conv2d(k, b.bias("b", new int[4], x, k), 1, Padding.SAME, Activation.RELU)
            .quantized(0.1f, 0)
            .mean(false, 1, 2)
            .fullyConnected(f, null, Activation.NONE)
            .quantized(0.2f, 2)
            .reshape(2, -1)
            .softmax()
            .output("y")
            .build());
  }

  private static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(built());
    for (String name :
        List.of(
            "litert/blockwise_quantized.tflite",
            "litert/reverse_signature_model.tflite",
            "litert/simple_group_norm_op.tflite",
            "quantizer/two_signatures.tflite",
            "tflm/strided_slice1.tflite",
            "tflm/trained_lstm.tflite",
            "own/conv1d_lstm_gru_float.tflite")) {
      try {
        byte[] file = Files.readAllBytes(TestModels.model(name));
        seeds.add(file);
      } catch (TestAbortedException e) {
        System.out.println("fewer seeds: " + e.getMessage());
      }
    }
    return seeds;
  }

  private static byte[] mutate(byte[] seed, Random r) {
    byte[] b = seed.clone();
    ByteBuffer view = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    int times = 1 + r.nextInt(4);
    for (int i = 0; i < times; i++) {
      // Most of what matters lies at the start; constants are the larger part of a file.
      int range = r.nextInt(4) == 0 ? b.length : Math.min(b.length, 6000);
      int at = r.nextInt(Math.max(1, range - 8));
      switch (r.nextInt(7)) {
        case 0 -> b[at] ^= (byte) (1 << r.nextInt(8));
        case 1 -> view.putInt(at & ~3, EDGES[r.nextInt(EDGES.length)]);
        case 2 -> view.putInt(at & ~3, r.nextInt(b.length));
        case 3 -> view.putInt(at & ~3, view.getInt(r.nextInt(Math.max(1, range - 8)) & ~3));
        case 4 -> view.putShort(at & ~1, (short) EDGES[r.nextInt(EDGES.length)]);
        case 5 -> {
          int n = Math.min(64, b.length - at);
          System.arraycopy(seed, r.nextInt(b.length - n + 1), b, at, n);
        }
        default -> {
          return Arrays.copyOf(b, r.nextInt(b.length));
        }
      }
    }
    return b;
  }

  /** Reads, and asks everything of what was read; tells whether it was a graph. */
  private static boolean survive(byte[] bytes) {
    Graph g;
    try {
      g = TfliteReader.read(bytes);
    } catch (GraphException e) {
      assertTrue(e.getMessage().length() > 10);
      return false;
    }
    for (Subgraph s : g.subgraphs()) {
      quietly(() -> dev.sinter.graph.ShapeInference.infer(s, Map.of()));
      for (int t = 0; t < s.tensors().size(); t++) {
        int tensor = t;
        quietly(() -> s.isConstant(tensor));
        quietly(() -> s.constant(tensor).values());
        quietly(() -> s.storedForm(tensor));
      }
    }
    quietly(
        () -> {
          byte[] once = TfliteWriter.toCanonicalBytes(g);
          assertEquals(g, TfliteReader.read(once));
        });
    if (!g.tensors().isEmpty()) {
      quietly(() -> TfliteWriter.toBytes(g.edit().rename(0, "renamed").build()));
      quietly(() -> g.withOutputs(List.of(g.tensor(0).name())));
    }
    return true;
  }

  private static void quietly(Runnable r) {
    try {
      r.run();
    } catch (GraphException e) {
      assertTrue(e.getMessage().length() > 10);
    }
  }

  @Test
  @Timeout(value = 300, unit = TimeUnit.SECONDS)
  void mutatedModels() throws IOException {
    int graphs = 0;
    int total = 0;
    long slowest = 0;
    int number = 0;
    for (byte[] seed : seeds()) {
      int count = seed.length > 50_000 ? MUTATIONS / 8 : MUTATIONS;
      for (int i = 0; i < count; i++) {
        byte[] bytes = mutate(seed, new Random(number * 1_000_003L + i));
        long start = System.nanoTime();
        try {
          graphs += survive(bytes) ? 1 : 0;
        } catch (Throwable e) {
          throw new AssertionError("seed file " + number + ", mutation " + i, e);
        }
        slowest = Math.max(slowest, System.nanoTime() - start);
        total++;
      }
      number++;
    }
    System.out.println(
        total + " mutated models, " + graphs + " still graphs, slowest " + slowest / 1000 + " us");
    assertTrue(
        graphs > total / 50 && graphs < total, "mutations are too weak or too strong: " + graphs);
  }

  @Test
  void everyTruncation() {
    byte[] all = built();
    for (int n = 0; n < all.length; n++) {
      survive(Arrays.copyOf(all, n));
    }
  }

  @Test
  void messagesNameFilePlaceAndRemedy(@TempDir Path temp) throws IOException {
    Path file = temp.resolve("broken.tflite");
    byte[] all = built();
    Files.write(file, Arrays.copyOf(all, all.length / 2));
    GraphException e = assertThrows(GraphException.class, () -> TfliteReader.read(file));
    assertTrue(
        e.getMessage().contains("broken.tflite") && e.getMessage().contains("offset"),
        e.getMessage());
    Files.write(file, new byte[0]);
    assertThrows(GraphException.class, () -> TfliteReader.read(file));
    Files.write(
        file, "PK and more than that, no model".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertTrue(
        assertThrows(GraphException.class, () -> TfliteReader.read(file))
            .getMessage()
            .contains("no TFLite model"));
    assertThrows(GraphException.class, () -> TfliteReader.read(temp));
    assertThrows(GraphException.class, () -> TfliteReader.read(temp.resolve("absent.tflite")));
  }

  /** A file of a few megabytes whose vectors name one table over and over, on two levels. */
  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void repeatedReferencesDoNotMultiply() {
    int n = 500_000;
    ByteBuffer b = ByteBuffer.allocate(8 * n + 4096).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0, 64);
    b.put(4, "TFL3".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    // Model: version in slot 0, subgraphs in slot 2.
    vtable(b, 32, 12, 4, 0, 8);
    table(b, 64, 32);
    b.putInt(68, 3);
    int list = 256;
    b.putInt(72, list - 72);
    int sub = list + 4 + 4 * n;
    b.putInt(list, n);
    for (int i = 0; i < n; i++) {
      int at = list + 4 + 4 * i;
      b.putInt(at, sub + 32 - at);
    }
    // SubGraph: tensors in slot 0.
    vtable(b, sub, 8, 4);
    table(b, sub + 32, sub);
    int tensors = sub + 64;
    b.putInt(sub + 36, tensors - (sub + 36));
    int tensor = tensors + 4 + 4 * (n - 100);
    b.putInt(tensors, n - 100);
    for (int i = 0; i < n - 100; i++) {
      int at = tensors + 4 + 4 * i;
      b.putInt(at, tensor + 32 - at);
    }
    vtable(b, tensor, 4);
    table(b, tensor + 32, tensor);
    GraphException e = assertThrows(GraphException.class, () -> TfliteReader.read(b.array()));
    assertTrue(e.getMessage().contains("more tensors"), e.getMessage());
  }

  private static void vtable(ByteBuffer b, int at, int tableBytes, int... offsets) {
    b.putShort(at, (short) (4 + 2 * offsets.length));
    b.putShort(at + 2, (short) tableBytes);
    for (int i = 0; i < offsets.length; i++) {
      b.putShort(at + 4 + 2 * i, (short) offsets[i]);
    }
  }

  private static void table(ByteBuffer b, int at, int vtable) {
    b.putInt(at, at - vtable);
  }
}
