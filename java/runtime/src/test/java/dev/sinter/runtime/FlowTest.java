// Models that run in pieces: ops in Java, branches, loops, variables, shapes that depend on values.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Signature;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;

class FlowTest {
  private static final Shape FOUR = Shape.of(1, 4);

  /** Tensors and ops put down by hand: these models are about how they hang together. */
  private static final class Pieces {
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Op> ops = new ArrayList<>();

    int tensor(String name, ElementType type, Shape shape) {
      tensors.add(Tensor.of(name, type, shape));
      return tensors.size() - 1;
    }

    int ints(String name, int... values) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      for (int v : values) {
        bytes.putInt(v);
      }
      tensors.add(
          Tensor.of(name, ElementType.INT32, Shape.of(values.length))
              .withStorage(Storage.wrap(bytes.flip())));
      return tensors.size() - 1;
    }

    Pieces op(OpKind kind, List<Integer> inputs, List<Integer> outputs) {
      ops.add(Op.of(kind, inputs, outputs));
      return this;
    }

    Subgraph subgraph(String name, List<Integer> inputs, List<Integer> outputs) {
      return Subgraph.of(name, tensors, ops, inputs, outputs, null);
    }
  }

  private static OpKind custom(String name) {
    return new OpKind.Foreign("tflite", 32, name, 1, Map.of());
  }

  private static OpKind builtin(String name, int code, Map<String, Object> attributes) {
    return new OpKind.Foreign("tflite", code, name, 1, attributes);
  }

  private static OpKind twice() {
    return new OpKind.Binary(OpKind.Binary.Function.ADD, Activation.NONE);
  }

  private static Graph graph(Subgraph... subgraphs) {
    return Graph.of("pieces", "", List.of(subgraphs), List.of(), List.of(), null);
  }

  /** Multiplies floats by three. */
  private static class Triple implements CustomOp {
    @Override
    public String name() {
      return "Triple";
    }

    @Override
    public List<Shape> outputShapes(Call call) {
      return List.of(call.inputShape(0));
    }

    @Override
    public void run(Call call) {
      ByteBuffer in = call.input(0);
      ByteBuffer out = call.output(0);
      for (int i = 0; i < in.limit(); i += 4) {
        out.putFloat(i, 3 * in.getFloat(i));
      }
    }
  }

  /** An op on one int32 and another, element by element. */
  private record Ints(String name, ElementType type, IntBinaryOperator function)
      implements CustomOp {
    @Override
    public List<Shape> outputShapes(Call call) {
      return List.of(call.inputShape(0));
    }

    @Override
    public void run(Call call) {
      int value = function.applyAsInt(call.input(0).getInt(0), call.input(1).getInt(0));
      if (type == ElementType.BOOL) {
        call.output(0).put(0, (byte) value);
      } else {
        call.output(0).putInt(0, value);
      }
    }
  }

  private static void put(Session session, float... values) {
    session.input(0).asFloatBuffer().put(values);
  }

  private static float[] get(Session session) {
    float[] values = new float[session.output(0).remaining() / 4];
    session.output(0).asFloatBuffer().get(values);
    return values;
  }

  /** x + x, then three times that in Java, then + itself again. */
  private static Graph tripled() {
    Pieces p = new Pieces();
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int a = p.tensor("a", ElementType.FLOAT32, FOUR);
    int b = p.tensor("b", ElementType.FLOAT32, FOUR);
    int y = p.tensor("y", ElementType.FLOAT32, FOUR);
    p.op(twice(), List.of(x, x), List.of(a))
        .op(custom("Triple"), List.of(a), List.of(b))
        .op(twice(), List.of(b, a), List.of(y));
    return graph(p.subgraph("main", List.of(x), List.of(y)));
  }

  @Test
  void anOpInJavaRunsBetweenKernels() {
    Options options = Options.builder().customOp(new Triple()).profile(true).build();
    try (Model model = Model.load(tripled(), options);
        Session session = model.newSession()) {
      put(session, 1, 2, 3, -4);
      session.run();
      assertArrayEquals(new float[] {8, 16, 24, -32}, get(session));
      put(session, 5, 0, 0, 0);
      session.run();
      assertArrayEquals(new float[] {40, 0, 0, 0}, get(session));
      List<String> kernels = session.profile().stream().map(t -> t.step().kernel()).toList();
      assertEquals(3, kernels.size(), kernels.toString());
      assertEquals("java", kernels.get(1));
      assertTrue(model.report().notes().toString().contains("Triple"), "" + model.report());
      // Another shape makes other plans.
      try (Session wide = model.newSession(Map.of(0, Shape.of(1, 9)))) {
        wide.run();
        assertEquals(Shape.of(1, 9), wide.outputs().get(0).shape());
      }
    }
  }

  @Test
  void piecesAllocateNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = Model.load(tripled(), Options.builder().customOp(new Triple()).build());
        Session session = model.newSession()) {
      for (int i = 0; i < 30_000; i++) {
        session.run();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        session.run();
      }
      long perRun = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
      assertEquals(0, perRun, "bytes per run");
    }
  }

  @Test
  void anUnknownOpIsNamedWithWhatToDo() {
    SinterException e =
        assertThrows(SinterException.class, () -> Model.load(tripled(), Options.DEFAULT));
    assertEquals(Status.UNSUPPORTED, e.status());
    assertTrue(
        e.getMessage().contains("Triple") && e.getMessage().contains("customOp"), e.getMessage());
  }

  /** A FlexBuffer {"a": 5}: key, keys, their width, count, value, type; root. */
  private static final byte[] FLEXBUFFER = {'a', 0, 1, 3, 1, 1, 1, 5, 4, 2, 36, 1};

  private static String refusal(ByteBuffer options) {
    Pieces p = new Pieces();
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int y = p.tensor("y", ElementType.FLOAT32, FOUR);
    p.op(
        new OpKind.Foreign("tflite", 32, "Triple", 1, Map.of("custom_options", options)),
        List.of(x),
        List.of(y));
    Graph g = graph(p.subgraph("main", List.of(x), List.of(y)));
    return assertThrows(SinterException.class, () -> Model.load(g, Options.DEFAULT)).getMessage();
  }

  @Test
  void optionsOfAnUnknownOpAreShown() {
    String map = refusal(ByteBuffer.wrap(FLEXBUFFER));
    assertTrue(map.contains("the options {a: 5}"), map);
    String bytes = refusal(ByteBuffer.wrap(new byte[] {(byte) 0xca, (byte) 0xfe, 0}));
    assertTrue(bytes.contains("3 bytes of options, ca fe 00"), bytes);
  }

  @Test
  void failuresOfJavaOpsNameTheOp() {
    Triple broken =
        new Triple() {
          @Override
          public void run(Call call) {
            throw new IllegalStateException("out of order");
          }
        };
    try (Model model = Model.load(tripled(), Options.builder().customOp(broken).build());
        Session session = model.newSession()) {
      SinterException e = assertThrows(SinterException.class, session::run);
      assertEquals(Status.CUSTOM_OP_FAILED, e.status());
      assertTrue(
          e.getMessage().contains("Triple") && e.getMessage().contains("out of order"),
          e.getMessage());
    }
  }

  @Test
  void branches() {
    Pieces p = new Pieces();
    int condition = p.tensor("condition", ElementType.BOOL, Shape.SCALAR);
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int y = p.tensor("y", ElementType.FLOAT32, FOUR);
    p.op(
        new OpKind.Control(OpKind.Control.Form.IF, List.of(1, 2), ""),
        List.of(condition, x),
        List.of(y));
    Pieces then = new Pieces();
    int a = then.tensor("a", ElementType.FLOAT32, FOUR);
    int b = then.tensor("b", ElementType.FLOAT32, FOUR);
    then.op(twice(), List.of(a, a), List.of(b));
    Pieces otherwise = new Pieces();
    int c = otherwise.tensor("c", ElementType.FLOAT32, FOUR);
    Graph g =
        graph(
            p.subgraph("main", List.of(condition, x), List.of(y)),
            then.subgraph("then", List.of(a), List.of(b)),
            otherwise.subgraph("else", List.of(c), List.of(c)));
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      for (int i = 0; i < 4; i++) {
        session.input(0).put(0, (byte) (i % 2));
        session.input(1).asFloatBuffer().put(new float[] {1, 2, 3, i});
        session.run();
        float f = i % 2 == 0 ? 1 : 2;
        assertArrayEquals(new float[] {f, 2 * f, 3 * f, i * f}, get(session));
      }
    }
  }

  /** while (i < n) { i = i + 1; x = x + x; last = x } */
  private static Graph loop() {
    Pieces p = new Pieces();
    int i = p.tensor("i", ElementType.INT32, Shape.of(1));
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int last = p.tensor("last", ElementType.FLOAT32, FOUR);
    int iOut = p.tensor("i out", ElementType.INT32, Shape.of(1));
    int xOut = p.tensor("x out", ElementType.FLOAT32, FOUR);
    int lastOut = p.tensor("last out", ElementType.FLOAT32, FOUR);
    p.op(
        new OpKind.Control(OpKind.Control.Form.WHILE, List.of(1, 2), ""),
        List.of(i, x, last),
        List.of(iOut, xOut, lastOut));
    Pieces condition = new Pieces();
    int ci = condition.tensor("i", ElementType.INT32, Shape.of(1));
    int cx = condition.tensor("x", ElementType.FLOAT32, FOUR);
    int cl = condition.tensor("last", ElementType.FLOAT32, FOUR);
    int limit = condition.ints("limit", 5);
    int less = condition.tensor("less", ElementType.BOOL, Shape.of(1));
    condition.op(custom("Less"), List.of(ci, limit), List.of(less));
    Pieces body = new Pieces();
    int bi = body.tensor("i", ElementType.INT32, Shape.of(1));
    int bx = body.tensor("x", ElementType.FLOAT32, FOUR);
    int bl = body.tensor("last", ElementType.FLOAT32, FOUR);
    int one = body.ints("one", 1);
    int more = body.tensor("i + 1", ElementType.INT32, Shape.of(1));
    int doubled = body.tensor("2 x", ElementType.FLOAT32, FOUR);
    body.op(custom("Add"), List.of(bi, one), List.of(more))
        .op(twice(), List.of(bx, bx), List.of(doubled));
    return graph(
        p.subgraph("main", List.of(x, i, last), List.of(xOut, iOut, lastOut)),
        condition.subgraph("condition", List.of(ci, cx, cl), List.of(less)),
        // The old x goes on as `last`: an input handed on as another output.
        body.subgraph("body", List.of(bi, bx, bl), List.of(more, doubled, bx)));
  }

  @Test
  void loops() {
    Options options =
        Options.builder()
            .customOp(new Ints("Less", ElementType.BOOL, (a, b) -> a < b ? 1 : 0))
            .customOp(new Ints("Add", ElementType.INT32, Integer::sum))
            .build();
    try (Model model = Model.load(loop(), options);
        Session session = model.newSession()) {
      for (int start : new int[] {0, 3, 5, 9, 0}) {
        put(session, 1, -2, 0, 0.5f);
        session.input(1).putInt(0, start);
        session.input(2).putFloat(0, 77);
        session.run();
        int rounds = Math.max(0, 5 - start);
        float f = 1 << rounds;
        assertArrayEquals(new float[] {f, -2 * f, 0, 0.5f * f}, get(session));
        assertEquals(Math.max(start, 5), session.output(1).getInt(0));
        assertEquals(rounds == 0 ? 77 : f / 2, session.output(2).getFloat(0));
      }
    }
  }

  /** i = start; while (i < 5) { i = i + 2; last = x; x = x + x } */
  private static Graph counted(int start) {
    Pieces p = new Pieces();
    int i = p.ints("i", start);
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int last = p.tensor("last", ElementType.FLOAT32, FOUR);
    int iOut = p.tensor("i out", ElementType.INT32, Shape.of(1));
    int xOut = p.tensor("x out", ElementType.FLOAT32, FOUR);
    int lastOut = p.tensor("last out", ElementType.FLOAT32, FOUR);
    p.op(
        new OpKind.Control(OpKind.Control.Form.WHILE, List.of(1, 2), ""),
        List.of(i, x, last),
        List.of(iOut, xOut, lastOut));
    Pieces condition = new Pieces();
    int ci = condition.tensor("i", ElementType.INT32, Shape.of(1));
    int cx = condition.tensor("x", ElementType.FLOAT32, FOUR);
    int cl = condition.tensor("last", ElementType.FLOAT32, FOUR);
    int limit = condition.ints("limit", 5);
    int less = condition.tensor("less", ElementType.BOOL, Shape.of(1));
    condition.op(binary(OpKind.Binary.Function.LESS), List.of(ci, limit), List.of(less));
    Pieces body = new Pieces();
    int bi = body.tensor("i", ElementType.INT32, Shape.of(1));
    int bx = body.tensor("x", ElementType.FLOAT32, FOUR);
    int bl = body.tensor("last", ElementType.FLOAT32, FOUR);
    int two = body.ints("two", 2);
    int more = body.tensor("i + 2", ElementType.INT32, Shape.of(1));
    int doubled = body.tensor("2 x", ElementType.FLOAT32, FOUR);
    body.op(binary(OpKind.Binary.Function.ADD), List.of(bi, two), List.of(more))
        .op(twice(), List.of(bx, bx), List.of(doubled));
    return graph(
        p.subgraph("main", List.of(x, last), List.of(xOut, iOut, lastOut)),
        condition.subgraph("condition", List.of(ci, cx, cl), List.of(less)),
        body.subgraph("body", List.of(bi, bx, bl), List.of(more, doubled, bx)));
  }

  private static OpKind binary(OpKind.Binary.Function function) {
    return new OpKind.Binary(function, Activation.NONE);
  }

  @Test
  void loopsOfKnownLengthAreOnePlan() {
    for (int start : new int[] {-7, 0, 3, 4, 5, 9}) {
      try (Model model = Model.load(counted(start), Options.builder().build());
          Session session = model.newSession()) {
        put(session, 1, -2, 0, 0.5f);
        session.input(1).putFloat(0, 77);
        session.run();
        int rounds = 0;
        int i = start;
        for (; i < 5; i += 2) {
          rounds++;
        }
        float f = 1 << rounds;
        assertArrayEquals(new float[] {f, -2 * f, 0, 0.5f * f}, get(session), "from " + start);
        assertEquals(i, session.output(1).getInt(0));
        assertEquals(rounds == 0 ? 77 : f / 2, session.output(2).getFloat(0));
        assertFalse(session.report().toString().contains("in pieces"), session.report().toString());
        assertEquals(
            rounds,
            session.report().steps().stream().filter(s -> s.kernel().startsWith("add_")).count());
      }
    }
  }

  @Test
  void variablesLastFromRunToRun() {
    Pieces p = new Pieces();
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int handle = p.tensor("handle", ElementType.RESOURCE, Shape.SCALAR);
    int old = p.tensor("old", ElementType.FLOAT32, FOUR);
    int sum = p.tensor("sum", ElementType.FLOAT32, FOUR);
    p.op(new OpKind.Control(OpKind.Control.Form.CALL_ONCE, List.of(1), ""), List.of(), List.of())
        .op(variable(), List.of(), List.of(handle))
        .op(builtin("READ_VARIABLE", 143, Map.of()), List.of(handle), List.of(old))
        .op(twice(), List.of(old, x), List.of(sum))
        .op(builtin("ASSIGN_VARIABLE", 144, Map.of()), List.of(handle, sum), List.of());
    Pieces start = new Pieces();
    int h = start.tensor("handle", ElementType.RESOURCE, Shape.SCALAR);
    ByteBuffer ones = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    ones.putFloat(1).putFloat(1).putFloat(1).putFloat(1).flip();
    start.tensors.add(Tensor.of("ones", ElementType.FLOAT32, FOUR).withStorage(Storage.wrap(ones)));
    start
        .op(variable(), List.of(), List.of(h))
        .op(builtin("ASSIGN_VARIABLE", 144, Map.of()), List.of(h, 1), List.of());
    Subgraph main = p.subgraph("main", List.of(x), List.of(sum));
    Graph g =
        Graph.of(
            "variables",
            "",
            List.of(main, start.subgraph("start", List.of(), List.of())),
            List.of(
                new Signature(
                    "accumulate",
                    0,
                    List.of(new Signature.Binding("more", x, null)),
                    List.of(new Signature.Binding("total", sum, null)),
                    null)),
            List.of(),
            null);
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession("accumulate");
        Session other = model.newSession()) {
      assertEquals(List.of("accumulate"), model.signatures());
      for (int i = 1; i <= 3; i++) {
        session.input("more").asFloatBuffer().put(new float[] {1, 2, 3, 4});
        session.run();
        assertEquals(1 + 2f * i, session.output("total").getFloat(4));
      }
      put(other, 5, 5, 5, 5);
      other.run();
      assertEquals(6, get(other)[0], "variables belong to a session");
      session.resetState();
      session.run();
      assertEquals(3, session.output("total").getFloat(4));
      assertThrows(SinterException.class, () -> model.newSession("multiply"));
    }
  }

  private static OpKind variable() {
    return builtin("VAR_HANDLE", 142, Map.of("container", "", "shared_name", "v"));
  }

  @Test
  void shapesThatDependOnValues() {
    Pieces p = new Pieces();
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int where = p.tensor("where", ElementType.INT64, Shape.of(1, 2));
    p.op(builtin("WHERE", 109, Map.of()), List.of(x), List.of(where));
    try (Model model =
            Model.load(graph(p.subgraph("main", List.of(x), List.of(where))), Options.DEFAULT);
        Session session = model.newSession()) {
      put(session, 0, 2, 0, 4);
      session.run();
      assertEquals(Shape.of(2, 2), session.outputs().get(0).shape());
      assertEquals(1, session.output(0).getLong(8));
      assertEquals(3, session.output(0).getLong(24));
      put(session, 0, 0, 0, 0);
      session.run();
      assertEquals(Shape.of(0, 2), session.outputs().get(0).shape());
      assertEquals(0, session.output(0).remaining());
    }
  }

  @Test
  void aShapeThatIsComputedWhileRunning() {
    Pieces p = new Pieces();
    int x = p.tensor("x", ElementType.FLOAT32, FOUR);
    int shape = p.tensor("shape", ElementType.INT32, Shape.of(2));
    int reshaped = p.tensor("reshaped", ElementType.FLOAT32, FOUR);
    int y = p.tensor("y", ElementType.FLOAT32, FOUR);
    p.op(new OpKind.Reshape(null), List.of(x, shape), List.of(reshaped))
        .op(twice(), List.of(reshaped, reshaped), List.of(y));
    Graph g = graph(p.subgraph("main", List.of(x, shape), List.of(y)));
    try (Model model = Model.load(g, Options.DEFAULT);
        Session session = model.newSession()) {
      for (int rows : new int[] {1, 2, 4, 2}) {
        put(session, 1, 2, 3, 4);
        session.input(1).putInt(0, rows).putInt(4, 4 / rows);
        session.run();
        assertEquals(Shape.of(rows, 4 / rows), session.outputs().get(0).shape());
        assertArrayEquals(new float[] {2, 4, 6, 8}, get(session));
      }
      session.input(1).putInt(0, 3).putInt(4, 3);
      SinterException e = assertThrows(SinterException.class, session::run);
      assertTrue(e.getMessage().contains("Reshape"), e.getMessage());
    }
  }
}
