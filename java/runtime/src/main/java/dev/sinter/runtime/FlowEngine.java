// A session that runs in pieces: control flow, variables, ops in Java, shapes that depend on data.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Runs a model by way of its flow. */
final class FlowEngine implements Engine {
  private final Prepared model;
  private final FlowRun run;
  private final Frame frame;
  private final Cell[] inputs;
  private final ByteBuffer[] wanted; // the caller's memory for outputs, null for none
  private final List<TensorInfo> inputInfos = new ArrayList<>();
  private final Report report;

  FlowEngine(Prepared model, int subgraph, List<Shape> inputShapes, Options options) {
    this.model = model;
    run = new FlowRun(model, options);
    frame = run.frame(subgraph);
    Subgraph g = frame.graph();
    inputs = new Cell[g.inputs().size()];
    wanted = new ByteBuffer[g.outputs().size()];
    for (int i = 0; i < inputs.length; i++) {
      Tensor t = g.tensor(g.inputs().get(i));
      inputs[i] = Cell.of(t.type(), inputShapes.get(i), model.name() + ": " + t.name());
      inputInfos.add(new TensorInfo(t.name(), t.type(), inputShapes.get(i), t.quantization()));
      frame.setInput(i, inputs[i]);
    }
    report = report(model, g, frame.start());
  }

  /** What is known before the first run: the first piece. */
  static Report report(Prepared model, Subgraph g, FlowNode first) {
    Program program = first.program();
    List<String> notes = new ArrayList<>();
    if (program != null) {
      notes.addAll(program.report().notes());
    }
    notes.add(
        first.host() != null
            ? "from op "
                + first.to()
                + " "
                + g.ops().get(first.to()).kind().label()
                + " on in pieces, made at the first run: that op runs in Java"
            : "from op " + first.to() + " on in pieces: shapes depend on values");
    return new Report(
        model.target().isaNames(),
        program == null ? List.of() : program.report().steps(),
        notes,
        program == null ? 0 : program.arenaBytes(),
        program == null ? 0 : program.report().packedBytes());
  }

  @Override
  public void run() {
    run.run(frame);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] != null) {
        deliver(i);
      }
    }
  }

  private void deliver(int i) {
    ByteBuffer values = frame.output(i).values();
    if (wanted[i].capacity() < values.remaining()) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          model.name()
              + ": output "
              + i
              + " became "
              + frame.output(i).shape()
              + ", more than its bound buffer of "
              + wanted[i].capacity()
              + " bytes holds");
    }
    wanted[i].clear();
    wanted[i].put(values);
    values.clear();
  }

  @Override
  public ByteBuffer input(int index) {
    return inputs[index].values();
  }

  @Override
  public ByteBuffer output(int index) {
    if (!frame.hasOutput(index)) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          model.name() + ": output " + index + " has its shape only after a run");
    }
    return frame.output(index).values();
  }

  @Override
  public void bind(int binding, ByteBuffer memory) {
    if (binding >= inputs.length) {
      wanted[binding - inputs.length] = memory;
    } else {
      TensorInfo info = inputInfos.get(binding);
      frame.setInput(
          binding,
          memory == null ? inputs[binding] : Cell.over(memory, info.shape(), info.bytes()));
    }
  }

  @Override
  public List<TensorInfo> inputs() {
    return List.copyOf(inputInfos);
  }

  @Override
  public List<TensorInfo> outputs() {
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < wanted.length; i++) {
      Tensor t = frame.graph().tensor(frame.graph().outputs().get(i));
      Shape shape = frame.hasOutput(i) ? frame.output(i).shape() : t.shape();
      infos.add(new TensorInfo(t.name(), t.type(), shape, t.quantization()));
    }
    return infos;
  }

  @Override
  public Report report() {
    return report;
  }

  @Override
  public List<Session.StepTime> times() {
    return run.times();
  }

  @Override
  public void cancel() {
    run.cancel();
  }

  @Override
  public void resetState() {
    run.reset();
  }

  @Override
  public Runnable release() {
    return run::close;
  }
}
