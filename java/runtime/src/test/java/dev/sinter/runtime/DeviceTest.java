// Programs split between a device and the processor, with the device of the native tests.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceTest {
  private static final Options ON_DEVICE = Options.builder().device(Device.CUDA).build();

  // The device runs reference rows, and floats depend on the order of a sum.
  private static final Options REFERENCE = Options.builder().isa("reference").build();

  private static GraphBuilder.Value weights(GraphBuilder b, String name, int seed, int... dims) {
    int count = 1;
    for (int d : dims) {
      count *= d;
    }
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return b.floats(name, values, dims);
  }

  /** Device: product; processor: pool; device: product, sum, product; processor: softmax. */
  private static Graph segments() {
    GraphBuilder b = Graph.builder("segments");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 32, 32, 16);
    GraphBuilder.Value a =
        x.conv2d(weights(b, "w1", 1, 64, 1, 1, 16), null, 1, Padding.SAME, Activation.RELU);
    GraphBuilder.Value pooled = a.averagePool(2, 2, Padding.VALID);
    GraphBuilder.Value c =
        pooled.conv2d(weights(b, "w2", 2, 64, 1, 1, 64), null, 1, Padding.SAME, Activation.NONE);
    GraphBuilder.Value d =
        c.add(pooled, Activation.NONE)
            .depthwise(weights(b, "w3", 3, 1, 3, 3, 64), null, 1, Padding.SAME, Activation.RELU6);
    d.output("features");
    return d.reshape(1, 16 * 16 * 64)
        .fullyConnected(weights(b, "w4", 4, 10, 16 * 16 * 64), null, Activation.NONE)
        .softmax()
        .output("y")
        .build();
  }

  private static Model onDevice(Graph graph, Options options) {
    return TestDevices.load(() -> Model.load(graph, options));
  }

  /** All outputs of some runs on random inputs. */
  private static List<byte[]> results(Session session, int runs) {
    List<byte[]> results = new ArrayList<>();
    Random random = new Random(11);
    for (int run = 0; run < runs; run++) {
      for (int i = 0; i < session.inputs().size(); i++) {
        fill(session.input(i), session.inputs().get(i).type(), random);
      }
      session.run();
      for (int i = 0; i < session.outputs().size(); i++) {
        byte[] bytes = new byte[session.output(i).capacity()];
        session.output(i).get(0, bytes);
        results.add(bytes);
      }
    }
    return results;
  }

  private static void fill(ByteBuffer input, ElementType type, Random random) {
    ByteBuffer in = input.duplicate().order(ByteOrder.nativeOrder()).clear();
    while (in.hasRemaining()) {
      if (type == ElementType.FLOAT32) {
        in.putFloat(random.nextFloat() - 0.5f);
      } else {
        in.put((byte) random.nextInt());
      }
    }
  }

  private static void assertSame(List<byte[]> expected, List<byte[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(ByteBuffer.wrap(expected.get(i)), ByteBuffer.wrap(actual.get(i)), "output " + i);
    }
  }

  private static List<String> devices(Report report) {
    return report.steps().stream().map(s -> s.device().label()).toList();
  }

  @Test
  void aModelInSegmentsGivesWhatTheProcessorGives() {
    try (Model model = onDevice(segments(), REFERENCE.toBuilder().device(Device.CUDA).build());
        Model expected = Model.load(segments(), REFERENCE);
        Session session = model.newSession();
        Session reference = expected.newSession()) {
      assertEquals(Device.CUDA, model.device());
      assertNull(model.deviceMessage());
      assertEquals(
          List.of("cuda", "cpu", "cuda", "cuda", "cuda", "cuda", "cpu"), devices(model.report()));
      assertSame(results(reference, 3), results(session, 3));
      Report.StepReport pool = model.report().steps().get(1);
      assertTrue(pool.deviceRefusal().contains("no kernel for pool"), pool.deviceRefusal());
      assertNull(model.report().steps().get(0).deviceRefusal());
      assertEquals(Device.CPU, expected.device());
      assertNull(expected.report().steps().get(1).deviceRefusal());
      // Both sessions of a model run on their own, with the same weights.
      try (Session second = model.newSession()) {
        assertSame(results(reference, 1), results(second, 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "own/resnet8_cifar10_int8_tensorflow.tflite",
        "own/clothes_int8_tensorflow.tflite",
        "mlperf-tiny/kws_ref_model.tflite",
        "mlperf-tiny/ad01_int8.tflite",
        "mlperf-tiny/vww_96_int8.tflite",
        "coral/mobilenet_v1_0.25_128_quant.tflite",
        "coral/tf2_mobilenet_v2_1.0_224_ptq.tflite",
        "coral/keras_lstm_mnist_ptq.tflite"
      })
  void realModelsAreEqualBitForBit(String name) {
    Path file = Shared.models().resolve(name);
    assumeTrue(Files.exists(file), "absent: " + file);
    try (Model model = TestDevices.load(() -> Model.load(file, ON_DEVICE));
        Model expected = Model.load(file);
        Session session = model.newSession();
        Session reference = expected.newSession()) {
      if (name.contains("mobilenet")) {
        assertTrue(devices(model.report()).contains("cuda"), () -> "" + model.report());
      }
      assertSame(results(reference, 2), results(session, 2));
      for (Report.StepReport step : model.report().steps()) {
        assertEquals(
            step.device() == Device.CPU, step.deviceRefusal() != null, () -> step.toString());
      }
    }
  }

  /** Programs cut wherever they can be: many segments, and values that go back and forth. */
  @Test
  void modelsCutEverywhereAreEqualBitForBit() throws IOException {
    assumeTrue(Files.exists(Shared.models()), "no models in " + Shared.models());
    List<Path> files;
    try (Stream<Path> all = Files.walk(Shared.models())) {
      files = all.filter(f -> f.toString().endsWith(".tflite")).sorted().toList();
    }
    int split = 0;
    DeviceSplit.leastWork = 0;
    try {
      for (Path file : files) {
        split += Files.size(file) < 3_000_000 && isSplitAndEqual(file) ? 1 : 0;
      }
    } finally {
      DeviceSplit.leastWork = DeviceSplit.LEAST_WORK;
    }
    assertTrue(split > 20, split + " models had steps on both sides");
  }

  private static boolean isSplitAndEqual(Path file) {
    Model plain;
    try {
      plain = Model.load(file, REFERENCE);
    } catch (SinterException e) {
      return false; // what is damaged or needs more than files is tested elsewhere
    }
    Options options = REFERENCE.toBuilder().device(Device.CUDA).build();
    try (Model expected = plain;
        Model model = TestDevices.load(() -> Model.load(file, options));
        Session reference = expected.newSession();
        Session session = model.newSession()) {
      List<byte[]> wanted;
      try {
        wanted = results(reference, 2);
      } catch (SinterException e) {
        return false; // random inputs are none that it takes
      }
      List<byte[]> got = results(session, 2);
      assertEquals(wanted.size(), got.size(), file.toString());
      for (int i = 0; i < got.size(); i++) {
        assertEquals(
            ByteBuffer.wrap(wanted.get(i)), ByteBuffer.wrap(got.get(i)), file + ": output " + i);
      }
      return devices(model.report()).containsAll(List.of("cpu", "cuda"));
    } catch (SinterException e) {
      if (e.getMessage().contains("the file does not fix the shape")) {
        return false;
      }
      throw e;
    }
  }

  @Test
  void aSessionIsUsedAsOnTheProcessor() {
    Options options = REFERENCE.toBuilder().device(Device.CUDA).profile(true).build();
    try (Model model = onDevice(segments(), options)) {
      Session session = model.newSession();
      List<byte[]> own = results(session, 1);
      // The times are those of all segments, in order: the test device counts its steps.
      List<Long> times = session.profile().stream().map(Session.StepTime::nanos).toList();
      assertEquals(7, times.size());
      assertEquals(
          List.of(1L, 1L, 2L, 3L, 4L),
          List.of(times.get(0), times.get(2), times.get(3), times.get(4), times.get(5)));
      assertTrue(times.get(1) > 0 && times.get(6) > 0, "" + times);
      // The caller's memory.
      ByteBuffer in = ByteBuffer.allocateDirect(session.input(0).capacity());
      ByteBuffer out = ByteBuffer.allocateDirect(session.output(1).capacity());
      in.put(session.input(0).duplicate().clear()).clear();
      fill(session.input(0), ElementType.FLOAT32, new Random(5));
      session.bindInput(0, in);
      session.bindOutput(1, out);
      session.run();
      assertEquals(ByteBuffer.wrap(own.get(1)), out);
      session.bindInput(0, null);
      session.bindOutput(1, null);
      session.run();
      assertFalse(ByteBuffer.wrap(own.get(1)).equals(session.output(1).duplicate().clear()));
      // A cancel that comes before a run stops that one, once.
      session.cancel();
      SinterException e = assertThrows(SinterException.class, session::run);
      assertEquals(Status.CANCELLED, e.status());
      assertTrue(e.getMessage().contains("cancelled before step 0 of 7"), e.getMessage());
      session.run();
      session.resetState();
      session.resizeInput(0, Shape.of(1, 32, 32, 16));
      session.close();
      session.close();
      assertEquals(
          Status.INVALID_HANDLE, assertThrows(SinterException.class, session::run).status());
      assertNotNull(session.input(0));
    }
  }

  @Test
  void aRunOnAnotherThreadIsCancelled() throws ExecutionException, InterruptedException {
    try (Model model = onDevice(segments(), ON_DEVICE)) {
      Session session = model.newSession();
      FutureTask<Status> runs =
          new FutureTask<>(
              () -> {
                while (true) {
                  try {
                    session.run();
                  } catch (SinterException e) {
                    return e.status();
                  }
                }
              });
      Thread thread = new Thread(runs);
      thread.start();
      Thread.sleep(20);
      session.cancel();
      assertEquals(Status.CANCELLED, runs.get());
      session.run();
      FutureTask<Status> again =
          new FutureTask<>(
              () -> {
                while (true) {
                  try {
                    session.run();
                  } catch (SinterException e) {
                    if (e.status() != Status.CANCELLED) {
                      return e.status();
                    }
                  }
                }
              });
      new Thread(again).start();
      Thread.sleep(20);
      session.close(); // waits for the run
      assertEquals(Status.INVALID_HANDLE, again.get());
    }
  }

  @Test
  void aModelOfOneDeviceSegment() {
    Graph graph = TestGraphs.additions();
    try (Model model = onDevice(graph, ON_DEVICE);
        Session session = model.newSession()) {
      assertEquals(List.of("cuda", "cuda"), devices(model.report()));
      session.setInput(0, new float[] {1, 2, 3, 4});
      session.run();
      float[] y = new float[4];
      session.getOutput(0, y);
      assertEquals(12, y[3]);
      com.sun.management.ThreadMXBean threads =
          (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      for (int i = 0; i < 30_000; i++) {
        session.run();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        session.run();
      }
      assertEquals(0, (threads.getCurrentThreadAllocatedBytes() - before) / 100_000);
      // Other shapes have plans of their own.
      session.resizeInput(0, Shape.of(2, 4));
      session.setInput(0, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
      session.run();
      float[] more = new float[8];
      session.getOutput(0, more);
      assertEquals(24, more[7]);
    }
  }

  /** Buffers outlive their sessions, and there is memory of Java when the device's is used up. */
  @Test
  void manySessionsWhoseBuffersAreKept() {
    List<ByteBuffer> kept = new ArrayList<>();
    try (Model model = onDevice(TestGraphs.additions(), ON_DEVICE)) {
      for (int i = 0; i < 300; i++) {
        try (Session session = model.newSession()) {
          session.setInput(0, new float[] {i, 2, 3, 4});
          session.run();
          kept.add(session.output(0));
        }
      }
    }
    System.gc();
    for (int i = 0; i < kept.size(); i++) {
      assertEquals(3 * i, kept.get(i).getFloat(0));
      kept.get(i).putFloat(0, -1);
    }
  }

  /** Products too small to pay for the way stay, unless they are all there is. */
  @Test
  void littleWorkBetweenStepsOfTheProcessorStays() {
    GraphBuilder b = Graph.builder("little");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    Graph graph =
        x.softmax()
            .fullyConnected(weights(b, "w", 1, 4, 4), null, Activation.NONE)
            .softmax()
            .output("y")
            .build();
    try (Model model = onDevice(graph, ON_DEVICE);
        Session session = model.newSession()) {
      assertEquals(List.of("cpu", "cpu", "cpu"), devices(model.report()));
      String why = model.report().steps().get(1).deviceRefusal();
      assertTrue(why.contains("16 multiply-accumulates between steps"), why);
      session.run();
    }
  }

  @Test
  void piecesOfAFlowRunOnTheDevice() {
    GraphBuilder b = Graph.builder("pieces");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 256, 64);
    GraphBuilder.Value w = weights(b, "w", 1, 64, 64);
    OpKind kind = new OpKind.Foreign("tflite", 32, "Negate", 1, Map.of());
    GraphBuilder.Result result =
        new GraphBuilder.Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(256, 64));
    GraphBuilder.Value product = x.fullyConnected(w, null, Activation.NONE);
    GraphBuilder.Value negated = b.op(kind, List.of(result), List.of(), List.of(product)).get(0);
    Graph graph = negated.fullyConnected(w, null, Activation.NONE).output("y").build();
    CustomOp negate =
        new CustomOp() {
          @Override
          public String name() {
            return "Negate";
          }

          @Override
          public List<Shape> outputShapes(Call call) {
            return List.of(call.inputShape(0));
          }

          @Override
          public void run(Call call) {
            for (int i = 0; i < 256 * 64; i++) {
              call.output(0).putFloat(4 * i, -call.input(0).getFloat(4 * i));
            }
          }
        };
    Options options = REFERENCE.toBuilder().customOp(negate).profile(true).build();
    try (Model model = onDevice(graph, options.toBuilder().device(Device.CUDA).build());
        Model expected = Model.load(graph, options);
        Session session = model.newSession();
        Session reference = expected.newSession()) {
      assertSame(results(reference, 2), results(session, 2));
      List<String> devices =
          session.profile().stream().map(t -> t.step().device().label()).toList();
      assertEquals(List.of("cuda", "cpu", "cuda"), devices);
    }
  }

  @Test
  void statesStayOnTheProcessor() {
    Path file = Shared.models().resolve("coral/keras_lstm_mnist_ptq.tflite");
    assumeTrue(Files.exists(file), "absent: " + file);
    try (Model model = TestDevices.load(() -> Model.load(file, ON_DEVICE))) {
      assertTrue(
          model.report().steps().stream()
              .anyMatch(s -> ("" + s.deviceRefusal()).contains("state from run to run")),
          () -> "" + model.report());
    }
  }

  @Test
  void whyADeviceCannotBeUsedIsSaid(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("text.so"), "this is no library");
    fallsBack(folder.resolve("absent.so"), "not the absolute path of a readable file");
    fallsBack(text, "cannot load");
    fallsBack(TestDevices.library("fake_device_unusable"), "the hardware is missing");
    fallsBack(TestDevices.library("fake_device_no_entry"), "it is not a device library");
    fallsBack(TestDevices.library("fake_device_whole"), "catalogue of the native library");
  }

  private static void fallsBack(Path library, String why) {
    Graph graph = TestGraphs.additions();
    try (Model model = TestDevices.with(library, () -> Model.load(graph, ON_DEVICE));
        Session session = model.newSession()) {
      assertEquals(Device.CPU, model.device());
      assertTrue(model.deviceMessage().contains(why), model.deviceMessage());
      assertEquals(model.deviceMessage(), model.report().deviceMessage());
      session.setInput(0, new float[] {1, 2, 3, 4});
      session.run();
    }
    Options required = ON_DEVICE.toBuilder().requireDevice(true).build();
    SinterException e =
        assertThrows(
            SinterException.class,
            () -> TestDevices.with(library, () -> Model.load(graph, required)));
    assertEquals(Status.UNSUPPORTED, e.status());
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(Gemm.Type.class)
  void aDirectProduct(Gemm.Type type) {
    int m = 33;
    int n = 20;
    int k = 64;
    boolean floats = type == Gemm.Type.F32 || type == Gemm.Type.F32_BF16;
    ByteBuffer weights = operand(type == Gemm.Type.F32, type, 1, n * k);
    ByteBuffer a = operand(floats, type == Gemm.Type.BF16_S8 ? Gemm.Type.BF16 : type, 2, m * k);
    ByteBuffer c = ByteBuffer.allocateDirect(4 * m * n).order(ByteOrder.nativeOrder());
    ByteBuffer expected = ByteBuffer.allocateDirect(4 * m * n).order(ByteOrder.nativeOrder());
    boolean on8 = type == Gemm.Type.S8S8S8 || type == Gemm.Type.U8U8U8;
    Gemm.Builder b = Gemm.builder(type, n, k, weights);
    if (on8) {
      float[] scales = new float[n];
      Arrays.fill(scales, 0.001f);
      b.requantize(scales, 3, type == Gemm.Type.S8S8S8 ? -128 : 0, 100);
    }
    if (type == Gemm.Type.BF16_S8) {
      assertTrue(assertThrows(SinterException.class, b::build).getMessage().contains("need scale"));
      float[] scales = new float[n];
      Arrays.fill(scales, 0.01f);
      b.weightScales(scales).bias(ByteBuffer.allocateDirect(4 * n));
    }
    Path library = TestDevices.library("cpu_device");
    if (type == Gemm.Type.U8S8S32) { // the test device has none
      SinterException e =
          assertThrows(
              SinterException.class,
              () -> TestDevices.with(library, () -> b.device(Device.CUDA).build()));
      assertTrue(e.getMessage().contains("no kernel for gemm"), e.getMessage());
      return;
    }
    try (Gemm cpu = b.build();
        Gemm device = TestDevices.with(library, () -> b.device(Device.CUDA).build())) {
      assertTrue(device.kernel().endsWith("_reference"), device.kernel());
      device.reserve(m, 1, 2);
      for (int rows : new int[] {m, 1, m, 0}) {
        cpu.run(rows, a, expected);
        device.run(rows, a, c);
        for (int i = 0; i < 4 * m * n; i += 4) {
          if (floats || type == Gemm.Type.BF16 || type == Gemm.Type.BF16_S8) {
            assertEquals(expected.getFloat(i), c.getFloat(i), 1e-5f);
          } else {
            assertEquals(expected.getInt(i), c.getInt(i));
          }
        }
      }
      SinterException e =
          assertThrows(SinterException.class, () -> device.run(2, a, k + 1, c, n, 1));
      assertTrue(e.getMessage().contains("without gaps"), e.getMessage());
      com.sun.management.ThreadMXBean threads =
          (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
      for (int i = 0; i < 2_000; i++) {
        device.run(1, a, c);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 2_000; i++) {
        device.run(1, a, c);
      }
      assertEquals(0, (threads.getCurrentThreadAllocatedBytes() - before) / 2_000);
    }
  }

  /** Numbers of the type that an operand has. */
  private static ByteBuffer operand(boolean floats, Gemm.Type type, int seed, int count) {
    Random random = new Random(seed);
    ByteBuffer out = ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      float value = random.nextFloat() - 0.5f;
      if (floats) {
        out.putFloat(value);
      } else if (type == Gemm.Type.BF16 || type == Gemm.Type.F32_BF16) {
        out.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      } else {
        out.put((byte) random.nextInt());
      }
    }
    return out.clear();
  }

  @Test
  void aClosedProductDoesNotRun() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4 * 4).order(ByteOrder.nativeOrder());
    Path library = TestDevices.library("cpu_device");
    Gemm.Builder b = Gemm.builder(Gemm.Type.F32, 2, 2, buffer).device(Device.CUDA);
    Gemm gemm = TestDevices.with(library, b::build);
    gemm.close();
    gemm.close();
    assertEquals("closed", gemm.kernel());
    ByteBuffer c = ByteBuffer.allocateDirect(8);
    SinterException e = assertThrows(SinterException.class, () -> gemm.run(1, buffer, c));
    assertEquals(Status.INVALID_HANDLE, e.status());
    Path unusable = TestDevices.library("fake_device_unusable");
    e = assertThrows(SinterException.class, () -> TestDevices.with(unusable, b::build));
    assertTrue(e.getMessage().contains("the hardware is missing"), e.getMessage());
  }

  @Test
  void aSessionHasItsModelsDevice() {
    try (Model model = Model.load(TestGraphs.additions(), Options.DEFAULT)) {
      SinterException e = assertThrows(SinterException.class, () -> model.newSession(ON_DEVICE));
      assertEquals(Status.INVALID_ARGUMENT, e.status());
      assertTrue(e.getMessage().contains("device"), e.getMessage());
    }
  }
}
