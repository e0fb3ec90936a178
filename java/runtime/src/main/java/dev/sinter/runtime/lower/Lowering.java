// Graph to steps: legalizes each op of a model to ops of the native library.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Activation;
import dev.sinter.graph.Constant;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lowers the main subgraph of a model for given input shapes. */
public final class Lowering {
  private final Part part;
  private final Subgraph main;
  private final List<Shape> shapes;
  private final Fusion fusion;
  private final boolean whole;
  private final Map<Integer, Value> values = new HashMap<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private Lowering(Part part, boolean whole) {
    this.part = part;
    this.main = part.graph();
    this.shapes = part.shapes();
    this.fusion = Fusion.of(part, whole);
    this.whole = whole;
  }

  /**
   * Lowers a model.
   *
   * @param graph the model
   * @param inputShapes shapes for some inputs, by position; the others keep the file's
   * @return steps in order and where their values are
   */
  public static Lowered lower(Graph graph, Map<Integer, Shape> inputShapes) {
    return lower(Part.whole(graph, inputShapes));
  }

  /**
   * Lowers a part of a model.
   *
   * @return steps in order and where their values are
   * @throws ValueNeeded if an op waits for values that are computed while running
   */
  public static Lowered lower(Part part) {
    return lower(part, true);
  }

  /**
   * Lowers a part of a model.
   *
   * @param whole whether ops may be joined to steps that only a processor has kernels for
   * @return steps in order and where their values are
   * @throws ValueNeeded if an op waits for values that are computed while running
   */
  public static Lowered lower(Part part, boolean whole) {
    return new Lowering(part, whole).lower();
  }

  private Lowered lower() {
    int inputs = part.inputs().size();
    for (int i = 0; i < inputs; i++) {
      int tensor = part.inputs().get(i);
      values.put(tensor, Value.input(main.tensor(tensor).name(), bytes(tensor), i));
    }
    notes.addAll(fusion.notes());
    for (int i = part.from(); i < part.to(); i++) {
      if (fusion.isAbsorbed(i)) {
        continue;
      }
      Op op = main.ops().get(i);
      if (isFolded(op)) {
        notes.add("op " + i + " " + op.kind().label() + ": folded, its result is constant");
        continue;
      }
      try {
        Silus.Found silu = fusion.silu(i);
        if (silu != null) {
          Silus.lower(this, i, op, silu);
          continue;
        }
        RowNorms.Found norm = fusion.layerNorm(i);
        if (norm != null) {
          RowNorms.lower(this, norm);
          continue;
        }
        Lowerings.lower(this, i, op);
      } catch (GraphException e) {
        throw new SinterException(
            Status.UNSUPPORTED, part.name() + ": " + main.describe(i) + ": " + e.getMessage(), e);
      } catch (IndexOutOfBoundsException e) {
        throw new SinterException(
            Status.INVALID_MODEL,
            part.name()
                + ": "
                + main.describe(i)
                + ": it lacks a tensor, or a parameter is too short; the file is damaged",
            e);
      } catch (ArithmeticException e) {
        throw new SinterException(
            Status.UNSUPPORTED,
            part.name() + ": " + main.describe(i) + ": a size or zero point is beyond 32 bits",
            e);
      }
    }
    List<Value> outputs = new ArrayList<>();
    for (int o = 0; o < part.outputs().size(); o++) {
      outputs.add(placeOutput(part.outputs().get(o), inputs + o));
    }
    if (whole) {
      FoldedTransposes.fold(steps, notes);
    }
    return new Lowered(steps, inputs, part.outputs(), outputs, shapes, notes);
  }

  /** The producer writes an output in its place; what cannot be written there is copied. */
  private Value placeOutput(int tensor, int binding) {
    Value value = values.get(tensor);
    if (value == null && main.isConstant(tensor)) {
      value = value(tensor);
    }
    if (value == null) {
      throw new SinterException(
          Status.INVALID_MODEL,
          part.name() + ": output '" + main.tensor(tensor).name() + "' is computed by no op");
    }
    if (value.place() == Value.Place.ARENA && !value.isState()) {
      value.becomeOutput(binding);
      return value;
    }
    if (value.bytes() > Integer.MAX_VALUE) {
      throw new SinterException(
          Status.UNSUPPORTED,
          part.name()
              + ": output '"
              + main.tensor(tensor).name()
              + "' takes "
              + value.bytes()
              + " bytes, more than a ByteBuffer holds");
    }
    Value place = Value.output(main.tensor(tensor).name(), value.bytes(), binding);
    steps.add(copy(-1, "output", value, place, 1, value.bytes(), 0, 0, 0, 0));
    return place;
  }

  /** A copy of rows of bytes. */
  static Step copy(
      int opIndex,
      String label,
      Value in,
      Value out,
      long rows,
      long rowBytes,
      long inOffset,
      long inStride,
      long outOffset,
      long outStride) {
    return new Step("copy", opIndex, label, "u8", "u8")
        .set("rows", Math.toIntExact(rows))
        .set("row_bytes", Math.toIntExact(rowBytes))
        .set("in_offset", Math.toIntExact(inOffset))
        .set("in_stride", Math.toIntExact(inStride))
        .set("out_offset", Math.toIntExact(outOffset))
        .set("out_stride", Math.toIntExact(outStride))
        .slot(in)
        .slot(out)
        .work((double) rows * rowBytes);
  }

  private boolean isFolded(Op op) {
    for (int output : op.outputs()) {
      if (!main.isConstant(output)) {
        return false;
      }
    }
    return !op.outputs().isEmpty();
  }

  // ---- what the lowerings of single ops use
  // -------------------------------------------------------

  void add(Step step) {
    steps.add(step);
  }

  /** Which tensor an op's output really is, with an activation behind it absorbed. */
  int outputTensor(int opIndex) {
    return fusion.outputTensor(opIndex);
  }

  /** The activation of an op, with one behind it absorbed. */
  Activation activation(int opIndex, Activation own) {
    Activation behind = fusion.activation(opIndex);
    return behind == null ? own : behind;
  }

  /** A padding absorbed from in front of a convolution, or null. */
  Fusion.Border border(int opIndex) {
    return fusion.border(opIndex);
  }

  /** The value of a tensor that was computed, is an input, or is constant. */
  Value value(int tensor) {
    Value value = values.get(tensor);
    if (value == null && main.isConstant(tensor)) {
      value =
          Value.constant(main.tensor(tensor).name(), bytes(tensor), tensor, () -> constant(tensor));
      values.put(tensor, value);
    }
    if (value == null) {
      throw new SinterException(
          Status.INVALID_MODEL,
          part.name()
              + ": tensor '"
              + main.tensor(tensor).name()
              + "' is used before an op has computed it");
    }
    return value;
  }

  /** A new place in the arena for a tensor. */
  Value define(int tensor) {
    Value value = Value.arena(main.tensor(tensor).name(), bytes(tensor));
    values.put(tensor, value);
    return value;
  }

  /** The state that a variable tensor stands for: what one run leaves there the next one finds. */
  Value state(int opIndex, int tensor) {
    Tensor t = main.tensor(tensor);
    if (!t.isVariable() || main.isConstant(tensor)) {
      throw unsupported(opIndex, "the state '" + t.name() + "' that is no variable");
    }
    if (shape(tensor) == null) {
      throw unsupported(opIndex, "the state '" + t.name() + "', whose shape nothing tells");
    }
    if (part.from() > 0) {
      // This piece may be lowered several times, for what earlier ones compute; each would have a
      // state of its own.
      throw unsupported(opIndex, "a state behind an op that the model's plan is cut at");
    }
    // TensorFlow Lite starts int8 at the number that stands for 0, all else with bytes of 0.
    int fill = t.type() == ElementType.INT8 ? zeroPoint(tensor) : 0;
    return values.computeIfAbsent(tensor, k -> Value.state(t.name(), bytes(tensor), fill));
  }

  /** Two tensors with the same bytes. */
  void alias(int tensor, int of) {
    values.put(tensor, value(of));
  }

  /** A small constant that stands in no model. */
  Value literal(String name, ByteBuffer bytes) {
    return Value.literal(name, bytes);
  }

  /** A tensor whose values follow from shapes: it becomes a constant of the plan. */
  void fix(int tensor, int... numbers) {
    boolean wide = main.tensor(tensor).type() == ElementType.INT64;
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * (wide ? 8 : 4)).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      if (wide) {
        bytes.putLong(number);
      } else {
        bytes.putInt(number);
      }
    }
    bytes.flip();
    values.put(
        tensor, Value.constant(main.tensor(tensor).name(), bytes.limit(), tensor, () -> bytes));
  }

  /** A place for something between two steps of one op. */
  Value temporary(String name, long bytes) {
    return Value.arena(name, bytes);
  }

  /** The dense values of a constant. */
  ByteBuffer constant(int tensor) {
    return main.constant(tensor).values();
  }

  Constant.Dense constantDense(int tensor) {
    return main.constant(tensor);
  }

  /** The op that computes a tensor, null if none does. */
  Op producerOf(int tensor) {
    int producer = main.producer(tensor);
    return producer < 0 ? null : main.ops().get(producer);
  }

  boolean isConstant(int tensor) {
    return main.isConstant(tensor);
  }

  /**
   * The values of a small tensor that decide a kernel's parameters.
   *
   * @throws ValueNeeded if they are computed while running: this op then starts a plan of its own
   */
  Constant.Dense needed(int opIndex, int tensor) {
    if (main.isConstant(tensor)) {
      return main.constant(tensor);
    }
    throw new ValueNeeded(
        part.name()
            + ": "
            + main.describe(opIndex)
            + ": it needs the values of '"
            + main.tensor(tensor).name()
            + "', known only while running",
        opIndex,
        tensor);
  }

  Tensor tensor(int tensor) {
    return main.tensor(tensor);
  }

  Shape shape(int tensor) {
    return shapes.get(tensor);
  }

  Quantization quantization(int tensor) {
    return main.tensor(tensor).quantization();
  }

  long bytes(int tensor) {
    return main.tensor(tensor).type().bytes(shapes.get(tensor).elements());
  }

  /** The catalogue's word for the type of a tensor. */
  String type(int opIndex, int tensor) {
    ElementType type = main.tensor(tensor).type();
    String name = typeName(type);
    if (name == null) {
      throw unsupported(opIndex, "tensor '" + main.tensor(tensor).name() + "' of type " + type);
    }
    return name;
  }

  /** The catalogue's word for a type, null where it has none. */
  static String typeName(ElementType type) {
    return switch (type) {
      case FLOAT32 -> "f32";
      case INT8 -> "s8";
      case UINT8 -> "u8";
      case INT16 -> "s16";
      case INT32 -> "s32";
      case INT64 -> "s64";
      case BOOL -> "bool";
      default -> null;
    };
  }

  /** A zero point as a parameter. */
  int zeroPoint(int tensor) {
    Quantization q = quantization(tensor);
    return q.isQuantized() ? Math.toIntExact(q.zeroPoint()) : 0;
  }

  float scale(int tensor) {
    Quantization q = quantization(tensor);
    return q.isQuantized() ? q.scale() : 0f;
  }

  /** Fails for an int8 tensor without one scale and zero point. */
  void requireQuantized(int opIndex, int tensor) {
    Tensor t = main.tensor(tensor);
    if (t.type() != ElementType.FLOAT32 && !t.quantization().isPerTensor()) {
      throw unsupported(
          opIndex, "tensor '" + t.name() + "' of type " + t.type() + " without one scale");
    }
  }

  /** What an op cannot do here, as an exception. */
  SinterException unsupported(int opIndex, String what) {
    Op op = main.ops().get(opIndex);
    StringBuilder tensors = new StringBuilder();
    for (int t : op.inputs()) {
      if (t >= 0) {
        tensors
            .append(tensors.length() == 0 ? "" : ", ")
            .append(main.tensor(t).type())
            .append(shapes.get(t));
      }
    }
    return new SinterException(
        Status.UNSUPPORTED,
        part.name()
            + ": op "
            + opIndex
            + " "
            + op.kind().label()
            + " ("
            + tensors
            + "), output '"
            + (op.outputs().isEmpty() ? "" : main.tensor(op.output(0)).name())
            + "': "
            + what
            + " is not supported; run the model up to this op with Graph.withOutputs, or change"
            + " the op in the model");
  }

  OpKind kind(int opIndex) {
    return main.ops().get(opIndex).kind();
  }

  void note(String text) {
    notes.add(text);
  }
}
