// The ops of TFLite that run in Java: control flow, variables, shapes that depend on values.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** By kind, and by name or custom code where there is no kind. */
final class HostOps {
  private static final Map<String, HostOp> BY_NAME =
      Map.ofEntries(
          Map.entry("VAR_HANDLE", HostOps::handle),
          Map.entry("READ_VARIABLE", HostOps::read),
          Map.entry("ASSIGN_VARIABLE", HostOps::assign),
          Map.entry("HASHTABLE", HashTables::handle),
          Map.entry("HASHTABLE_IMPORT", HashTables::fill),
          Map.entry("HASHTABLE_FIND", HashTables::find),
          Map.entry("HASHTABLE_SIZE", HashTables::size),
          Map.entry("WHERE", DataShapes::where),
          Map.entry("UNIQUE", DataShapes::unique),
          Map.entry("RANGE", DataShapes::range),
          Map.entry("SEGMENT_SUM", SegmentOps::segmentSum),
          Map.entry("UNSORTED_SEGMENT_SUM", SegmentOps.unsorted(Elements.Fold.SUM)),
          Map.entry("UNSORTED_SEGMENT_PROD", SegmentOps.unsorted(Elements.Fold.PRODUCT)),
          Map.entry("UNSORTED_SEGMENT_MIN", SegmentOps.unsorted(Elements.Fold.LEAST)),
          Map.entry("UNSORTED_SEGMENT_MAX", SegmentOps.unsorted(Elements.Fold.MOST)),
          Map.entry("SPARSE_TO_DENSE", SegmentOps::sparseToDense),
          Map.entry("EMBEDDING_LOOKUP_SPARSE", SegmentOps::embeddings),
          Map.entry("HASHTABLE_LOOKUP", SegmentOps::lookup),
          Map.entry("DILATE", WindowOps::dilate),
          Map.entry("REDUCE_WINDOW", WindowOps::reduce),
          Map.entry("BUCKETIZE", WindowOps::bucketize),
          Map.entry("BROADCAST_ARGS", WindowOps::shapes),
          Map.entry("FAKE_QUANT", FloatOps::fakeQuantize),
          Map.entry("CONV_3D_TRANSPOSE", FloatOps::transposeConv),
          Map.entry("STABLEHLO_PAD", WindowOps::pad),
          Map.entry("STABLEHLO_AND", WindowOps.bits(false)),
          Map.entry("STABLEHLO_SHIFT_LEFT", WindowOps.bits(true)),
          Map.entry("RANDOM_UNIFORM", RandomOps::uniform),
          Map.entry("RANDOM_STANDARD_NORMAL", RandomOps::normal));

  private static final Map<String, HostOp> BY_CUSTOM_CODE =
      Map.of("AudioSpectrogram", AudioOps::spectrogram, "Mfcc", AudioOps::cepstrum);

  private HostOps() {}

  /** What runs an op in Java; null if kernels do. */
  static HostOp of(Op op) {
    if (op.kind() instanceof OpKind.Control control) {
      return switch (control.form()) {
        case IF -> call -> choose(call, control);
        case WHILE -> call -> loop(call, control);
        case CALL_ONCE -> call -> once(call, control);
        case CALL, COMPOSITE -> null; // these were put in place of their ops
      };
    }
    return op.kind() instanceof OpKind.Foreign f && f.format().equals("tflite")
        ? (isBuiltin(f) ? BY_NAME : BY_CUSTOM_CODE).get(f.name())
        : null;
  }

  static boolean isBuiltin(OpKind.Foreign f) {
    return f.code() != 32; // custom ops may have any name
  }

  private static boolean isTrue(HostCall call, Cell cell, String what) {
    ByteBuffer values = cell.values();
    if (values.remaining() < 1) {
      throw call.failure(Status.INVALID_MODEL, what + " has no value");
    }
    return values.get(0) != 0;
  }

  private static void choose(HostCall call, OpKind.Control control) {
    Frame frame = call.frame();
    boolean condition = isTrue(call, call.cell(0), "its condition");
    Frame branch = frame.context().frame(control.subgraphs().get(condition ? 0 : 1));
    int arguments = call.op().inputs().size() - 1;
    requireCounts(call, branch, arguments, call.op().outputs().size(), "branch");
    for (int i = 0; i < arguments; i++) {
      branch.setInput(i, call.cell(1 + i));
    }
    branch.run();
    for (int i = 0; i < call.op().outputs().size(); i++) {
      keep(call, i, branch.output(i));
    }
  }

  /** Copies a result of another subgraph: the next call of that subgraph would overwrite it. */
  private static void keep(HostCall call, int output, Cell value) {
    call.frame().keep(call.op().output(output), value);
  }

  private static void loop(HostCall call, OpKind.Control control) {
    Frame frame = call.frame();
    int count = call.op().inputs().size();
    Frame condition = frame.context().frame(control.subgraphs().get(0));
    Frame body = frame.context().frame(control.subgraphs().get(1));
    requireCounts(call, condition, count, 1, "condition");
    requireCounts(call, body, count, count, "body");
    if (call.op().outputs().size() != count) {
      throw call.failure(Status.INVALID_MODEL, "it has not as many outputs as inputs");
    }
    for (int i = 0; i < count; i++) {
      keep(call, i, call.cell(i));
    }
    while (true) {
      for (int i = 0; i < count; i++) {
        condition.setInput(i, frame.cell(call.op().output(i)));
      }
      condition.run();
      if (!isTrue(call, condition.output(0), "its condition")) {
        return;
      }
      for (int i = 0; i < count; i++) {
        body.setInput(i, frame.cell(call.op().output(i)));
      }
      body.run();
      keepAll(call, body, count);
    }
  }

  /**
   * Copies the results of a body over its inputs. A body may hand an input on as another output;
   * then all are copied aside first.
   */
  private static void keepAll(HostCall call, Frame body, int count) {
    Frame frame = call.frame();
    boolean crossed = false;
    for (int i = 0; i < count; i++) {
      for (int k = 0; k < count; k++) {
        crossed |= k != i && body.output(i) == frame.cell(call.op().output(k));
      }
    }
    Cell[] aside = new Cell[crossed ? count : 0];
    for (int i = 0; i < aside.length; i++) {
      aside[i] = Cell.of(call.outputType(i), body.output(i).shape(), "loop variable " + i);
      aside[i].copy(body.output(i), call.outputType(i), "loop variable " + i);
    }
    for (int i = 0; i < count; i++) {
      Cell result = crossed ? aside[i] : body.output(i);
      if (result != frame.cell(call.op().output(i))) {
        keep(call, i, result);
      }
    }
  }

  private static void once(HostCall call, OpKind.Control control) {
    int subgraph = control.subgraphs().get(0);
    if (call.frame().context().variables().firstCall(subgraph)) {
      call.frame().context().frame(subgraph).run();
    }
  }

  private static void requireCounts(
      HostCall call, Frame frame, int inputs, int outputs, String what) {
    if (frame.graph().inputs().size() != inputs || frame.graph().outputs().size() != outputs) {
      throw call.failure(
          Status.INVALID_MODEL,
          "its "
              + what
              + " '"
              + frame.graph().name()
              + "' has "
              + frame.graph().inputs().size()
              + " inputs and "
              + frame.graph().outputs().size()
              + " outputs, not "
              + inputs
              + " and "
              + outputs);
    }
  }

  private static void handle(HostCall call) {
    Map<String, Object> attributes = ((OpKind.Foreign) call.op().kind()).attributes();
    String name = attributes.get("container") + "/" + attributes.get("shared_name");
    call.output(0, Shape.SCALAR).putLong(0, call.frame().context().variables().number(name));
  }

  private static void read(HostCall call) {
    Cell value = call.frame().context().variables().get(call.integer(0, 0));
    if (value == null) {
      throw call.failure(Status.INVALID_MODEL, "the variable is read before it has a value");
    }
    keep(call, 0, value);
  }

  private static void assign(HostCall call) {
    ElementType type = call.inputType(1);
    if (!call.frame()
        .context()
        .variables()
        .set(call.integer(0, 0), call.cell(1), type, "variable")) {
      throw call.failure(Status.INVALID_MODEL, "there is no such variable");
    }
  }

  /** Names of the ops that only Java runs, for the table of ops. */
  static List<String> names() {
    return Stream.of(BY_NAME, BY_CUSTOM_CODE)
        .flatMap(ops -> ops.keySet().stream())
        .sorted()
        .toList();
  }
}
