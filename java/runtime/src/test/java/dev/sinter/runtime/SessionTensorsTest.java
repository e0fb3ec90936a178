// Arrays, real values, strings, other shapes and other signatures of a living session.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionTensorsTest {
  private static String message(org.junit.jupiter.api.function.Executable misuse) {
    SinterException e = assertThrows(SinterException.class, misuse);
    assertEquals(Status.INVALID_ARGUMENT, e.status());
    return e.getMessage();
  }

  @Test
  void arraysGoInAndOut() {
    try (Model model = Model.load(TestGraphs.additions(), Options.DEFAULT);
        Session session = model.newSession()) {
      session.setInput("x", new float[] {1, 2, 3, 4});
      session.input(0).position(8); // the caller's positions do not matter
      session.run();
      float[] y = new float[4];
      session.getOutput(0, y);
      assertArrayEquals(new float[] {3, 6, 9, 12}, y);
      assertArrayEquals(y, session.outputReals("y"));
      ByteBuffer in = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
      ByteBuffer out = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
      session.bindInput(0, in);
      session.bindOutput(0, out);
      session.setInput(0, new float[] {5, 0, 0, 1});
      session.run();
      session.getOutput("y", y);
      assertArrayEquals(new float[] {15, 0, 0, 3}, y);
      assertEquals(5, in.getFloat(0));
      assertEquals(15, out.getFloat(0));
    }
  }

  @Test
  void misuseNamesWhatIsWanted() {
    try (Model model = Model.load(TestGraphs.additions(), Options.DEFAULT);
        Session session = model.newSession()) {
      String count = message(() -> session.setInput(0, new float[3]));
      assertTrue(
          count.contains("additions")
              && count.contains("'x'")
              && count.contains("4 elements")
              && count.contains("3 were given"),
          count);
      String type = message(() -> session.setInput(0, new int[4]));
      assertTrue(type.contains("FLOAT32") && type.contains("int[]"), type);
      String index = message(() -> session.getOutput(2, new float[4]));
      assertTrue(index.contains("no output 2 of 1"), index);
      String name = message(() -> session.getOutput("z", new float[4]));
      assertTrue(name.contains("'z'") && name.contains("[y]"), name);
      assertTrue(message(() -> session.setStrings(0, "a")).contains("strings"));
    }
  }

  @Test
  void realValuesGoByTheTensorsOwnScale() {
    GraphBuilder b = Graph.builder("quantized");
    Quantization q = Quantization.perTensor(0.5f, 3);
    GraphBuilder.Value x = b.input("x", ElementType.INT8, q, 1, 6);
    b.op(new OpKind.Reshape(List.of(6, 1)), ElementType.INT8, q, x).output("y");
    try (Model model = Model.load(b.build(), Options.DEFAULT);
        Session session = model.newSession()) {
      session.setReals("x", new float[] {0, 1, -0.25f, 1e30f, -1e30f, Float.NaN});
      byte[] stored = new byte[6];
      session.run();
      session.getOutput(0, stored);
      assertArrayEquals(new byte[] {3, 5, 2, 127, -128, 3}, stored);
      assertArrayEquals(new float[] {0, 1, -0.5f, 62, -65.5f, 0}, session.outputReals(0));
      String hint = message(() -> session.setInput(0, new float[6]));
      assertTrue(hint.contains("setReals"), hint);
    }
  }

  @Test
  void arraysAllocateNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = Model.load(TestGraphs.additions(), Options.DEFAULT);
        Session session = model.newSession()) {
      float[] values = {1, 2, 3, 4};
      long before = 0;
      for (int i = 0; i < 130_000; i++) {
        if (i == 30_000) {
          before = threads.getCurrentThreadAllocatedBytes();
        }
        session.setInput(0, values);
        session.run();
        session.getOutput(0, values);
      }
      long perRun = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
      assertEquals(0, perRun, "bytes per run");
    }
  }

  @Test
  void aSessionTakesOtherShapes() {
    try (Model model = Model.load(TestGraphs.additions(), Options.DEFAULT);
        Session session = model.newSession()) {
      ByteBuffer first = session.input(0);
      session.setInput(0, new float[] {1, 1, 1, 1});
      for (int rows = 1; rows <= 9; rows++) {
        session.resizeInput("x", Shape.of(rows, 4));
        assertEquals(Shape.of(rows, 4), session.inputs().get(0).shape());
        float[] values = new float[4 * rows];
        java.util.Arrays.fill(values, rows);
        session.setInput(0, values);
        session.run();
        session.getOutput(0, values);
        assertEquals(3 * rows, values[4 * rows - 1]);
      }
      ByteBuffer nine = session.input(0);
      session.resizeInput(0, Shape.of(8, 4));
      session.resizeInput(0, Shape.of(9, 4));
      assertSame(nine, session.input(0), "shapes that were used lately are kept");
      session.resizeInput(0, Shape.of(1, 4));
      assertNotSame(first, session.input(0), "only so many are kept");
      assertEquals(1, first.getFloat(0), "old buffers stay readable");
      assertTrue(message(() -> session.resizeInput(0, Shape.of(4))).contains("cannot have"));
      session.setInput(0, new float[] {1, 2, 3, 4});
      session.run();
      assertEquals(12, session.outputReals(0)[3], "after a refusal it is as before");
      ByteBuffer mine = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
      session.bindOutput(0, mine);
      session.resizeInput(0, Shape.of(2, 4));
      session.resizeInput(0, Shape.of(1, 4));
      session.run();
      assertEquals(0, mine.getFloat(0), "binding ends with the shape");
    }
  }

  /** `set` stores its input in a variable, `get` adds its own to what is stored. */
  private static Graph twoSignatures() {
    OpKind handle = TfliteOps.builtin("VAR_HANDLE", 1, Map.of("shared_name", "v"));
    Shape four = Shape.of(1, 4);
    List<Tensor> tensors =
        List.of(
            Tensor.of("x tensor", ElementType.FLOAT32, four),
            Tensor.of("handle", ElementType.RESOURCE, Shape.SCALAR),
            Tensor.of("stored", ElementType.FLOAT32, four),
            Tensor.of("sum", ElementType.FLOAT32, four));
    Subgraph set =
        Subgraph.of(
            "set",
            tensors,
            List.of(
                Op.of(handle, List.of(), List.of(1)),
                Op.of(TfliteOps.builtin("ASSIGN_VARIABLE", 1, Map.of()), List.of(1, 0), List.of())),
            List.of(0),
            List.of(0),
            null);
    Subgraph get =
        Subgraph.of(
            "get",
            tensors,
            List.of(
                Op.of(handle, List.of(), List.of(1)),
                Op.of(TfliteOps.builtin("READ_VARIABLE", 1, Map.of()), List.of(1), List.of(2)),
                Op.of(
                    new OpKind.Binary(OpKind.Binary.Function.ADD, Activation.NONE),
                    List.of(2, 0),
                    List.of(3))),
            List.of(0),
            List.of(3),
            null);
    return Graph.of(
        "two",
        "",
        List.of(set, get),
        List.of(signature("initialise", 0, "value", 0, 0), signature("run", 1, "more", 0, 3)),
        List.of(),
        null);
  }

  private static Signature signature(String key, int subgraph, String in, int from, int to) {
    return new Signature(
        key,
        subgraph,
        List.of(new Signature.Binding(in, from, null)),
        List.of(new Signature.Binding("result", to, null)),
        null);
  }

  @Test
  @SuppressWarnings("try") // what closing does is tested here
  void signaturesOfOneSessionShareItsVariables() {
    try (Model model = Model.load(twoSignatures(), Options.DEFAULT);
        Session set = model.newSession("initialise")) {
      assertEquals("more", model.signatureInputs("run").get(0).name());
      assertEquals("result", model.signatureOutputs("run").get(0).name());
      Session run = set.signature("run");
      assertSame(run, set.signature("run"));
      assertSame(run, run.signature("run"));
      assertEquals("more", run.inputs().get(0).name());
      SinterException early = assertThrows(SinterException.class, run::run);
      assertTrue(early.getMessage().contains("before it has a value"), early.getMessage());
      set.setInput("value", new float[] {1, 2, 3, 4});
      set.run();
      run.setInput("more", new float[] {10, 10, 10, 10});
      run.run();
      assertArrayEquals(new float[] {11, 12, 13, 14}, run.outputReals("result"));
      run.close(); // belongs to the other one
      run.run();
      set.setInput("value", new float[] {5, 5, 5, 5});
      set.run();
      run.run();
      assertEquals(15, run.outputReals(0)[0]);
      try (Session other = model.newSession("run")) {
        assertThrows(SinterException.class, other::run);
      }
      set.resetState();
      assertThrows(SinterException.class, run::run);
      set.close();
      assertEquals(Status.INVALID_HANDLE, assertThrows(SinterException.class, run::run).status());
      assertTrue(message(() -> model.signatureInputs("walk")).contains("[initialise, run]"));
    }
  }

  @Test
  void variablesOutliveAnotherShape() {
    try (Model model = Model.load(twoSignatures(), Options.DEFAULT);
        Session set = model.newSession("initialise")) {
      set.run();
      Session run = set.signature("run");
      run.resizeInput(0, Shape.of(3, 4));
      run.run();
      assertEquals(12, run.outputReals(0).length);
    }
  }

  /** Strings and their equality with a list, and the strings at some places. */
  private static Graph strings() {
    GraphBuilder b = Graph.builder("words");
    GraphBuilder.Value x = b.input("x", ElementType.STRING, 3);
    GraphBuilder.Value at = b.input("at", ElementType.INT32, 2);
    b.op(
            new OpKind.Binary(OpKind.Binary.Function.EQUAL, Activation.NONE),
            ElementType.BOOL,
            Quantization.NONE,
            x,
            x)
        .output("same");
    b.op(TfliteOps.builtin("GATHER", 1, Map.of()), ElementType.STRING, Quantization.NONE, x, at)
        .output("chosen");
    return b.build();
  }

  @Test
  void stringsGoInAndOut() {
    try (Model model = Model.load(strings(), Options.DEFAULT);
        Session session = model.newSession()) {
      assertEquals(-1, session.inputs().get(0).bytes());
      session.run();
      assertEquals(List.of("", ""), session.outputStrings("chosen"));
      session.setStrings("x", "one", "", "dr\u00fcei");
      session.setInput("at", new int[] {2, 0});
      session.run();
      assertEquals(List.of("dr\u00fcei", "one"), session.outputStrings("chosen"));
      boolean[] same = new boolean[3];
      session.getOutput("same", same);
      assertArrayEquals(new boolean[] {true, true, true}, same);
      assertTrue(message(() -> session.setStrings(0, "two", "three")).contains("3 elements"));
      String bind = message(() -> session.bindInput(0, ByteBuffer.allocateDirect(64)));
      assertTrue(bind.contains("setStrings"), bind);
      session.setInput("at", new int[] {3, 0});
      assertTrue(message(session::run).contains("index 3 is outside of 3"));
      session.input(0).putInt(4, 1 << 20); // an offset that leads out of the bytes
      session.setInput("at", new int[] {0, 0});
      assertTrue(message(session::run).contains("String 0"));
    }
  }

  @Test
  void opsThatKnowNoStringsSaySo() {
    GraphBuilder b = Graph.builder("sorted");
    GraphBuilder.Value x = b.input("x", ElementType.STRING, 3);
    Graph graph =
        b.op(
                TfliteOps.builtin("REVERSE_V2", 1, Map.of()),
                ElementType.STRING,
                Quantization.NONE,
                x,
                b.int32("axis", new int[] {0}, Quantization.NONE, 1))
            .output("y")
            .build();
    SinterException e =
        assertThrows(SinterException.class, () -> Model.load(graph, Options.DEFAULT));
    assertEquals(Status.UNSUPPORTED, e.status());
    assertTrue(
        e.getMessage().contains("REVERSE_V2") && e.getMessage().contains("strings"),
        e.getMessage());
  }
}
