// A model made ready for given input shapes: packed weights, checked plans, a report.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.lower.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Immutable once made; the native plans are destroyed with the model. */
final class Program {
  private final List<Segment> segments;
  private final int device;
  private final long hostArenaBytes;
  private final long deviceBytes;
  private final List<TensorInfo> inputs;
  private final List<TensorInfo> outputs;
  private final List<State> states;
  private final Report report;

  /** A range of the arena that lives from run to run, and the byte it starts with. */
  record State(long offset, long bytes, int fill) {}

  /**
   * Steps that run one after the other on the same side, as a native plan.
   *
   * @param bindings of the plan, in its order
   */
  record Segment(
      boolean onDevice, long plan, int firstStep, int steps, List<LocalBinding> bindings) {}

  /**
   * What a binding of a segment's plan stands for.
   *
   * @param program number among the program's inputs and outputs, or -1
   * @param place where the value is in the device's arena, or -1 if only the processor touches it
   */
  record LocalBinding(int program, long place, long bytes) {}

  /**
   * Takes over what was made.
   *
   * @param device the native library's number of the device, 0 if it runs nothing
   */
  Program(
      List<Segment> segments,
      int device,
      long hostArenaBytes,
      long deviceBytes,
      List<TensorInfo> inputs,
      List<TensorInfo> outputs,
      List<State> states,
      Report report) {
    this.segments = List.copyOf(segments);
    this.device = device;
    this.hostArenaBytes = hostArenaBytes;
    this.deviceBytes = deviceBytes;
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
    this.states = List.copyOf(states);
    this.report = report;
  }

  /** Makes a program; the caller holds the store's lock. */
  static Program make(Part part, Target target, OpenDevice device, Options options, Store store) {
    return new ProgramMaker(part, target, device, options, store).make();
  }

  /** Sets what a session's arena keeps from run to run to its first values. */
  void resetState(long session, String where) {
    for (State s : states) {
      Natives.check(
          SinterLibrary.sinter_session_fill(session, s.offset(), s.bytes(), s.fill()), where);
    }
  }

  /** Releases the plans; sessions that have them attached keep what they need. */
  void destroy() {
    for (Segment segment : segments) {
      SinterLibrary.sinter_plan_destroy(segment.plan());
    }
  }

  /** Whether the processor runs all of it, as one plan. */
  boolean isOnePlan() {
    return segments.size() == 1 && !segments.get(0).onDevice();
  }

  List<Segment> segments() {
    return segments;
  }

  int device() {
    return device;
  }

  /** The arena that the processor's segments share. */
  long hostArenaBytes() {
    return hostArenaBytes;
  }

  /** The arena that the device's segments share: first what others touch too, then its own. */
  long deviceBytes() {
    return deviceBytes;
  }

  long arenaBytes() {
    return hostArenaBytes + deviceBytes;
  }

  List<TensorInfo> inputs() {
    return inputs;
  }

  List<TensorInfo> outputs() {
    return outputs;
  }

  /** An input or output, inputs first. */
  TensorInfo info(int binding) {
    return binding < inputs.size() ? inputs.get(binding) : outputs.get(binding - inputs.size());
  }

  Report report() {
    return report;
  }

  /** Packed weights of one model, found again by what they were made from. */
  static final class Store {
    private final long handle;
    private final Store device;
    private final Map<List<Object>, Integer> packed = new HashMap<>();
    private final Map<Object, Integer> plain = new HashMap<>();
    private final Map<Integer, Store> subgraphs = new HashMap<>();
    private final Map<Object, Double> densities = new HashMap<>();
    private final Map<Object, Boolean> patterns = new HashMap<>();

    /**
     * A store.
     *
     * @param handle the native set of weights
     * @param device the store of the device beside it, or null
     */
    Store(long handle, Store device) {
      this.handle = handle;
      this.device = device;
    }

    long handle() {
      return handle;
    }

    /** What the device beside this one keeps, null if there is none. */
    Store device() {
      return device;
    }

    Map<List<Object>, Integer> packed() {
      return packed;
    }

    Map<Object, Integer> plain() {
      return plain;
    }

    /** Shares of blocks that are not zero, by the constants' name. */
    Map<Object, Double> densities() {
      return densities;
    }

    /** Whether weights keep a pattern of zeros, by the constants' name. */
    Map<Object, Boolean> patterns() {
      return patterns;
    }

    /** The part that belongs to one subgraph: tensors are counted per subgraph. */
    Store forSubgraph(int index) {
      return index == 0
          ? this
          : subgraphs.computeIfAbsent(
              index, i -> new Store(handle, device == null ? null : device.forSubgraph(i)));
    }

    /** Bytes of all weights, those on the device too. */
    long bytes() {
      long bytes = SinterLibrary.sinter_weights_bytes(handle, -1);
      return device == null ? bytes : bytes + device.bytes();
    }

    /** Releases the weights; plans keep those that they use. */
    void destroy() {
      SinterLibrary.sinter_weights_destroy(handle);
      if (device != null) {
        device.destroy();
      }
    }
  }
}
