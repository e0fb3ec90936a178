// One op that runs in Java, in one frame.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Strings;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;

/** Kept by its frame, so that calls allocate nothing. */
final class HostCall implements CustomOp.Call {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final Frame frame;
  private final int index;
  private final Op op;
  private final Shape[] seen; // input shapes that `shapes` were computed for
  private List<Shape> shapes;
  private Object state;

  HostCall(Frame frame, int index) {
    this.frame = frame;
    this.index = index;
    this.op = frame.graph().ops().get(index);
    this.seen = new Shape[op.inputs().size()];
  }

  /** What an op keeps from run to run; null before it has kept anything. */
  Object state() {
    return state;
  }

  void keep(Object newState) {
    state = newState;
  }

  Frame frame() {
    return frame;
  }

  int index() {
    return index;
  }

  /** What it is, for messages. */
  String where() {
    return frame.name() + ": " + frame.graph().describe(index);
  }

  SinterException failure(Status status, String what) {
    return new SinterException(status, where() + ": " + what);
  }

  void run(CustomOp custom) {
    boolean changed = shapes == null || custom.shapesDependOnValues();
    for (int i = 0; i < seen.length; i++) {
      Shape now = hasInput(i) ? inputShape(i) : null;
      changed |= !Objects.equals(now, seen[i]);
      seen[i] = now;
    }
    if (changed) {
      shapes = List.copyOf(custom.outputShapes(this));
      if (shapes.size() != op.outputs().size()) {
        List<Shape> wrong = shapes;
        shapes = null;
        throw failure(
            Status.INVALID_ARGUMENT,
            custom.getClass().getName()
                + ".outputShapes gave "
                + wrong
                + " for "
                + op.outputs().size()
                + " outputs");
      }
    }
    for (int i = 0; i < op.outputs().size(); i++) {
      output(i, shapes.get(i));
    }
    custom.run(this);
  }

  @Override
  public Op op() {
    return op;
  }

  @Override
  public ByteBuffer customOptions() {
    return op.kind() instanceof OpKind.Foreign f
            && f.attributes().get("custom_options") instanceof ByteBuffer options
        ? options.duplicate().asReadOnlyBuffer()
        : NOTHING;
  }

  @Override
  public boolean hasInput(int i) {
    return op.hasInput(i);
  }

  private Tensor in(int i) {
    if (i < 0 || i >= op.inputs().size() || op.input(i) < 0) {
      throw failure(Status.INVALID_MODEL, "it has no input " + i);
    }
    return frame.graph().tensor(op.input(i));
  }

  private Tensor out(int i) {
    if (i < 0 || i >= op.outputs().size()) {
      throw failure(Status.INVALID_MODEL, "it has no output " + i);
    }
    return frame.graph().tensor(op.output(i));
  }

  @Override
  public ElementType inputType(int i) {
    return in(i).type();
  }

  @Override
  public Shape inputShape(int i) {
    return cell(i).shape();
  }

  @Override
  public Quantization inputQuantization(int i) {
    return in(i).quantization();
  }

  /** The cell of an input. */
  Cell cell(int i) {
    in(i);
    return frame.cell(op.input(i));
  }

  @Override
  public ByteBuffer input(int i) {
    return cell(i).values();
  }

  /** One integer value of an input. */
  long integer(int i, int at) {
    ByteBuffer values = input(i);
    return switch (inputType(i)) {
      case INT32 -> values.getInt(4 * at);
      case INT64, RESOURCE -> values.getLong(8 * at);
      case INT16 -> values.getShort(2 * at);
      case INT8, BOOL -> values.get(at);
      case UINT8 -> values.get(at) & 255;
      default ->
          throw failure(
              Status.UNSUPPORTED, "its input " + i + " has type " + inputType(i) + ", no integers");
    };
  }

  /** All integer values of an input. */
  long[] integers(int i) {
    long[] values = new long[Math.toIntExact(inputShape(i).elements())];
    for (int k = 0; k < values.length; k++) {
      values[k] = integer(i, k);
    }
    return values;
  }

  /** The strings of an input; as many as its shape says. */
  List<byte[]> strings(int i) {
    if (inputType(i) != ElementType.STRING) {
      throw failure(Status.INVALID_ARGUMENT, "its input " + i + " is " + inputType(i));
    }
    try {
      List<byte[]> strings = Strings.unpack(input(i));
      if (strings.size() != inputShape(i).elements()) {
        throw failure(
            Status.INVALID_ARGUMENT,
            "its input " + i + " " + inputShape(i) + " holds " + strings.size() + " strings");
      }
      return strings;
    } catch (GraphException e) {
      throw failure(Status.INVALID_ARGUMENT, "its input " + i + ": " + e.getMessage());
    }
  }

  @Override
  public List<byte[]> inputStrings(int i) {
    return strings(i);
  }

  @Override
  public void outputStrings(int i, List<byte[]> strings) {
    Shape shape = frame.cell(op.output(i)).shape();
    if (strings.size() != shape.elements()) {
      throw failure(
          Status.INVALID_ARGUMENT,
          "it gave " + strings.size() + " strings for its output " + i + " " + shape);
    }
    outputStrings(i, shape, strings);
  }

  /** Gives an output its shape and its strings. */
  void outputStrings(int i, Shape shape, List<byte[]> strings) {
    outputPacked(i, shape, Strings.pack(strings));
  }

  /** Gives an output its shape and its strings, as they are stored. */
  void outputPacked(int i, Shape shape, ByteBuffer packed) {
    if (outputType(i) != ElementType.STRING) {
      throw failure(Status.INVALID_ARGUMENT, "its output " + i + " is " + outputType(i));
    }
    frame.ownStrings(op.output(i), shape, packed);
  }

  @Override
  public ElementType outputType(int i) {
    return out(i).type();
  }

  @Override
  public Quantization outputQuantization(int i) {
    return out(i).quantization();
  }

  /** Gives an output its shape. */
  ByteBuffer output(int i, Shape shape) {
    out(i);
    return frame.own(op.output(i), shape).values();
  }

  @Override
  public ByteBuffer output(int i) {
    out(i);
    return frame.cell(op.output(i)).values();
  }
}
