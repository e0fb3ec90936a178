// Changed graphs: what was asked for changes, everything else is as it was, and TensorFlow Lite
// runs the result.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Metadata;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.SparseCodec;
import dev.sinter.graph.Storage;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.TestModels;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EditTest {
  private static final List<String> MODELS =
      List.of(
          "mlperf-tiny/kws_ref_model.tflite",
          "own/resnet8_cifar10_int8_tensorflow.tflite",
          "own/clothes_int8_tensorflow.tflite",
          "own/ad01_float.tflite",
          "own/conv1d_lstm_gru_float.tflite",
          "coral/tf2_mobilenet_v2_1.0_224_ptq.tflite",
          "quantizer/weight_sharing_fcs.tflite");

  private static List<byte[]> run(Graph g) {
    TfliteOracle.Result r = TfliteOracle.run(TfliteWriter.toBytes(g), 11);
    assertNull(r.refused(), g.name());
    return r.outputs();
  }

  private static void assertSameOutputs(List<byte[]> a, List<byte[]> b) {
    assertEquals(a.size(), b.size());
    for (int i = 0; i < a.size(); i++) {
      assertArrayEquals(a.get(i), b.get(i));
    }
  }

  private static Storage copy(Storage s) {
    ByteBuffer b = ByteBuffer.allocate(s.size());
    b.put(s.bytes()).flip();
    return Storage.wrap(b);
  }

  @Test
  void renamedAndRestoredModelsRunAlike() {
    for (String name : MODELS) {
      Graph g = TfliteReader.read(TestModels.model(name));
      GraphEditor e = g.edit();
      for (int t = 0; t < g.tensors().size(); t++) {
        e.rename(t, "tensor " + t);
        if (g.tensor(t).isConstant() && g.tensor(t).sparsity() == null) {
          e.replaceTensor(t, e.tensor(t).withStorage(copy(g.tensor(t).storage())));
        }
      }
      Graph h = e.build();
      assertEquals(g.tensors().size(), h.tensors().size());
      assertEquals(List.of(g.tensor(0).name()), g.tensor(0).origin());
      assertEquals(g.tensor(0).origin(), h.tensor(0).origin());
      Graph read = TfliteReader.read(TfliteWriter.toBytes(h));
      assertEquals(h, read, name);
      assertEquals("tensor 2", read.tensor(2).name());
      assertEquals(g.metadata(), read.metadata());
      assertEquals(g.ops(), read.ops());
      assertSameOutputs(run(g), run(h));
    }
  }

  @Test
  void sharedBuffersStaySharedAndPartOnWrite() {
    Graph g = TfliteReader.read(TestModels.model("quantizer/weight_sharing_fcs.tflite"));
    Tensor a =
        g.subgraph(0).tensors().stream().filter(Tensor::isConstant).findFirst().orElseThrow();
    Tensor b =
        g.subgraph(1).tensors().stream()
            .filter(t -> t.storage() == a.storage())
            .findFirst()
            .orElseThrow();
    Graph same = TfliteReader.read(TfliteWriter.toCanonicalBytes(g));
    assertSame(
        same.subgraph(0).tensor(g.subgraph(0).tensors().indexOf(a)).storage(),
        same.subgraph(1).tensor(g.subgraph(1).tensors().indexOf(b)).storage());

    int index = g.subgraph(0).tensors().indexOf(a);
    byte[] zeros = new byte[a.storage().size()];
    Constant zero = new Constant.Dense(a.type(), a.shape(), Storage.wrap(ByteBuffer.wrap(zeros)));
    Graph h =
        TfliteReader.read(TfliteWriter.toBytes(g.edit().replaceConstant(index, zero).build()));
    assertEquals(ByteBuffer.wrap(zeros), h.subgraph(0).tensor(index).storage().bytes());
    Tensor kept = h.subgraph(1).tensor(g.subgraph(1).tensors().indexOf(b));
    assertEquals(b.storage().bytes(), kept.storage().bytes());
    assertNotSame(h.subgraph(0).tensor(index).storage(), kept.storage());
  }

  @Test
  void aDroppedOpIsGoneWithWhatItAloneUsed() {
    for (String name :
        List.of("mlperf-tiny/kws_ref_model.tflite", "own/clothes_int8_tensorflow.tflite")) {
      Graph g = TfliteReader.read(TestModels.model(name));
      int last = g.ops().size() - 1;
      assertTrue(g.ops().get(last).kind() instanceof OpKind.Softmax);
      Graph h = g.edit().bypassOp(last).build();
      assertEquals(g.ops().size() - 1, h.ops().size());
      assertEquals(g.tensors().size() - 1, h.tensors().size());
      for (int s = 0; s < h.signatures().size(); s++) {
        assertEquals(h.outputs().get(0), h.signatures().get(s).outputs().get(0).tensor());
        assertEquals(
            g.signatures().get(s).outputs().get(0).name(),
            h.signatures().get(s).outputs().get(0).name());
      }
      String logits = g.tensor(g.ops().get(last).input(0)).name();
      assertSameOutputs(run(g.withOutputs(List.of(logits))), run(h));
      String text =
          ((TfliteSource.File) TfliteReader.read(TfliteWriter.toBytes(h)).source())
              .model
              .get("operator_codes")
              .toString();
      assertFalse(text.contains(", 25]"), "the code of the dropped op is left: " + text);
    }
  }

  @Test
  void addedOpsAndChangedKindsRun() {
    Graph g = TfliteReader.read(TestModels.model("own/ad01_float.tflite"));
    GraphEditor e = g.edit();
    int out = g.outputs().get(0);
    int extra = e.addTensor(Tensor.of("clamped", ElementType.FLOAT32, g.tensor(out).shape()));
    OpKind relu = new OpKind.Activate(OpKind.Activate.Function.RELU, 0, false);
    e.addOp(Op.of(relu, List.of(out), List.of(extra))).setOutputs(List.of(extra));
    List<byte[]> plain = run(g);
    List<byte[]> clamped = run(e.build());
    for (int i = 0; i < plain.size(); i++) {
      ByteBuffer a = ByteBuffer.wrap(plain.get(i)).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      ByteBuffer b = ByteBuffer.wrap(clamped.get(i)).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      while (a.hasRemaining()) {
        assertEquals(Math.max(0f, a.getFloat()), b.getFloat());
      }
    }

    int last = g.ops().size() - 1;
    OpKind.FullyConnected fc = (OpKind.FullyConnected) g.ops().get(last).kind();
    OpKind changed =
        new OpKind.FullyConnected(
            Activation.RELU, fc.keepDims(), fc.shuffledWeights(), fc.asymmetricInputs());
    Graph h = g.edit().replaceOp(last, g.ops().get(last).withKind(changed)).build();
    assertSameOutputs(clamped, run(h));
  }

  @Test
  void aDenseConstantMayBecomeSparse() {
    Graph g = TfliteReader.read(TestModels.model("own/resnet8_cifar10_pruned80_tfmot.tflite"));
    GraphEditor e = g.edit();
    int weights = -1;
    int at = -1;
    for (int i = 0; i < g.ops().size() && at < 0; i++) {
      if (g.ops().get(i).kind() instanceof OpKind.Conv
          && g.tensor(g.ops().get(i).input(1)).storage().size() > 30000) {
        at = i;
        weights = g.ops().get(i).input(1);
      }
    }
    Constant.Dense dense = g.constant(weights);
    int[] block = {1, 1, 1, 1};
    e.replaceConstant(weights, SparseCodec.encode(dense, block)).rename(weights, "stored");
    int full = e.addTensor(Tensor.of("full", dense.type(), dense.shape()));
    List<Integer> inputs = new ArrayList<>(g.ops().get(at).inputs());
    inputs.set(1, full);
    e.replaceOp(at, g.ops().get(at).withInputs(inputs));
    e.insertOp(at, Op.of(new OpKind.Densify(), List.of(weights), List.of(full)));
    Graph h = e.build();
    byte[] bytes = TfliteWriter.toBytes(h);
    assertTrue(bytes.length < TfliteWriter.toBytes(g).length);
    Graph read = TfliteReader.read(bytes);
    assertEquals(dense.values(), read.constant(full).values());
    assertTrue(read.storedForm(full) instanceof Constant.Sparse);
    assertSameOutputs(run(g), run(h));
  }

  @Test
  void partsRunLikeTheWhole() {
    for (String name :
        List.of(
            "own/ad01_float.tflite",
            "own/resnet8_cifar10_int8_tensorflow.tflite",
            "mlperf-tiny/kws_ref_model.tflite")) {
      Graph g = TfliteReader.read(TestModels.model(name));
      int middle = g.ops().size() / 2;
      // A place that everything runs through: the only tensor alive between two ops.
      while (!isNarrow(g, middle)) {
        middle++;
      }
      String cut = g.tensor(g.ops().get(middle).output(0)).name();
      String in = g.tensor(g.inputs().get(0)).name();
      String out = g.tensor(g.outputs().get(0)).name();
      Graph head = g.cut(List.of(in), List.of(cut));
      Graph tail = g.cut(List.of(cut), List.of(out));
      assertEquals(g.ops().size(), head.ops().size() + tail.ops().size());
      byte[] x =
          new byte
              [(int)
                  g.tensor(g.inputs().get(0))
                      .type()
                      .bytes(g.tensor(g.inputs().get(0)).shape().elements())];
      for (int i = 0; i + 4 <= x.length; i += 4) {
        ByteBuffer.wrap(x)
            .putInt(i, g.tensor(g.inputs().get(0)).type() == ElementType.FLOAT32 ? 0x3f00 : i * 77);
      }
      List<byte[]> whole = TfliteOracle.run(TfliteWriter.toBytes(g), List.of(x)).outputs();
      List<byte[]> half = TfliteOracle.run(TfliteWriter.toBytes(head), List.of(x)).outputs();
      assertSameOutputs(whole, TfliteOracle.run(TfliteWriter.toBytes(tail), half).outputs());
      GraphException e =
          assertThrows(GraphException.class, () -> g.cut(List.of(out), List.of(cut)));
      assertTrue(e.getMessage().contains(in), e.getMessage());
    }
  }

  private static boolean isNarrow(Graph g, int op) {
    java.util.Set<Integer> crossing = new java.util.TreeSet<>();
    for (int i = op + 1; i < g.ops().size(); i++) {
      for (int t : g.ops().get(i).inputs()) {
        if (t >= 0
            && ((g.main().producer(t) >= 0 && g.main().producer(t) <= op)
                || g.inputs().contains(t))) {
          crossing.add(t);
        }
      }
    }
    return crossing.size() == 1 && crossing.contains(g.ops().get(op).output(0));
  }

  @Test
  void whatIsReadMustBeWritten() {
    Graph g = small();
    assertThrows(GraphException.class, () -> g.edit().removeOp(0).build());
    Graph h = g.edit().removeOp(1).setOutputs(List.of(g.ops().get(0).output(0))).build();
    assertEquals(1, h.ops().size());
    List<Op> ops = g.ops();
    assertThrows(
        GraphException.class,
        () -> g.edit().replaceOp(0, ops.get(1)).replaceOp(1, ops.get(0)).build());
  }

  @Test
  void tensorsNamedByQuantizationDetailsAreRenumbered() {
    Graph g = TfliteReader.read(TestModels.model("litert/blockwise_quantized.tflite"));
    int named = -1;
    for (int t = 0; t < g.tensors().size(); t++) {
      if (g.tensor(t).quantization().details() instanceof Quantization.Blockwise) {
        named = t;
      }
    }
    Quantization.Blockwise b = (Quantization.Blockwise) g.tensor(named).quantization().details();
    Tensor scales = g.tensor(b.scales());
    int tensor = named;
    // An op before all others brings a tensor that goes again: the indices of all others move and
    // come back.
    Graph more = g.edit().setOutputs(g.outputs()).build();
    assertEquals(g, more);
    GraphEditor e = g.edit();
    int in = g.inputs().get(0);
    int extra = e.addTensor(Tensor.of("extra", g.tensor(in).type(), g.tensor(in).shape()));
    e.insertOp(0, Op.of(new OpKind.Unary(OpKind.Unary.Function.ABS), List.of(in), List.of(extra)));
    List<Integer> inputs = new ArrayList<>(g.ops().get(0).inputs());
    inputs.replaceAll(t -> t == in ? extra : t);
    e.replaceOp(1, g.ops().get(0).withInputs(inputs));
    Graph h = TfliteReader.read(TfliteWriter.toBytes(e.build()));
    Quantization.Blockwise now = (Quantization.Blockwise) h.tensor(tensor).quantization().details();
    assertEquals(scales.name(), h.tensor(now.scales()).name());
    Graph cut = h.cut(List.of("extra"), List.of(g.tensor(g.outputs().get(0)).name()));
    Graph back = TfliteReader.read(TfliteWriter.toBytes(cut));
    for (Tensor t : back.tensors()) {
      if (t.quantization().details() instanceof Quantization.Blockwise) {
        int s = ((Quantization.Blockwise) t.quantization().details()).scales();
        assertEquals(scales.name(), back.tensor(s).name());
        assertEquals(scales.storage().bytes(), back.tensor(s).storage().bytes());
      }
    }
  }

  @Test
  void metadataCanBeAddedAndFilesAreReplacedWhole(
      @org.junit.jupiter.api.io.TempDir java.nio.file.Path temp) throws Exception {
    Graph g = small();
    byte[] note = new byte[1000];
    new Random(1).nextBytes(note);
    Graph h =
        g.withMetadata(List.of(new Metadata("note", Storage.wrap(ByteBuffer.wrap(note)), null)));
    java.nio.file.Path file = temp.resolve("m.tflite");
    TfliteWriter.write(g, file);
    TfliteWriter.write(h, file);
    Graph read = TfliteReader.read(file);
    assertEquals(h, read);
    assertEquals(ByteBuffer.wrap(note), read.metadata().get(0).storage().bytes());
    assertSameOutputs(run(g), run(read));
    TfliteWriter.write(read, file); // onto the very file it was read from
    assertEquals(h, TfliteReader.read(file));
    GraphException e =
        assertThrows(
            GraphException.class, () -> TfliteWriter.write(h, temp.resolve("no/such/m.tflite")));
    assertTrue(e.getMessage().contains("m.tflite"), e.getMessage());
    try (var left = java.nio.file.Files.list(temp)) {
      assertEquals(1, left.count());
    }
  }

  private static Graph small() {
    GraphBuilder b = Graph.builder("small");
    Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    return x.relu()
        .add(b.floats("c", new float[] {1, 2, 3, 4}, 4), Activation.NONE)
        .output("y")
        .build();
  }

  @Test
  void halfFloatWeightsAreSeenAsFloats() {
    GraphBuilder b = Graph.builder("half");
    float[] w = {0.5f, -2, 65504, 0x1p-24f, 1 / 3f, 0};
    ByteBuffer half = ByteBuffer.allocate(12).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (float f : w) {
      half.putShort(dev.sinter.graph.HalfFloat.ofFloat(f));
    }
    Constant.Dense dense =
        new Constant.Dense(ElementType.FLOAT16, Shape.of(2, 3), Storage.wrap(half.flip()));
    Value weights = b.sparse("w", dense, Quantization.NONE, 1, 1).dequantize();
    Graph g =
        b.input("x", ElementType.FLOAT32, 1, 3)
            .fullyConnected(weights, null, Activation.NONE)
            .output("y")
            .build();
    Graph read = TfliteReader.read(TfliteWriter.toBytes(g));
    int t = read.ops().get(read.ops().size() - 1).input(1);
    Constant.Dense seen = read.constant(t);
    assertEquals(ElementType.FLOAT32, seen.type());
    for (int i = 0; i < w.length; i++) {
      assertEquals(w[i], seen.values().getFloat(4 * i), Math.abs(w[i]) / 2000);
    }
    assertEquals(ElementType.FLOAT16, read.storedForm(t).type());
    assertTrue(read.storedForm(t) instanceof Constant.Sparse);
    run(read);
  }
}
