// Every table, field and union member of the format, present, absent and empty, comes back as it
// was.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatReader;
import dev.sinter.graph.flatbuffer.FlatSchema;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import dev.sinter.graph.flatbuffer.FlatWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TablesTest {
  private final Random random = new Random(2);
  private final Set<String> made = new TreeSet<>();

  private FlatTable any(FlatSchema.Type type) {
    made.add(type.name());
    FlatTable t = FlatTable.empty(type);
    for (int s = 0; s < type.slots(); s++) {
      FlatSchema.Field f = type.field(s);
      if (f.kind() == FieldKind.UNION_TYPE || random.nextInt(4) == 0) {
        continue;
      }
      switch (f.kind()) {
        case UNION -> {
          FlatSchema.Type m = null;
          while (m == null) {
            m = f.member(1 + random.nextInt(130));
          }
          t = t.withUnion(f.name(), any(m));
        }
        case TABLE -> t = t.with(f.name(), any(f.table()));
        case TABLES -> {
          List<FlatTable> list = new ArrayList<>();
          for (int n = random.nextInt(4); n > 0; n--) {
            list.add(any(f.table()));
          }
          t = t.with(f.name(), list);
        }
        case STRING -> t = t.with(f.name(), "text " + random.nextInt());
        case VECTOR -> {
          byte[] bytes = new byte[random.nextInt(5) * f.element().size()];
          random.nextBytes(bytes);
          t = t.with(f.name(), FlatVector.wrap(f.element(), ByteBuffer.wrap(bytes)));
        }
        case F32 -> t = t.with(f.name(), random.nextFloat());
        default -> {
          long bits = f.kind().size() == 8 ? 64 : 8L * f.kind().size() - 1;
          long v = bits == 64 ? random.nextLong() : random.nextLong() & ((1L << bits) - 1);
          t = t.with(f.name(), f.kind() == FieldKind.BOOL ? v & 1 : v);
        }
      }
    }
    return t;
  }

  private static byte[] write(FlatTable t) {
    List<ByteBuffer> pieces = new FlatWriter("test").finish(t, TfliteTables.IDENTIFIER);
    ByteBuffer out = ByteBuffer.allocate(pieces.stream().mapToInt(ByteBuffer::remaining).sum());
    pieces.forEach(out::put);
    return out.array();
  }

  private static FlatTable read(byte[] bytes) {
    return new FlatReader("test", ByteBuffer.wrap(bytes))
        .root(TfliteTables.MODEL, TfliteTables.IDENTIFIER);
  }

  @Test
  void everythingComesBack() {
    for (int i = 0; i < 300; i++) {
      FlatTable t = any(TfliteTables.MODEL);
      byte[] once = write(t);
      FlatTable back = read(once);
      assertEquals(t, back);
      assertArrayEquals(once, write(back));
    }
    assertTrue(made.size() > 150, () -> "only " + made.size() + " tables: " + made);
  }

  private static FlatTable type(String name) {
    return FlatTable.empty(TfliteTables.SCHEMA.type(name));
  }

  private static FlatTable model(FlatTable operator, FlatTable tensor) {
    FlatTable code =
        type("OperatorCode")
            .with("deprecated_builtin_code", 32)
            .with("builtin_code", 32)
            .with("custom_code", "mine");
    FlatTable graph =
        type("SubGraph")
            .with("tensors", List.of(tensor))
            .with("inputs", FlatVector.ints(List.of(0)))
            .with("outputs", FlatVector.ints(List.of(0)))
            .with("operators", List.of(operator));
    return type("Model")
        .with("version", 3)
        .with("operator_codes", List.of(code))
        .with("subgraphs", List.of(graph))
        .with("buffers", List.of(type("Buffer")));
  }

  private static FlatTable tensor() {
    return type("Tensor").with("shape", FlatVector.ints(List.of(2))).with("name", "t");
  }

  @Test
  void whatIsEqualIsWrittenOnce() {
    List<FlatTable> many = new ArrayList<>();
    List<FlatTable> buffers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      FlatTable scales =
          type("QuantizationParameters")
              .with("scale", FlatVector.floats(new float[64]))
              .with("zero_point", FlatVector.integers(FieldKind.I64, new long[64]));
      many.add(tensor().with("buffer", i % 2).with("quantization", scales));
      buffers.add(
          type("Buffer").with("data", FlatVector.integers(FieldKind.U8, new long[1000 + i % 2])));
    }
    FlatTable graph = type("SubGraph").with("tensors", many);
    FlatTable m = type("Model").with("subgraphs", List.of(graph)).with("buffers", buffers);
    byte[] bytes = write(m);
    assertEquals(m, read(bytes));
    assertTrue(bytes.length < 4000, () -> bytes.length + " bytes");
  }

  @Test
  void sharedElementsAreAlignedForAllWhoReadThem() {
    FlatVector bytes = FlatVector.integers(FieldKind.U8, 1, 2, 3);
    FlatTable m =
        type("Model")
            .with("buffers", List.of(type("Buffer").with("data", bytes)))
            .with("description", "abc")
            .with(
                "subgraphs",
                List.of(
                    type("SubGraph")
                        .with(
                            "operators", List.of(type("Operator").with("custom_options", bytes)))));
    byte[] file = write(m);
    assertEquals(m, read(file));
    int at = indexOf(file, 1, 2, 3);
    assertEquals(
        0, at % 16, "the elements of a buffer stand at multiples of 16, those of options at " + at);
  }

  private static int indexOf(byte[] all, int... what) {
    for (int i = 0; ; i++) {
      if (all[i] == what[0] && all[i + 1] == what[1] && all[i + 2] == what[2]) {
        return i;
      }
    }
  }

  @Test
  void largeCustomOptionsMoveWithTheFile() {
    FlatTable op =
        type("Operator")
            .with("outputs", FlatVector.ints(List.of(0)))
            .with("large_custom_options_offset", 2)
            .with("large_custom_options_size", 5);
    byte[] head = write(model(op, tensor()));
    head = write(model(op.with("large_custom_options_offset", head.length), tensor()));
    byte[] all = java.util.Arrays.copyOf(head, head.length + 5);
    byte[] options = {1, 2, 3, 4, 5};
    System.arraycopy(options, 0, all, head.length, 5);
    Graph g = TfliteReader.read(all);
    OpKind.Foreign kind = (OpKind.Foreign) g.ops().get(0).kind();
    assertEquals("mine", kind.name());
    Graph h =
        TfliteReader.read(
            TfliteWriter.toBytes(
                g.edit().rename(0, "a much longer name, so that all moves").build()));
    ByteBuffer moved = ((TfliteSource.OpPart) h.ops().get(0).source()).largeOptions().bytes();
    assertEquals(ByteBuffer.wrap(options), moved);
    assertArrayEquals(TfliteWriter.toCanonicalBytes(h), TfliteWriter.toBytes(h));
  }

  @Test
  void valuesKeptElsewhereAreNamed() {
    FlatTable op = type("Operator").with("outputs", FlatVector.ints(List.of(0)));
    Graph g = TfliteReader.read(write(model(op, tensor().with("external_buffer", 7))));
    GraphException e =
        assertThrows(GraphException.class, () -> g.edit().removeOp(0).build().constant(0));
    assertTrue(e.getMessage().contains("external buffer 7"), e.getMessage());
    Graph h = TfliteReader.read(TfliteWriter.toCanonicalBytes(g));
    assertNotNull(h.tensor(0).storage().elsewhere());
  }

  /** Tables of a later schema: an operator with a field 40, options number 200 of a union. */
  @Test
  void whatIsNewerIsCopiedButNotChanged() {
    FlatSchema later =
        new FlatSchema(
            """
            Model version:u32 operator_codes:[Code] subgraphs:[SubGraph] description:string buffers:[Buffer]
            Code a:i8 custom_code:string version:i32=1 builtin_code:i32 later:i32
            SubGraph tensors:[Tensor] inputs:[i32] outputs:[i32] operators:[Operator]
            Buffer data:[u8]
            Tensor shape:[i32]
            Operator opcode_index:u32 inputs:[i32] outputs:[i32] o_type:u8 o:Tensor
            """);
    FlatTable operator =
        FlatTable.empty(later.type("Operator"))
            .with("outputs", FlatVector.ints(List.of(0)))
            .with("o_type", 200)
            .with("o", FlatTable.empty(later.type("Tensor")));
    FlatTable tensor =
        FlatTable.empty(later.type("Tensor")).with("shape", FlatVector.ints(List.of(2)));
    FlatTable graph =
        FlatTable.empty(later.type("SubGraph"))
            .with("tensors", List.of(tensor))
            .with("operators", List.of(operator));
    FlatTable code = FlatTable.empty(later.type("Code")).with("builtin_code", 300).with("later", 9);
    FlatTable model =
        FlatTable.empty(later.type("Model"))
            .with("version", 3)
            .with("operator_codes", List.of(code))
            .with("subgraphs", List.of(graph));
    byte[] file = write(model);
    Graph g = TfliteReader.read(file);
    Op op = g.ops().get(0);
    assertEquals("BUILTIN_300", op.kind().label());
    assertArrayEquals(file, TfliteWriter.toBytes(g));
    Graph edited = g.edit().rename(0, "x").build();
    GraphException e = assertThrows(GraphException.class, () -> TfliteWriter.toBytes(edited));
    assertTrue(e.getMessage().contains("newer"), e.getMessage());
    assertSame(ElementType.FLOAT32, g.tensor(0).type());
    assertNull(ElementType.ofCode(99));
  }
}
