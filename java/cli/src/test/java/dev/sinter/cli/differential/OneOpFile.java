// A TFLite file with one op of any kind, written field by field.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatSchema;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import dev.sinter.graph.flatbuffer.FlatWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** For ops that the graph builder does not know. */
final class OneOpFile {
  private static final String SCHEMA =
      """
      Model version:u32 operator_codes:[Code] subgraphs:[SubGraph] description:string buffers:[Buffer]
      Code deprecated_builtin_code:i8 custom_code:string version:i32=1 builtin_code:i32
      SubGraph tensors:[Tensor] inputs:[i32] outputs:[i32] operators:[Operator] name:string
      Tensor shape:[i32] type:i8 buffer:u32 name:string quantization:Quantization is_variable:bool
      Quantization min:[f32] max:[f32] scale:[f32] zero_point:[i64]
      Operator opcode_index:u32 inputs:[i32] outputs:[i32] options_type:u8 options:Options \
          custom_options:[u8] custom_options_format:i8 mutating:[bool] intermediates:[i32]
      Buffer data:[u8]@16
      """;

  private final FlatSchema schema;
  private final List<FlatTable> tensors = new ArrayList<>();
  private final List<FlatTable> buffers = new ArrayList<>();
  private final List<Integer> inputs = new ArrayList<>();
  private FlatTable options;
  private FlatTable code;
  private FlatTable op;

  /**
   * Starts a file.
   *
   * @param opCode the op's number
   * @param version its version
   * @param optionsCode number of its options' table, 0 for none
   * @param optionFields their fields, as {@link FlatSchema} writes them
   */
  OneOpFile(int opCode, int version, int optionsCode, String optionFields) {
    schema = new FlatSchema(SCHEMA + "Options " + optionFields + "\n");
    options = table("Options");
    code =
        table("Code")
            .with("deprecated_builtin_code", Math.min(opCode, 127))
            .with("builtin_code", opCode)
            .with("version", version);
    op = table("Operator").with("options_type", optionsCode);
    if (optionsCode == 0) {
      options = null;
    }
    buffers.add(table("Buffer"));
  }

  private FlatTable table(String name) {
    return FlatTable.empty(schema.type(name));
  }

  OneOpFile option(String name, Object value) {
    options = options.with(name, value);
    return this;
  }

  OneOpFile custom(String name, byte[] bytes) {
    code = code.with("custom_code", name);
    op = op.with("custom_options", FlatVector.wrap(FieldKind.U8, ByteBuffer.wrap(bytes)));
    return this;
  }

  /** Adds a tensor; a scale of 0 stands for none. */
  int tensor(ElementType type, float scale, long zeroPoint, int... shape) {
    FlatTable t =
        table("Tensor")
            .with("shape", FlatVector.ints(Arrays.stream(shape).boxed().toList()))
            .with("type", code(type))
            .with("name", "t" + tensors.size());
    if (scale != 0) {
      t =
          t.with(
              "quantization",
              table("Quantization")
                  .with("scale", FlatVector.floats(scale))
                  .with("zero_point", FlatVector.integers(FieldKind.I64, zeroPoint)));
    }
    tensors.add(t);
    return tensors.size() - 1;
  }

  int input(ElementType type, float scale, long zeroPoint, int... shape) {
    int t = tensor(type, scale, zeroPoint, shape);
    inputs.add(t);
    return t;
  }

  int variable(ElementType type, float scale, long zeroPoint, int... shape) {
    int t = tensor(type, scale, zeroPoint, shape);
    tensors.set(t, tensors.get(t).with("is_variable", true));
    return t;
  }

  int constant(ElementType type, float scale, ByteBuffer values, int... shape) {
    int t = tensor(type, scale, 0, shape);
    tensors.set(t, tensors.get(t).with("buffer", buffers.size()));
    buffers.add(table("Buffer").with("data", FlatVector.wrap(FieldKind.U8, values)));
    return t;
  }

  /** The file's bytes. */
  byte[] build(List<Integer> opInputs, List<Integer> opOutputs, List<Integer> intermediates) {
    FlatTable whole =
        op.with("inputs", FlatVector.ints(opInputs)).with("outputs", FlatVector.ints(opOutputs));
    if (options != null) {
      whole = whole.with("options", options);
    }
    if (!intermediates.isEmpty()) {
      whole = whole.with("intermediates", FlatVector.ints(intermediates));
    }
    FlatTable graph =
        table("SubGraph")
            .with("tensors", List.copyOf(tensors))
            .with("inputs", FlatVector.ints(inputs))
            .with("outputs", FlatVector.ints(opOutputs))
            .with("operators", List.of(whole))
            .with("name", "main");
    FlatTable model =
        table("Model")
            .with("version", 3)
            .with("operator_codes", List.of(code))
            .with("subgraphs", List.of(graph))
            .with("buffers", List.copyOf(buffers));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (ByteBuffer piece : new FlatWriter("one op").finish(model, "TFL3")) {
      byte[] bytes = new byte[piece.remaining()];
      piece.duplicate().get(bytes);
      out.writeBytes(bytes);
    }
    return out.toByteArray();
  }

  private static int code(ElementType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case INT32 -> 2;
      case UINT8 -> 3;
      case INT16 -> 7;
      case INT8 -> 9;
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
