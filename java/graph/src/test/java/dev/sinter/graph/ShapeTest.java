// Shapes, padding, half floats, and the shapes of models.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.tflite.TfliteReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void paddingCoversEveryPosition() {
    for (int in = 1; in < 20; in++) {
      for (int window = 1; window < 6; window++) {
        for (int stride = 1; stride < 5; stride++) {
          for (int dilation = 1; dilation < 4; dilation++) {
            int effective = (window - 1) * dilation + 1;
            Padding.Extent same = Padding.SAME.along(in, window, stride, dilation);
            assertEquals((in + stride - 1) / stride, same.size());
            int total = Math.max(0, (same.size() - 1) * stride + effective - in);
            assertEquals(total / 2, same.before());
            assertEquals(total, same.before() + same.after());
            Padding.Extent valid = Padding.VALID.along(in, window, stride, dilation);
            assertEquals(in < effective ? 0 : (in - effective) / stride + 1, valid.size());
            assertEquals(0, valid.before() + valid.after());
          }
        }
      }
    }
    assertThrows(GraphException.class, () -> Padding.SAME.along(4, 3, 0, 1));
  }

  @Test
  void hugeShapesAreRefused() {
    assertEquals(0, Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, 0).elements());
    assertThrows(
        GraphException.class,
        () -> Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE).elements());
    assertThrows(GraphException.class, () -> Shape.of(2, -1).elements());
  }

  @Test
  void elementsOfARangeStayWithinTheRank() {
    assertEquals(12, Shape.of(2, 3, 4).elements(1, 3));
    assertEquals(1, Shape.of(2, 3, 4).elements(3, 3));
    assertThrows(IndexOutOfBoundsException.class, () -> Shape.of(2, 3).elements(0, 3));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Shape.of(2, 3).elements(0, Integer.MAX_VALUE));
  }

  @Test
  void everyHalfFloatComesBack() {
    for (int i = 0; i < 65536; i++) {
      float f = HalfFloat.toFloat((short) i);
      if (!Float.isNaN(f)) {
        assertEquals((short) i, HalfFloat.ofFloat(f));
      } else {
        assertTrue(Float.isNaN(HalfFloat.toFloat(HalfFloat.ofFloat(f))));
      }
    }
    assertEquals((short) 0x3c00, HalfFloat.ofFloat(1 + 0x1p-11f));
    assertEquals((short) 0x3c02, HalfFloat.ofFloat(1 + 3 * 0x1p-11f));
    assertEquals((short) 0x7c00, HalfFloat.ofFloat(65520));
    assertEquals((short) 0x7bff, HalfFloat.ofFloat(65519.996f));
  }

  @Test
  void shapesOfRealModelsAreThoseOfTheFiles() {
    int tensors = 0;
    for (Path p : TestModels.all()) {
      Graph g = TfliteReader.read(p);
      // What these say of their own shapes is not known before running, or wrong: TensorFlow Lite
      // refuses the last.
      if (p.endsWith("simple_topk_op_runtime_k.tflite")
          || p.endsWith("single_slice.tflite")
          || p.getFileName().toString().startsWith("transpose_conv")
          || p.endsWith("simple_squeeze.tflite")) {
        assertThrows(GraphException.class, () -> g.inferShapes(Map.of()));
        continue;
      }
      List<Shape> shapes = g.inferShapes(Map.of());
      for (int t = 0; t < shapes.size(); t++) {
        assertEquals(g.tensor(t).shape(), shapes.get(t), p + ": " + g.tensor(t));
        tensors++;
      }
    }
    System.out.println(tensors + " shapes inferred as the files say");
  }

  @Test
  void otherBatchesGoThroughAllLayers() {
    int models = 0;
    for (Path p : TestModels.all()) {
      Graph g = TfliteReader.read(p);
      Tensor in = g.tensor(g.inputs().get(0));
      boolean free =
          in.signature().rank() > 1 && in.signature().dim(0) == -1 && g.inputs().size() == 1;
      if (!free || !p.getParent().endsWith("own")) {
        continue;
      }
      try {
        List<Shape> shapes = g.inferShapes(Map.of(0, in.shape().withDim(0, 5)));
        assertEquals(5, shapes.get(g.outputs().get(0)).dim(0), p.toString());
        models++;
      } catch (GraphException e) {
        assertTrue(e.getMessage().contains("no shape rule"), p + ": " + e.getMessage());
      }
    }
    System.out.println(models + " models inferred with batch 5");
  }

  @Test
  void shapesThatModelsComputeAreFollowed() {
    GraphBuilder b = Graph.builder("computed");
    Value x = b.input("x", ElementType.FLOAT32, -1, 4, 6);
    OpKind shape = new OpKind.Foreign("tflite", 77, "SHAPE", 1, Map.of());
    OpKind slice =
        new OpKind.Foreign("tflite", 45, "STRIDED_SLICE", 1, Map.of("shrink_axis_mask", 1L));
    OpKind pack = new OpKind.Foreign("tflite", 83, "PACK", 1, Map.of("axis", 0L));
    Value s = b.op(shape, ElementType.INT32, Quantization.NONE, x);
    Quantization none = Quantization.NONE;
    Value zero = b.int32("zero", new int[] {0}, none, 1);
    Value one = b.int32("one", new int[] {1}, none, 1);
    Graph g;
    {
      // Shapes of foreign ops without all their inputs at hand are taken from the tensors here.
      GraphEditor e = x.relu().output("y").build().edit();
      int xs = 0;
      int st = e.addTensor(Tensor.of("shape", ElementType.INT32, Shape.of(3)));
      int z = e.addTensor(zero.tensor());
      int o = e.addTensor(one.tensor());
      int n = e.addTensor(Tensor.of("n", ElementType.INT32, Shape.SCALAR));
      int m = e.addTensor(b.int32("m", new int[] {-1}, none).tensor());
      int to = e.addTensor(Tensor.of("to", ElementType.INT32, Shape.of(2)));
      int r = e.addTensor(Tensor.of("r", ElementType.FLOAT32, Shape.of(1, 24)));
      e.addOp(Op.of(shape, List.of(xs), List.of(st)));
      e.addOp(Op.of(slice, List.of(st, z, o, o), List.of(n)));
      e.addOp(Op.of(pack, List.of(n, m), List.of(to)));
      e.addOp(Op.of(new OpKind.Reshape(null), List.of(xs, to), List.of(r)));
      g = e.setOutputs(List.of(r)).build();
    }
    assertEquals(Shape.of(3), s.shape());
    ShapeInference.Result result = ShapeInference.run(g.main(), Map.of(0, Shape.of(7, 4, 6)));
    assertEquals(Shape.of(7, 24), result.shapes().get(g.outputs().get(0)));
  }

  @Test
  void anUnknownOpStandsInTheWayByName() {
    GraphBuilder b = Graph.builder("unknown");
    GraphEditor e = b.input("x", ElementType.FLOAT32, 1, 4).relu().output("y").build().edit();
    int z = e.addTensor(Tensor.of("z", ElementType.FLOAT32, Shape.of(1, 9)));
    OpKind strange = new OpKind.Foreign("tflite", 32, "Strange", 1, Map.of());
    Graph g =
        e.addOp(Op.of(strange, List.of(e.tensor(0).name().equals("x") ? 0 : 1), List.of(z)))
            .setOutputs(List.of(z))
            .build();
    assertEquals(Shape.of(1, 9), g.inferShapes(Map.of()).get(g.outputs().get(0)));
    GraphException x =
        assertThrows(GraphException.class, () -> g.inferShapes(Map.of(0, Shape.of(2, 4))));
    assertTrue(
        x.getMessage().contains("Strange") && x.getMessage().contains("'z'"), x.getMessage());
  }
}
