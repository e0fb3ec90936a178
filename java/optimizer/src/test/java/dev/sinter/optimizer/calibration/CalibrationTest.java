// Tests of calibration.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.decision.Affine;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationTest {
  private static final int X = 0;

  /** y = tanh(x), z = 2 y. */
  private static Graph graph() {
    GraphBuilder b = Graph.builder("model");
    var y = b.input("x", ElementType.FLOAT32, 1, 4).activate(OpKind.Activate.Function.TANH);
    return y.binary(
            OpKind.Binary.Function.MUL, b.floats("two", new float[] {2}, 1), Activation.NONE)
        .output("z")
        .build();
  }

  private static List<float[]> examples(int n) {
    Random random = new Random(3);
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      float[] x = new float[4];
      for (int j = 0; j < 4; j++) {
        x[j] = (float) random.nextGaussian();
      }
      out.add(x);
    }
    return out;
  }

  private static Calibration run(
      Calibration before, List<float[]> examples, Method method, long memory) {
    Graph g = graph();
    Set<Integer> all = Set.of(X, g.ops().get(0).output(0), g.main().indexOf("z"));
    return new Calibrator(g, Options.DEFAULT, memory, Progress.NONE)
        .run(before, 0, new java.util.TreeSet<>(all), InputSource.ofFloats(examples), method, 99);
  }

  @Test
  void seesTheExtremes() {
    Calibration c =
        run(
            Calibration.empty(),
            List.of(new float[] {-1, 0, 1, 2}, new float[] {-5, 0, 0, 0.5f}),
            Method.MIN_MAX,
            1 << 20);
    assertEquals(new Range(-5, 2), c.of(0, X));
    assertEquals(Math.tanh(2), c.of(0, graph().ops().get(0).output(0)).high(), 1e-6);
    Range average = c.with(Method.MOVING_AVERAGE, 99).of(0, X);
    assertEquals(0.95 * -1 + 0.05 * -5, average.low(), 1e-12);
    assertEquals(0.95 * 2 + 0.05 * 0.5, average.high(), 1e-12);
    assertEquals(2, c.examples(0));
  }

  @ParameterizedTest
  @EnumSource(Method.class)
  void groupsAndPausesChangeNothing(Method method) throws IOException {
    List<float[]> all = examples(40);
    Graph g = graph();
    String whole = CalibrationJson.write(run(Calibration.empty(), all, method, 1 << 20), g);
    assertEquals(whole, CalibrationJson.write(run(Calibration.empty(), all, method, 1), g));
    Calibration half = run(Calibration.empty(), all.subList(0, 17), method, 1 << 20);
    Calibration stored = CalibrationJson.read("file", CalibrationJson.write(half, g), g);
    assertEquals(whole, CalibrationJson.write(run(stored, all, method, 1 << 20), g));
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"PERCENTILE", "ENTROPY"})
  void outliersAreLeftOut(Method method) {
    List<float[]> all = examples(5000);
    all.add(new float[] {500, 0, 0, 0});
    Calibration c = run(Calibration.empty(), all, method, 1 << 20);
    Range r = c.of(0, X);
    assertTrue(r.high() < 250 && r.high() > 1, method + " " + r);
    assertTrue(r.low() < -1 && r.low() >= -6, method + " " + r);
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"PERCENTILE", "ENTROPY", "MSE", "HISTOGRAM"})
  void zerosOfRectifiedValuesNarrowNothing(Method method) {
    List<float[]> all = examples(5000);
    for (float[] x : all) {
      for (int i = 0; i < x.length; i++) {
        x[i] = Math.max(0, x[i] - 0.5f);
      }
    }
    Calibration c = run(Calibration.empty(), all, method, 1 << 20);
    double most = c.with(Method.MIN_MAX, 99).of(0, X).high();
    Range r = c.of(0, X);
    assertEquals(0, r.low());
    assertTrue(r.high() > 0.4 * most, method + " " + r + " of " + most);
  }

  @ParameterizedTest
  @EnumSource(
      value = Method.class,
      names = {"MSE", "HISTOGRAM"})
  void longTailsAreCutWhereThatMakesTheErrorSmaller(Method method) {
    List<float[]> all = examples(20_000);
    for (float[] x : all) {
      for (int i = 0; i < x.length; i++) {
        x[i] = x[i] * x[i] * x[i];
      }
    }
    Calibration c = run(Calibration.empty(), all, method, 1 << 20);
    double found = error(all, c.of(0, X));
    double whole = error(all, c.with(Method.MIN_MAX, 99).of(0, X));
    assertTrue(found < 0.99 * whole, method + " " + found + " of " + whole);
  }

  private static double error(List<float[]> all, Range range) {
    Affine a = Affine.of(ElementType.INT8, range.low(), range.high(), false);
    double sum = 0;
    for (float[] x : all) {
      for (float v : x) {
        double d = v - (double) a.scale() * (a.stored(v) - a.zeroPoint());
        sum += d * d;
      }
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void strangeNumbersAreErrorsThatNameTensorAndExample(float strange) {
    CalibrationException e =
        assertThrows(
            CalibrationException.class,
            () ->
                run(
                    Calibration.empty(),
                    List.of(new float[4], new float[] {0, strange, 0, 0}),
                    Method.MIN_MAX,
                    1 << 20));
    assertTrue(
        e.getMessage().contains("'x'") && e.getMessage().contains("example 1"), e.getMessage());
  }

  @Test
  void aMethodThatNeedsMoreStartsAnew() {
    List<float[]> all = examples(20);
    Calibration plain = run(Calibration.empty(), all, Method.MIN_MAX, 1 << 20);
    Calibration more = run(plain, all, Method.PERCENTILE, 1 << 20);
    assertEquals(run(Calibration.empty(), all, Method.PERCENTILE, 1 << 20).of(0, X), more.of(0, X));
  }

  @Test
  void sixteenBitsNeedNoNarrowRange() {
    List<float[]> all = examples(20_000);
    for (float[] x : all) {
      x[0] = x[0] * x[0] * x[0];
    }
    Calibration c = run(Calibration.empty(), all, Method.MSE, 1 << 20);
    double least = c.of(0, X, 16).high();
    assertTrue(
        least > c.of(0, X, 8).high() && least > 0.98 * c.with(Method.MIN_MAX, 99).of(0, X).high());
  }

  @Test
  void masksAreNoValues() {
    Calibration c =
        run(Calibration.empty(), List.of(new float[] {-3.4e38f, 1, 2, 0}), Method.MIN_MAX, 1 << 20);
    assertEquals(new Range(0, 2), c.of(0, X));
  }

  @Test
  void noExamplesAreAnError() {
    CalibrationException e =
        assertThrows(
            CalibrationException.class,
            () -> run(Calibration.empty(), List.of(), Method.MIN_MAX, 1 << 20));
    assertTrue(e.getMessage().contains("no examples"), e.getMessage());
  }

  @Test
  void readsWhatAiEdgeQuantizerWrites() throws IOException {
    String json =
        "{\"model_qsvs\": {\"x\": {\"min\": [[-1.5]], \"max\": [[2.5]]}, \"two\": {\"min\": [[2.0],[1.0]],"
            + " \"max\": [[2.0],[3.0]]}, \"other\": {}}, \"metadata\": {\"num_samples_calibrated\": 7}}";
    Calibration c = CalibrationJson.read("file", json, graph());
    assertEquals(new Range(-1.5, 2.5), c.of(0, X));
    assertEquals(7, c.examples(0));
    assertEquals(new Range(1, 3), c.of(0, graph().main().indexOf("two")));
    // An older form: the map alone.
    assertEquals(
        new Range(-1, 1),
        CalibrationJson.read("file", "{\"x\": {\"min\": -1, \"max\": 1}}", graph()).of(0, X));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{",
        "{\"model_qsvs\": {\"x\": {\"min\": \"a\", \"max\": 1}}}",
        "{\"model_qsvs\": {\"x\": {\"min\": 2, \"max\": 1}}}",
        "{\"model_qsvs\": {\"x\": {\"max\": 1}}}",
        "{\"model_qsvs\": {\"unknown\": {\"min\": 0, \"max\": 1}}}",
        "{\"model_qsvs\": {\"x\": {\"min\": 0, \"max\": 1}}, \"metadata\": {\"sinter\": {\"format\": 2}}}",
        "{\"x\": {\"min\": 0, \"max\": 1, \"sinter\": {\"low\": 0}}}",
        "{\"x\": {\"min\": 0, \"max\": 1, \"sinter\": {\"histogram\": {\"counts\": [1]}}}}"
      })
  void damagedFilesAreErrors(String json) {
    IOException e =
        assertThrows(IOException.class, () -> CalibrationJson.read("file", json, graph()));
    assertTrue(e.getMessage().startsWith("file"), e.getMessage());
  }
}
