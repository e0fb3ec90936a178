// Bodies of loops and branches in integers, beside TensorFlow Lite and float.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.compare.Verdict;
import dev.sinter.cli.differential.BesideTflite;
import dev.sinter.cli.differential.random.RandomModels;
import dev.sinter.cli.peer.GuardedPeer;
import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.OpKind.Binary.Function;
import dev.sinter.graph.OpKind.Control;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimized;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.optimizer.decision.Decisions;
import dev.sinter.optimizer.decision.Mode;
import dev.sinter.optimizer.recipe.Recipe;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class QuantizedLoopsTest {
  private static final int ROUNDS = 6;
  private static final int N = 8;

  private static Value weights(GraphBuilder b, String name, double size) {
    Random random = new Random(name.hashCode());
    float[] values = new float[N * N];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (size * random.nextGaussian());
    }
    return b.floats(name, values, N, N);
  }

  private static Value scalar(GraphBuilder b, String name, int value) {
    return b.int32(name, new int[] {value}, Quantization.NONE);
  }

  /** The body gets and gives a counter, and two vectors. */
  private interface Body {
    Value[] next(GraphBuilder b, Value h, Value x);
  }

  /** Adds a loop; gives its results without the counter. */
  private static List<Value> loop(
      GraphBuilder to, GraphBuilder model, Value h, Value x, Body body) {
    GraphBuilder c = Graph.builder("condition");
    Value ci = c.input("ci", ElementType.INT32);
    c.input("ch", ElementType.FLOAT32, h.shape().toArray());
    c.input("cx", ElementType.FLOAT32, x.shape().toArray());
    ci.binary(Function.LESS, scalar(c, "limit", ROUNDS), Activation.NONE).output("more");
    GraphBuilder b = Graph.builder("body");
    Value bi = b.input("bi", ElementType.INT32);
    Value bh = b.input("bh", ElementType.FLOAT32, h.shape().toArray());
    Value bx = b.input("bx", ElementType.FLOAT32, x.shape().toArray());
    bi.add(scalar(b, "one", 1), Activation.NONE).output("ni");
    for (Value v : body.next(b, bh, bx)) {
      v.output();
    }
    int condition = model.add(c.subgraph("condition"));
    int inside = model.add(b.subgraph("body"));
    List<Value> out =
        to.op(
            new Control(Control.Form.WHILE, List.of(condition, inside), ""),
            List.of(
                new Result(ElementType.INT32, Quantization.NONE, scalar(to, "s", 0).shape()),
                new Result(ElementType.FLOAT32, Quantization.NONE, h.shape()),
                new Result(ElementType.FLOAT32, Quantization.NONE, x.shape())),
            List.of(),
            List.of(scalar(to, "start", 0), h, x));
    return out.subList(1, out.size());
  }

  private static Graph model(Body body) {
    GraphBuilder m = Graph.builder("loop");
    Value x = m.input("x", ElementType.FLOAT32, 1, N);
    Value in = x.fullyConnected(weights(m, "in", 0.5), null, Activation.NONE);
    List<Value> out = loop(m, m, m.floats("zero", new float[N], 1, N), in, body);
    return out.get(0)
        .fullyConnected(weights(m, "out", 0.5), null, Activation.NONE)
        .output("y")
        .build();
  }

  /** h = tanh(W x + R h). */
  private static Value[] recurrent(GraphBuilder b, Value h, Value x) {
    Value sum =
        x.fullyConnected(weights(b, "w", 0.4), null, Activation.NONE)
            .add(h.fullyConnected(weights(b, "r", 0.3), null, Activation.NONE), Activation.NONE);
    return new Value[] {sum.activate(OpKind.Activate.Function.TANH), x};
  }

  private static Optimized run(Graph g, String recipe) {
    return Optimizer.of(g).recipe(Recipe.named(recipe)).examples(InputSource.random(8, 1)).run();
  }

  private static List<String> kinds(Subgraph g) {
    return g.ops().stream().map(o -> o.kind().label()).toList();
  }

  private static long conversions(Subgraph g) {
    return kinds(g).stream().filter(k -> k.equals("Quantize") || k.equals("Dequantize")).count();
  }

  private static void assertTensorFlowLitesResults(Graph g) {
    try (GuardedPeer.Host host = new GuardedPeer.Host()) {
      Verdict v = BesideTflite.verifier(host, 3).verify("loop", TfliteWriter.toBytes(g));
      assertTrue(v.status().label().matches("equal|close"), v.message());
    }
  }

  private static double noise(Graph expected, Graph actual) {
    return Noise.of(expected, actual, 8, false).ratio();
  }

  @Test
  void aLoopKeepsItsVariablesInIntegers() throws IOException {
    for (String recipe : List.of("static_wi8_ai8", "static_wi8_ai16")) {
      Graph g = model(QuantizedLoopsTest::recurrent);
      Optimized o = run(g, recipe);
      Graph q = o.graph();
      ElementType type = recipe.endsWith("ai16") ? ElementType.INT16 : ElementType.INT8;
      Subgraph body = q.subgraph(2);
      assertEquals(0, conversions(body), kinds(body)::toString);
      assertEquals(2, conversions(q.main()), kinds(q.main())::toString);
      for (int k = 1; k < 3; k++) {
        Quantization scale = body.tensor(body.inputs().get(k)).quantization();
        assertEquals(type, body.tensor(body.inputs().get(k)).type());
        assertEquals(scale, body.tensor(body.outputs().get(k)).quantization());
        assertEquals(scale, q.subgraph(1).tensor(q.subgraph(1).inputs().get(k)).quantization());
        Op loop =
            q.ops().stream().filter(p -> p.kind() instanceof Control).findFirst().orElseThrow();
        assertEquals(scale, q.tensor(loop.input(k)).quantization());
        assertEquals(scale, q.tensor(loop.output(k)).quantization());
      }
      assertTensorFlowLitesResults(q);
      assertTrue(noise(g, q) < 0.01, noise(g, q) + " " + recipe);
      Stored.assertMakesTheSame(g, o, recipe);
    }
  }

  /** A range over all rounds: of the first alone it would be a third. */
  @Test
  void allRoundsAreSeen() {
    Graph g =
        model(
            (b, h, x) ->
                new Value[] {
                  h.add(
                      x.fullyConnected(weights(b, "w", 0.4), null, Activation.NONE),
                      Activation.NONE),
                  x
                });
    Optimized o = run(g, "static_wi8_ai8");
    assertTrue(noise(g, o.graph()) < 0.01, noise(g, o.graph()) + "");
    assertTensorFlowLitesResults(o.graph());
  }

  @Test
  void whatALoopMakesMuchLargerCrossesAsFloat() {
    Graph g =
        model(
            (b, h, x) -> {
              Value ten = b.floats("ten", new float[] {10}, 1);
              Value y = x.fullyConnected(weights(b, "w", 0.1), null, Activation.NONE);
              return new Value[] {
                h.add(y, Activation.NONE), x.binary(Function.MUL, ten, Activation.NONE)
              };
            });
    Optimized o = run(g, "static_wi8_ai8");
    Subgraph body = o.graph().subgraph(2);
    assertEquals(ElementType.FLOAT32, body.tensor(body.inputs().get(2)).type());
    assertTrue(conversions(body) > 0, kinds(body)::toString);
    assertTensorFlowLitesResults(o.graph());
  }

  @Test
  void variablesMayChangePlaces() {
    Graph g =
        model(
            (b, h, x) ->
                new Value[] {x, h.fullyConnected(weights(b, "w", 0.5), null, Activation.RELU)});
    Optimized o = run(g, "static_wi8_ai8");
    assertTrue(o.layers().stream().anyMatch(l -> l.subgraph() == 2 && l.mode() == Mode.STATIC));
    assertTensorFlowLitesResults(o.graph());
  }

  @Test
  void loopsWithinLoops() {
    GraphBuilder m = Graph.builder("nested");
    Value x = m.input("x", ElementType.FLOAT32, 1, N);
    List<Value> out =
        loop(
            m,
            m,
            x,
            x,
            (b, h, y) -> loop(b, m, h, y, QuantizedLoopsTest::recurrent).toArray(Value[]::new));
    Graph g = out.get(0).output("y").build();
    Optimized o = run(g, "static_wi8_ai8");
    assertEquals(
        List.of(),
        o.layers().stream()
            .filter(l -> l.mode() == Mode.FLOAT && l.reason().contains("calibration"))
            .toList());
    assertTrue(noise(g, o.graph()) < 0.02, noise(g, o.graph()) + "");
    assertTensorFlowLitesResults(o.graph());
  }

  @Test
  void branches() {
    GraphBuilder m = Graph.builder("if");
    Value condition = m.input("c", ElementType.BOOL);
    Value x = m.input("x", ElementType.FLOAT32, 1, N);
    Value in = x.fullyConnected(weights(m, "in", 0.5), null, Activation.NONE);
    int[] branches = new int[2];
    for (int k = 0; k < 2; k++) {
      GraphBuilder b = Graph.builder("branch");
      Value y = b.input("bx" + k, ElementType.FLOAT32, 1, N);
      y.fullyConnected(weights(b, "w" + k, 0.5), null, Activation.RELU).output("by" + k);
      branches[k] = m.add(b.subgraph("branch" + k));
    }
    Value out =
        m.op(
                new Control(Control.Form.IF, List.of(branches[0], branches[1]), ""),
                List.of(new Result(ElementType.FLOAT32, Quantization.NONE, x.shape())),
                List.of(),
                List.of(condition, in))
            .get(0);
    Graph g = out.fullyConnected(weights(m, "out", 0.5), null, Activation.NONE).output("y").build();
    Optimized o = run(g, "static_wi8_ai8");
    assertEquals(0, conversions(o.graph().subgraph(1)));
    assertEquals(0, conversions(o.graph().subgraph(2)));
    assertEquals(2, conversions(o.graph().main()), kinds(o.graph().main())::toString);
    assertTensorFlowLitesResults(o.graph());
    assertTrue(noise(g, o.graph()) < 0.01, noise(g, o.graph()) + "");
  }

  @Test
  void whatCannotBeRunApartIsSaid() {
    Map<String, Integer> counts = new TreeMap<>();
    Graph grows =
        model(
            (b, h, x) ->
                new Value[] {
                  h, x.concat(0, x.fullyConnected(weights(b, "w", 0.4), null, Activation.NONE))
                });
    for (int seed = 0; seed < 20; seed++) {
      for (String name : List.of("WHILE growing float32", "WHILE variable float32")) {
        Optimized o = run(seed == 0 ? grows : RandomModels.make(name, seed), "static_wi8_ai8");
        o.notes().stream()
            .filter(n -> n.contains("cannot be run apart"))
            .forEach(n -> counts.merge(n.replaceAll("[0-9]+", "#"), 1, Integer::sum));
        for (var l : o.layers()) {
          assertTrue(l.mode() != Mode.FLOAT || !l.reason().isBlank(), l::toString);
        }
      }
    }
    assertTrue(counts.toString().contains("reads variables"), counts::toString);
    assertTrue(counts.toString().contains("of shape"), counts::toString);
  }

  @Test
  void decisionsThatDoNotAgreeAreErrors() {
    Graph g = model(QuantizedLoopsTest::recurrent);
    Decisions d = run(g, "static_wi8_ai8").decisions();
    Decisions.Part body = d.part(2);
    for (UnaryOperator<Map<Integer, Affine>> damage :
        List.<UnaryOperator<Map<Integer, Affine>>>of(
            m -> new TreeMap<>(Map.of(1, new Affine(ElementType.INT8, 3, 0))),
            m -> new TreeMap<>(Map.of(77, new Affine(ElementType.INT8, 3, 0))),
            m -> new TreeMap<>(Map.of(0, new Affine(ElementType.INT8, 3, 0))))) {
      Decisions damaged =
          d.with(
              new Decisions.Part(
                  2, body.tensors(), body.ops(), damage.apply(body.inputs()), body.outputs()));
      GraphException e = assertThrows(GraphException.class, () -> damaged.apply(g));
      assertTrue(
          e.getMessage().contains("do not agree") || e.getMessage().contains("no such float"),
          e.getMessage());
    }
  }

  @Test
  void randomModelsGiveWhatTensorFlowLiteGives() {
    int seeds = Integer.getInteger("sinter.test.loops", 25);
    try (QuantizedModels models = new QuantizedModels()) {
      for (String name :
          Arrays.asList(
              "WHILE float32",
              "WHILE counted float32",
              "IF float32",
              "STABLEHLO_COMPOSITE float32")) {
        for (int seed = 1; seed <= seeds; seed++) {
          for (String recipe : List.of("static_wi8_ai8", "static_wi8_ai16")) {
            models.run(name + " " + seed, RandomModels.make(name, seed), recipe);
          }
        }
      }
      System.out.println("Loops and branches, quantized: " + models.counts);
      assertTrue(models.wrong.isEmpty(), String.join("\n", models.wrong));
      assertTrue(models.counts.getOrDefault("equal", 0) > seeds, models.counts.toString());
    }
  }
}
