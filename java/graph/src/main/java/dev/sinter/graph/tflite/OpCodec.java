// TFLite's builtin ops to our op kinds and back.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.Activation;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Padding;
import dev.sinter.graph.flatbuffer.FieldKind;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The table that maps ops. */
final class OpCodec {
  /** A builtin op in a file: its name and its options, null for none. */
  record Encoded(String name, FlatTable options) {}

  /** Ops whose options have another name than theirs, and those without any. */
  private static final Map<String, String> OPTIONS = new HashMap<>();

  static {
    String pairs =
        "CONV_2D Conv2D DEPTHWISE_CONV_2D DepthwiseConv2D TRANSPOSE_CONV TransposeConv"
            + " FULLY_CONNECTED FullyConnected BATCH_MATMUL BatchMatMul AVERAGE_POOL_2D Pool2D"
            + " MAX_POOL_2D Pool2D L2_POOL_2D Pool2D ADD Add SUB Sub MUL Mul DIV Div MAXIMUM"
            + " MaximumMinimum MINIMUM MaximumMinimum POW Pow SQUARED_DIFFERENCE SquaredDifference"
            + " FLOOR_DIV FloorDiv FLOOR_MOD FloorMod ATAN2 ATan2 LESS Less LESS_EQUAL LessEqual"
            + " GREATER Greater GREATER_EQUAL GreaterEqual EQUAL Equal NOT_EQUAL NotEqual"
            + " LOGICAL_AND LogicalAnd LOGICAL_OR LogicalOr BITWISE_XOR BitwiseXor RIGHT_SHIFT"
            + " RightShift ABS Abs NEG Neg EXP Exp SQUARE Square COS Cos SIGN Sign LOGICAL_NOT"
            + " LogicalNot ZEROS_LIKE ZerosLike HARD_SWISH HardSwish LEAKY_RELU LeakyRelu GELU Gelu"
            + " SOFTMAX Softmax LOG_SOFTMAX LogSoftmax L2_NORMALIZATION L2Norm MEAN Reducer SUM"
            + " Reducer REDUCE_PROD Reducer REDUCE_MAX Reducer REDUCE_MIN Reducer REDUCE_ANY"
            + " Reducer REDUCE_ALL Reducer PAD Pad PADV2 PadV2 MIRROR_PAD MirrorPad RESHAPE Reshape"
            + " CONCATENATION Concatenation QUANTIZE Quantize DEQUANTIZE Dequantize DENSIFY Densify"
            + " TRANSPOSE Transpose EXPAND_DIMS ExpandDims SQUEEZE Squeeze IF If WHILE While"
            + " CALL_ONCE CallOnce CALL Call STABLEHLO_COMPOSITE StableHLOComposite";
    String[] words = pairs.split(" ");
    for (int i = 0; i < words.length; i += 2) {
      OPTIONS.put(words[i], words[i + 1] + "Options");
    }
  }

  private static final Map<String, OpKind.Reduce.Function> REDUCTIONS =
      Map.of(
          "MEAN", OpKind.Reduce.Function.MEAN,
          "SUM", OpKind.Reduce.Function.SUM,
          "REDUCE_PROD", OpKind.Reduce.Function.PROD,
          "REDUCE_MAX", OpKind.Reduce.Function.MAX,
          "REDUCE_MIN", OpKind.Reduce.Function.MIN,
          "REDUCE_ANY", OpKind.Reduce.Function.ANY,
          "REDUCE_ALL", OpKind.Reduce.Function.ALL);

  private OpCodec() {}

  /** Name of the table of a builtin's options; null for ops that no kind stands for. */
  static String optionsOf(String name) {
    return OPTIONS.get(name);
  }

  /**
   * Decodes an op.
   *
   * @param name name of the builtin
   * @param options its options, null for none
   * @return the kind; null if there is none, or the options hold what a kind cannot say
   */
  static OpKind decode(String name, FlatTable options) {
    String wanted = OPTIONS.get(name);
    FlatTable o = options;
    if (wanted != null) {
      if (o == null) {
        o = FlatTable.empty(TfliteTables.SCHEMA.type(wanted));
      } else if (!o.type().name().equals(wanted)) {
        return null;
      }
      if (o.unknown() != null) {
        return null;
      }
    }
    try {
      return kind(name, o);
    } catch (IndexOutOfBoundsException e) {
      return null; // an enum value this library has no name for
    }
  }

  @SuppressWarnings("EnumOrdinal") // declared in the order of the codes
  private static Padding padding(FlatTable o) {
    return Padding.values()[o.number("padding")];
  }

  @SuppressWarnings("EnumOrdinal") // declared in the order of the codes
  private static Activation activation(FlatTable o) {
    return Activation.values()[o.number("fused_activation_function")];
  }

  private static OpKind kind(String name, FlatTable o) {
    return switch (name) {
      case "CONV_2D" ->
          new OpKind.Conv(
              padding(o),
              o.number("stride_h"),
              o.number("stride_w"),
              o.number("dilation_h_factor"),
              o.number("dilation_w_factor"),
              activation(o));
      case "DEPTHWISE_CONV_2D" ->
          new OpKind.Depthwise(
              padding(o),
              o.number("stride_h"),
              o.number("stride_w"),
              o.number("dilation_h_factor"),
              o.number("dilation_w_factor"),
              o.number("depth_multiplier"),
              activation(o));
      case "TRANSPOSE_CONV" ->
          new OpKind.TransposeConv(
              padding(o), o.number("stride_h"), o.number("stride_w"), activation(o));
      case "FULLY_CONNECTED" ->
          o.number("weights_format") > 1
              ? null
              : new OpKind.FullyConnected(
                  activation(o),
                  o.flag("keep_num_dims"),
                  o.number("weights_format") == 1,
                  o.flag("asymmetric_quantize_inputs"));
      case "BATCH_MATMUL" ->
          new OpKind.BatchMatMul(
              o.flag("adj_x"), o.flag("adj_y"), o.flag("asymmetric_quantize_inputs"));
      case "AVERAGE_POOL_2D" -> pool(OpKind.Pool.Mode.AVERAGE, o);
      case "MAX_POOL_2D" -> pool(OpKind.Pool.Mode.MAX, o);
      case "L2_POOL_2D" -> pool(OpKind.Pool.Mode.L2, o);
      case "ADD", "SUB" ->
          new OpKind.Binary(
              OpKind.Binary.Function.valueOf(name), activation(o), o.flag("pot_scale_int16"));
      case "MUL", "DIV" -> new OpKind.Binary(OpKind.Binary.Function.valueOf(name), activation(o));
      case "MAXIMUM",
          "MINIMUM",
          "POW",
          "SQUARED_DIFFERENCE",
          "FLOOR_DIV",
          "FLOOR_MOD",
          "ATAN2",
          "LESS",
          "LESS_EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "EQUAL",
          "NOT_EQUAL",
          "LOGICAL_AND",
          "LOGICAL_OR",
          "BITWISE_XOR",
          "RIGHT_SHIFT" ->
          new OpKind.Binary(OpKind.Binary.Function.valueOf(name), Activation.NONE);
      case "ABS",
          "NEG",
          "EXP",
          "LOG",
          "SQRT",
          "RSQRT",
          "SQUARE",
          "SIN",
          "COS",
          "FLOOR",
          "CEIL",
          "ROUND",
          "SIGN",
          "LOGICAL_NOT",
          "ZEROS_LIKE" ->
          new OpKind.Unary(OpKind.Unary.Function.valueOf(name));
      case "RELU",
          "RELU_N1_TO_1",
          "RELU6",
          "RELU_0_TO_1",
          "LOGISTIC",
          "TANH",
          "HARD_SWISH",
          "ELU",
          "PRELU" ->
          new OpKind.Activate(OpKind.Activate.Function.valueOf(name), 0, false);
      case "LEAKY_RELU" ->
          new OpKind.Activate(OpKind.Activate.Function.LEAKY_RELU, o.real("alpha"), false);
      case "GELU" -> new OpKind.Activate(OpKind.Activate.Function.GELU, 0, o.flag("approximate"));
      case "SOFTMAX" -> new OpKind.Softmax(o.real("beta"));
      case "LOG_SOFTMAX" -> new OpKind.LogSoftmax();
      case "L2_NORMALIZATION" -> new OpKind.L2Normalization(activation(o));
      case "MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL" ->
          new OpKind.Reduce(REDUCTIONS.get(name), o.flag("keep_dims"));
      case "PAD" -> new OpKind.Pad(OpKind.Pad.Mode.ZERO);
      case "PADV2" -> new OpKind.Pad(OpKind.Pad.Mode.CONSTANT_VALUE);
      case "MIRROR_PAD" ->
          new OpKind.Pad(
              List.of(OpKind.Pad.Mode.REFLECT, OpKind.Pad.Mode.SYMMETRIC).get(o.number("mode")));
      case "RESHAPE" -> new OpKind.Reshape(o.has("new_shape") ? ints(o, "new_shape") : null);
      case "CONCATENATION" -> new OpKind.Concat(o.number("axis"), activation(o));
      case "QUANTIZE" -> new OpKind.Quantize();
      case "DEQUANTIZE" -> new OpKind.Dequantize();
      case "DENSIFY" -> new OpKind.Densify();
      case "TRANSPOSE" -> new OpKind.Move(OpKind.Move.Movement.TRANSPOSE, List.of());
      case "EXPAND_DIMS" -> new OpKind.Move(OpKind.Move.Movement.EXPAND_DIMS, List.of());
      case "SQUEEZE" -> new OpKind.Move(OpKind.Move.Movement.SQUEEZE, ints(o, "squeeze_dims"));
      default -> control(name, o);
    };
  }

  private static OpKind control(String name, FlatTable o) {
    return switch (name) {
      case "IF" ->
          new OpKind.Control(
              OpKind.Control.Form.IF,
              List.of(o.number("then_subgraph_index"), o.number("else_subgraph_index")),
              "");
      case "WHILE" ->
          new OpKind.Control(
              OpKind.Control.Form.WHILE,
              List.of(o.number("cond_subgraph_index"), o.number("body_subgraph_index")),
              "");
      case "CALL_ONCE" ->
          new OpKind.Control(
              OpKind.Control.Form.CALL_ONCE, List.of(o.number("init_subgraph_index")), "");
      case "CALL" ->
          new OpKind.Control(OpKind.Control.Form.CALL, List.of(o.number("subgraph")), "");
      case "STABLEHLO_COMPOSITE" ->
          new OpKind.Control(
              OpKind.Control.Form.COMPOSITE,
              List.of(o.number("decomposition_subgraph_index")),
              o.text("name"));
      default -> null;
    };
  }

  private static List<Integer> ints(FlatTable o, String field) {
    List<Integer> out = new ArrayList<>();
    FlatVector v = o.vector(field);
    for (int i = 0; v != null && i < v.count(); i++) {
      out.add((int) v.integer(i));
    }
    return out;
  }

  private static OpKind pool(OpKind.Pool.Mode mode, FlatTable o) {
    return new OpKind.Pool(
        mode,
        padding(o),
        o.number("stride_h"),
        o.number("stride_w"),
        o.number("filter_height"),
        o.number("filter_width"),
        activation(o));
  }

  /**
   * Encodes a kind.
   *
   * @param kind any kind but Foreign
   * @param base options of the file the op came from, whose other fields stay; null for none
   * @return name and options of the builtin
   */
  static Encoded encode(OpKind kind, FlatTable base) {
    String name = name(kind);
    String type = OPTIONS.get(name);
    if (type == null) {
      return new Encoded(name, null);
    }
    FlatTable o =
        base != null && base.type().name().equals(type)
            ? base
            : FlatTable.empty(TfliteTables.SCHEMA.type(type));
    return new Encoded(name, fill(kind, o));
  }

  /** Name of the builtin of a kind. */
  static String name(OpKind kind) {
    if (kind instanceof OpKind.Conv) {
      return "CONV_2D";
    } else if (kind instanceof OpKind.Depthwise) {
      return "DEPTHWISE_CONV_2D";
    } else if (kind instanceof OpKind.TransposeConv) {
      return "TRANSPOSE_CONV";
    } else if (kind instanceof OpKind.FullyConnected) {
      return "FULLY_CONNECTED";
    } else if (kind instanceof OpKind.BatchMatMul) {
      return "BATCH_MATMUL";
    } else if (kind instanceof OpKind.Pool pool) {
      return pool.mode() + "_POOL_2D";
    } else if (kind instanceof OpKind.LogSoftmax) {
      return "LOG_SOFTMAX";
    } else if (kind instanceof OpKind.L2Normalization) {
      return "L2_NORMALIZATION";
    } else if (kind instanceof OpKind.Pad pad) {
      OpKind.Pad.Mode mode = pad.mode();
      return mode == OpKind.Pad.Mode.ZERO
          ? "PAD"
          : mode == OpKind.Pad.Mode.CONSTANT_VALUE ? "PADV2" : "MIRROR_PAD";
    } else if (kind instanceof OpKind.Concat) {
      return "CONCATENATION";
    } else if (kind instanceof OpKind.Control control
        && control.form() == OpKind.Control.Form.COMPOSITE) {
      return "STABLEHLO_COMPOSITE";
    } else if (kind instanceof OpKind.Softmax
        || kind instanceof OpKind.Reshape
        || kind instanceof OpKind.Quantize
        || kind instanceof OpKind.Dequantize
        || kind instanceof OpKind.Densify) {
      return kind.label().toUpperCase(java.util.Locale.ROOT);
    }
    return kind.label();
  }

  private static FlatTable fill(OpKind kind, FlatTable o) {
    if (kind instanceof OpKind.Conv c) {

      return window(o, c.padding(), c.strideH(), c.strideW(), c.activation())
          .update("dilation_h_factor", c.dilationH())
          .update("dilation_w_factor", c.dilationW());
    } else if (kind instanceof OpKind.Depthwise c) {

      return window(o, c.padding(), c.strideH(), c.strideW(), c.activation())
          .update("dilation_h_factor", c.dilationH())
          .update("dilation_w_factor", c.dilationW())
          .update("depth_multiplier", c.multiplier());
    } else if (kind instanceof OpKind.TransposeConv c) {
      return window(o, c.padding(), c.strideH(), c.strideW(), c.activation());
    } else if (kind instanceof OpKind.Pool p) {

      return window(o, p.padding(), p.strideH(), p.strideW(), p.activation())
          .update("filter_height", p.height())
          .update("filter_width", p.width());
    } else if (kind instanceof OpKind.FullyConnected f) {

      return o.update("fused_activation_function", code(f.activation()))
          .update("keep_num_dims", f.keepDims())
          .update("weights_format", f.shuffledWeights() ? 1 : 0)
          .update("asymmetric_quantize_inputs", f.asymmetricInputs());
    } else if (kind instanceof OpKind.BatchMatMul b) {

      return o.update("adj_x", b.adjointX())
          .update("adj_y", b.adjointY())
          .update("asymmetric_quantize_inputs", b.asymmetricInputs());
    } else if (kind instanceof OpKind.Binary binary) {
      Activation a = binary.activation();
      boolean sum = o.type().name().matches("(Add|Sub)Options");
      FlatTable t = sum ? o.update("pot_scale_int16", binary.powerScales()) : o;
      return a == Activation.NONE && !sum && !o.type().name().matches("(Mul|Div)Options")
          ? t
          : t.update("fused_activation_function", code(a));
    } else if (kind instanceof OpKind.L2Normalization l2Normalization) {
      return o.update("fused_activation_function", code(l2Normalization.activation()));
    } else if (kind instanceof OpKind.Activate a) {

      return a.function() == OpKind.Activate.Function.LEAKY_RELU
          ? o.update("alpha", a.alpha())
          : a.function() == OpKind.Activate.Function.GELU
              ? o.update("approximate", a.approximate())
              : o;
    } else if (kind instanceof OpKind.Softmax softmax) {
      return o.update("beta", softmax.beta());
    } else if (kind instanceof OpKind.Reduce reduce) {
      return o.update("keep_dims", reduce.keepDims());
    } else if (kind instanceof OpKind.Pad pad && o.type().name().equals("MirrorPadOptions")) {
      return o.update("mode", pad.mode() == OpKind.Pad.Mode.REFLECT ? 0 : 1);
    } else if (kind instanceof OpKind.Reshape reshape) {
      return o.with("new_shape", vector(reshape.newShape()));
    } else if (kind instanceof OpKind.Concat c) {

      return o.update("axis", c.axis()).update("fused_activation_function", code(c.activation()));
    } else if (kind instanceof OpKind.Move m) {

      return m.movement() != OpKind.Move.Movement.SQUEEZE
              || ints(o, "squeeze_dims").equals(m.axes())
          ? o
          : o.with("squeeze_dims", vector(m.axes()));
    } else if (kind instanceof OpKind.Control control) {
      return fillControl(control, o);
    }
    return o;
  }

  private static FlatTable fillControl(OpKind.Control c, FlatTable o) {
    List<Integer> s = c.subgraphs();
    switch (c.form()) {
      case IF -> {
        return o.update("then_subgraph_index", s.get(0)).update("else_subgraph_index", s.get(1));
      }
      case WHILE -> {
        return o.update("cond_subgraph_index", s.get(0)).update("body_subgraph_index", s.get(1));
      }
      case CALL_ONCE -> {
        return o.update("init_subgraph_index", s.get(0));
      }
      case CALL -> {
        return o.update("subgraph", s.get(0));
      }
      default -> {
        FlatTable t = o.update("decomposition_subgraph_index", s.get(0));
        if (!t.has("composite_attributes")) { // TFLite reads them without asking
          t = t.with("composite_attributes", FlatVector.wrap(FieldKind.U8, ByteBuffer.allocate(0)));
        }
        return t.text("name").equals(c.name()) ? t : t.with("name", c.name());
      }
    }
  }

  private static FlatTable window(
      FlatTable o, Padding padding, int strideH, int strideW, Activation activation) {
    return o.update("padding", code(padding))
        .update("stride_h", strideH)
        .update("stride_w", strideW)
        .update("fused_activation_function", code(activation));
  }

  @SuppressWarnings("EnumOrdinal") // padding and activations are declared in the order of the codes
  private static int code(Enum<?> e) {
    return e.ordinal();
  }

  private static FlatVector vector(List<Integer> list) {
    return list == null ? null : FlatVector.ints(list);
  }
}
