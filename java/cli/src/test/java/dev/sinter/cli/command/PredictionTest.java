// Predicted times of loops and of several threads, from figures that a file states.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.OpKind.Control;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.calibration.LoopRounds;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Prediction;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionTest {
  private static final int N = 256;

  @TempDir Path folder;

  private Target target(String sharing) throws IOException {
    String figures =
        Files.readString(
            Path.of("../runtime/src/main/resources/dev/sinter/runtime/select/targets/zen5.json"));
    String machine =
        "\"machine\": {\"arch\": \"x86_64\", \"isa\": \"avx2 avx512 avx512_vnni\", \"gigahertz\": 4,"
            + " \"level2Bytes\": 1048576, \"level3Bytes\": 33554432"
            + sharing
            + "},";
    Path file = folder.resolve("target.json");
    Files.writeString(file, figures.replaceFirst("\\{", "{" + machine));
    return Target.described(file);
  }

  private static Value layer(GraphBuilder b, String name, Value x) {
    float[] w = new float[N * N];
    java.util.Arrays.fill(w, 0.01f);
    return x.fullyConnected(b.floats(name, w, N, N), null, Activation.NONE);
  }

  /** while (i &lt; n) x = W x, of as many rows; the limit is an input, so that no file fixes it. */
  private static Graph loop(int rows) {
    GraphBuilder m = Graph.builder("loop");
    Value n = m.input("n", ElementType.INT32);
    Value x = m.input("x", ElementType.FLOAT32, rows, N);
    GraphBuilder c = Graph.builder("condition");
    Value ci = c.input("ci", ElementType.INT32);
    Value cn = c.input("cn", ElementType.INT32);
    c.input("cx", ElementType.FLOAT32, rows, N);
    ci.binary(Function.LESS, cn, Activation.NONE).output("more");
    GraphBuilder b = Graph.builder("body");
    Value bi = b.input("bi", ElementType.INT32);
    Value bn = b.input("bn", ElementType.INT32);
    Value bx = b.input("bx", ElementType.FLOAT32, rows, N);
    Value next = layer(b, "w", bx);
    bi.add(b.int32("one", new int[] {1}, Quantization.NONE), Activation.NONE).output("ni");
    bn.output();
    next.output("nx");
    int condition = m.add(c.subgraph("condition"));
    int body = m.add(b.subgraph("body"));
    Result whole = new Result(ElementType.INT32, Quantization.NONE, Shape.SCALAR);
    Value zero = m.int32("zero", new int[] {0}, Quantization.NONE);
    return m.op(
            new Control(Control.Form.WHILE, List.of(condition, body), ""),
            List.of(whole, whole, new Result(ElementType.FLOAT32, Quantization.NONE, x.shape())),
            List.of(),
            List.of(zero, n, x))
        .get(2)
        .output("y")
        .build();
  }

  private static InputSource examples(int rows, int... limits) {
    List<List<ByteBuffer>> out = new ArrayList<>();
    for (int limit : limits) {
      ByteBuffer n = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(limit).flip();
      out.add(List.of(n, ByteBuffer.allocate(4 * rows * N)));
    }
    return InputSource.ofBuffers(out);
  }

  @Test
  void loopsCountAsOftenAsTheyGoRound() throws IOException {
    Graph g = loop(64);
    LoopRounds rounds = LoopRounds.count(g, examples(64, 3, 9, 0), 10, Options.DEFAULT);
    assertEquals(Map.of(1, 4.0), rounds.mean());
    assertEquals(
        Map.of(1, 6.0), LoopRounds.count(g, examples(64, 3, 9, 0), 2, Options.DEFAULT).mean());
    Target target = target("");
    Prediction one = Prediction.of(g, target, Options.DEFAULT);
    assertTrue(one.assumptions().toString().contains("one round"), one::toString);
    Prediction eleven = Prediction.of(g, target, Options.DEFAULT, Map.of(1, 11.0));
    Prediction six = Prediction.of(g, target, Options.DEFAULT, Map.of(1, 6.0));
    assertEquals(2 * (six.micros() - one.micros()), eleven.micros() - one.micros(), 1e-6);
    assertTrue(eleven.assumptions().toString().contains("goes round 11.0 times"), eleven::toString);
  }

  @Test
  void threadsShareWhatIsWorthIt() throws IOException {
    Graph large = TfliteReader.read(Path.of("../../demo/clothes_float.tflite"));
    Options two = Options.builder().threads(2).build();
    double alone = Prediction.of(large, target(""), Options.DEFAULT).micros();
    double shared = Prediction.of(large, target(""), two).micros();
    assertTrue(shared < 0.85 * alone && shared > alone / 2, alone + " " + shared);
    String dear =
        ", \"sharing\": {\"handOverCycles\": 1e9, \"bytesPerCycle\": 1, \"ownBytes\": 1,"
            + " \"farBytesPerCycle\": 1e9}";
    assertEquals(alone, Prediction.of(large, target(dear), two).micros(), 1e-9);
    SinterException e =
        assertThrows(
            SinterException.class, () -> target(dear.replace("1e9, \"bytes", "0, \"bytes")));
    assertTrue(e.getMessage().contains("handOverCycles 0.0 is not above 0"), e.getMessage());
  }
}
