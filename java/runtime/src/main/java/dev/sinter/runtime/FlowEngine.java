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
  private final Cell[] bound; // what runs read
  private final ByteBuffer[] wanted; // the caller's memory for outputs, null for none
  private final List<TensorInfo> inputInfos;
  private List<TensorInfo> outputInfos = List.of(); // of the shapes that outputs had last
  private final Report report;

  FlowEngine(Prepared model, FlowRun run, int subgraph, List<Shape> inputShapes) {
    this.model = model;
    this.run = run;
    frame = run.newFrame(subgraph);
    Subgraph g = frame.graph();
    inputs = new Cell[g.inputs().size()];
    wanted = new ByteBuffer[g.outputs().size()];
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < inputs.length; i++) {
      Tensor t = g.tensor(g.inputs().get(i));
      inputs[i] = Cell.of(t.type(), inputShapes.get(i), model.name() + ": " + t.name());
      infos.add(new TensorInfo(t.name(), t.type(), inputShapes.get(i), t.quantization()));
      frame.setInput(i, inputs[i]);
    }
    bound = inputs.clone();
    inputInfos = List.copyOf(infos);
    report = report(model, g, frame.start());
  }

  /** What is known before the first run: the first piece. */
  static Report report(Prepared model, Subgraph g, FlowNode first) {
    Program program = first.program();
    List<String> notes = new ArrayList<>();
    if (program != null) {
      notes.addAll(program.report().notes());
    }
    if (!first.isLast()) {
      notes.add(
          first.host() != null
              ? "from op "
                  + first.to()
                  + " "
                  + g.ops().get(first.to()).kind().label()
                  + " on in pieces, made at the first run: that op runs in Java"
              : "from op " + first.to() + " on in pieces: shapes depend on values");
    }
    return new Report(
        program == null ? model.target().isaNames() : program.report().target(),
        program == null ? List.of() : program.report().steps(),
        notes,
        program == null ? 0 : program.arenaBytes(),
        program == null ? 0 : program.report().packedBytes(),
        model.device().runs(),
        model.device().message(),
        model.target().costs().name() + ": " + model.target().costs().source());
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
  public ByteBuffer inputMemory(int index) {
    return bound[index].values();
  }

  @Override
  public ByteBuffer outputMemory(int index) {
    return output(index);
  }

  @Override
  public void bind(int binding, ByteBuffer memory) {
    if (binding >= inputs.length) {
      wanted[binding - inputs.length] = memory;
    } else {
      TensorInfo info = inputInfos.get(binding);
      bound[binding] =
          memory == null ? inputs[binding] : Cell.over(memory, info.shape(), info.bytes());
      frame.setInput(binding, bound[binding]);
    }
  }

  @Override
  public List<TensorInfo> inputs() {
    return inputInfos;
  }

  @Override
  public List<TensorInfo> outputs() {
    boolean same = outputInfos.size() == wanted.length;
    for (int i = 0; i < wanted.length; i++) {
      same = same && outputInfos.get(i).shape().equals(outputShape(i));
    }
    if (!same) {
      List<TensorInfo> infos = new ArrayList<>();
      for (int i = 0; i < wanted.length; i++) {
        Tensor t = frame.graph().tensor(frame.graph().outputs().get(i));
        infos.add(new TensorInfo(t.name(), t.type(), outputShape(i), t.quantization()));
      }
      outputInfos = List.copyOf(infos);
    }
    return outputInfos;
  }

  private Shape outputShape(int i) {
    return frame.hasOutput(i)
        ? frame.output(i).shape()
        : frame.graph().tensor(frame.graph().outputs().get(i)).shape();
  }

  @Override
  public Report report() {
    return report;
  }

  @Override
  public Profile profile() {
    return run.profile();
  }

  @Override
  public void cancel() {
    run.cancel();
  }

  @Override
  public void resetStates() {
    run.resetStates();
  }

  @Override
  public void resetVariables() {
    run.resetVariables();
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    TensorInfo info = inputInfos.get(index);
    inputs[index].strings(info.shape(), packed, info.name());
  }

  @Override
  public void release() {
    run.release(frame);
  }
}
