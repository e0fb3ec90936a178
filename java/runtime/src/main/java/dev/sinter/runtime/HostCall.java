// One op that runs in Java, in one frame.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
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

  HostCall(Frame frame, int index) {
    this.frame = frame;
    this.index = index;
    this.op = frame.graph().ops().get(index);
    this.seen = new Shape[op.inputs().size()];
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
