// Ops without a record, built from nothing: they read back as they were made, and run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Result;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.flatbuffer.FlatSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnyOpTest {
  private static final Result FLOATS = new Result(ElementType.FLOAT32, Quantization.NONE);

  private static Graph roundTrip(Graph g) {
    Graph read = TfliteReader.read(TfliteWriter.toBytes(g));
    assertEquals(g.main(), read.main(), g.name());
    return read;
  }

  /** Something other than the default in every field. */
  private static Map<String, Object> filled(FlatSchema.Type type) {
    Map<String, Object> out = new HashMap<>();
    for (int s = 0; s < type.slots(); s++) {
      FlatSchema.Field f = type.field(s);
      Object value =
          switch (f.kind()) {
            case BOOL -> f.defaultValue() == 0;
            case F32 -> 0.5f;
            case STRING -> "text";
            case VECTOR -> vector(f);
            default -> (long) f.defaultValue() + 3;
          };
      out.put(f.name(), value);
    }
    return out;
  }

  private static Object vector(FlatSchema.Field f) {
    return switch (f.element()) {
      case U8 -> ByteBuffer.wrap(new byte[] {1, 2});
      case F32 -> List.of(0.5f, -2f);
      case BOOL -> List.of(true, false);
      default -> List.of(7L, 9L);
    };
  }

  @Test
  void everyBuiltinReadsBack() {
    int foreign = 0;
    int optioned = 0;
    for (int code = 0; !TfliteTables.opName(code).startsWith("BUILTIN_"); code++) {
      String name = TfliteTables.opName(code);
      if (name.equals("CUSTOM")) {
        continue;
      }
      Map<String, Object> options = new HashMap<>();
      if (TfliteOps.builtin(name, 1, Map.of()) instanceof OpKind.Foreign plain) {
        for (String field : plain.attributes().keySet()) {
          options.putAll(Map.of(field, attribute(plain, field)));
        }
      }
      if (!(TfliteOps.builtin(name, 3, options) instanceof OpKind.Foreign kind)) {
        continue;
      }
      foreign++;
      optioned += options.isEmpty() ? 0 : 1;
      GraphBuilder b = Graph.builder(name);
      Value x = b.input("x", ElementType.FLOAT32, 2, 3);
      List<Value> y;
      try {
        y =
            b.op(
                kind,
                List.of(new Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(4))),
                List.of(),
                List.of(x));
      } catch (GraphException e) {
        continue; // its shape rule asks for more inputs
      }
      OpKind read = roundTrip(y.get(0).output("y").build()).ops().get(0).kind();
      assertEquals(kind, assertInstanceOf(OpKind.Foreign.class, read), name);
    }
    assertTrue(foreign > 100 && optioned > 25, foreign + " and " + optioned);
  }

  private static Object attribute(OpKind.Foreign plain, String field) {
    Object v = plain.attributes().get(field);
    return v instanceof Boolean b ? (Object) !b : v instanceof Float ? (Object) 0.5f : (Object) 2;
  }

  @Test
  void everyFieldOfEveryOptionsTableReadsBack() {
    FlatSchema.Type operator = TfliteTables.SCHEMA.type("Operator");
    int tables = 0;
    for (int code = 0; !TfliteTables.opName(code).startsWith("BUILTIN_"); code++) {
      String name = TfliteTables.opName(code);
      for (String union : List.of("builtin_options", "builtin_options_2")) {
        FlatSchema.Type type;
        for (int i = 1; (type = operator.field(union).member(i)) != null; i++) {
          if (!type.name().equalsIgnoreCase(name.replace("_", "") + "Options")) {
            continue;
          }
          OpKind kind = TfliteOps.builtin(name, 2, filled(type));
          if (kind instanceof OpKind.Foreign f) {
            tables++;
            assertEquals(
                kind, new OpKind.Foreign("tflite", code, name, 2, readBack(f).attributes()), name);
          }
        }
      }
    }
    assertTrue(tables > 60, tables + " tables");
  }

  private static OpKind.Foreign readBack(OpKind.Foreign kind) {
    GraphBuilder b = Graph.builder(kind.name());
    b.input("x", ElementType.FLOAT32, 2);

    Graph g;
    try {
      g =
          b.op(
                  kind,
                  List.of(new Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(1))),
                  List.of(),
                  List.of())
              .get(0)
              .output("y")
              .build();
    } catch (GraphException e) {
      return kind;
    }
    return (OpKind.Foreign) TfliteReader.read(TfliteWriter.toBytes(g)).ops().get(0).kind();
  }

  @Test
  void severalOutputsRun() {
    GraphBuilder b = Graph.builder("split");
    Value x = b.input("x", ElementType.FLOAT32, 2, 6);
    Value axis = b.int32("axis", new int[] {1}, Quantization.NONE);
    List<Value> parts =
        b.op(
            TfliteOps.builtin("SPLIT", 1, Map.of("num_splits", 3)),
            List.of(FLOATS, FLOATS, FLOATS),
            List.of(),
            List.of(axis, x));
    assertEquals(Shape.of(2, 2), parts.get(2).shape());
    Value y =
        b.op(
            TfliteOps.builtin("PACK", 1, Map.of("values_count", 3, "axis", 1)),
            ElementType.FLOAT32,
            Quantization.NONE,
            parts.toArray(Value[]::new));
    byte[] file = TfliteWriter.toBytes(roundTrip(y.output("y").build()));
    TfliteOracle.Result result = TfliteOracle.run(file, 3);
    assertNull(result.refused());
    assertEquals(4 * 12, result.outputs().get(0).length);
  }

  @Test
  void customOpsVariablesAndIntermediatesReadBack() {
    GraphBuilder b = Graph.builder("custom");
    Value x = b.input("x", ElementType.FLOAT32, 2, 6);
    Value state = b.variable("state", ElementType.INT8, Quantization.perTensor(0.5f, 3), 2, 4);
    Value inner = b.intermediate("inner", ElementType.INT16, Quantization.perTensor(0.25f, 0));
    OpKind kind = TfliteOps.custom("Mine", 4, ByteBuffer.wrap(new byte[] {5, 6, 7}));
    List<Value> y =
        b.op(
            kind,
            List.of(new Result(ElementType.FLOAT32, Quantization.NONE, Shape.of(5))),
            List.of(inner),
            Arrays.asList(x, null, state));
    Graph read = roundTrip(y.get(0).output("y").build());
    assertEquals(kind, read.ops().get(0).kind());
    assertEquals(List.of(0, -1, 1), read.ops().get(0).inputs());
    assertEquals(List.of(2), read.ops().get(0).intermediates());
    assertTrue(read.tensor(1).isVariable());
  }

  @Test
  void mistakesAreNamed() {
    assertThrows(GraphException.class, () -> TfliteOps.builtin("NO_SUCH_OP", 1, Map.of()));
    GraphException e =
        assertThrows(GraphException.class, () -> TfliteOps.builtin("PACK", 1, Map.of("axes", 1)));
    assertTrue(e.getMessage().contains("axes"), e.getMessage());
    assertThrows(GraphException.class, () -> TfliteOps.builtin("PACK", 1, Map.of("axis", "first")));
    assertThrows(
        GraphException.class, () -> TfliteOps.builtin("EMBEDDING_LOOKUP", 1, Map.of("a", 1)));
    GraphBuilder b = Graph.builder("no rule");
    Value x = b.input("x", ElementType.FLOAT32, 2);
    List<Value> in = new ArrayList<>(List.of(x));
    assertThrows(
        GraphException.class,
        () -> b.op(TfliteOps.builtin("UNIQUE", 1, Map.of()), List.of(FLOATS), List.of(), in));
  }
}
