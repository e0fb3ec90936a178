// Makes a program: chooses a kernel and a side per step, packs weights, places values, writes
// plans.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.catalogue.FieldSpec;
import dev.sinter.runtime.catalogue.Layout;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Lowered;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Part;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.lower.Value;
import dev.sinter.runtime.plan.PlanEncoder;
import dev.sinter.runtime.select.Choice;
import dev.sinter.runtime.select.Conversions;
import dev.sinter.runtime.select.KeptBfloat16;
import dev.sinter.runtime.select.Selector;
import dev.sinter.runtime.select.ZeroPatterns;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One use; the caller holds the store's lock. */
final class ProgramMaker {
  // Ops that choose what they read.
  private static final Set<String> PARTIAL = Set.of("gather", "strided");

  private final Part part;
  private final Target target;
  private final OpenDevice device;
  private final Program.Store store;
  private final Lowered lowered;
  private final Selector selector;
  private final Selector deviceSelector;
  private final List<Placed> placed = new ArrayList<>();
  private final List<Report.StepReport> reports = new ArrayList<>();

  /**
   * One call to be.
   *
   * @param blob its packed weights among those of its side, -1 for none
   * @param cycles what it is expected to cost, on one core
   */
  record Placed(Step step, Row row, int blob, double cycles, boolean onDevice) {}

  ProgramMaker(Part part, Target target, OpenDevice device, Options options, Program.Store store) {
    this.part = part;
    this.target = target;
    this.device = device;
    this.store = store;
    this.deviceSelector =
        device.isUsable()
            ? new Selector(device.target(), options.numerics(), store.densities())
            : null;
    this.lowered = Lowering.lower(part, deviceSelector == null);
    if (deviceSelector != null) {
      lowered.steps().forEach(Step::useFloats); // devices' convolutions read no others
    }
    if (options.bf16()) {
      lowered.steps().forEach(Step::useBfloat16);
    }
    this.selector =
        new Selector(target, options.numerics(), store.densities()).among(lowered.steps());
    if (options.bf16() && deviceSelector == null) {
      KeptBfloat16.find(lowered.steps(), selector, target.level2Bytes());
    }
  }

  Program make() {
    List<Step> steps = lowered.steps();
    if (deviceSelector != null) {
      steps.forEach(step -> ZeroPatterns.find(step, device.target(), store.patterns()));
    }
    boolean whole = part.from() == 0 && part.to() == part.graph().ops().size();
    List<String> reasons =
        deviceSelector == null ? null : DeviceSplit.of(steps, deviceSelector, whole);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (reasons != null && reasons.get(i) == null) {
        Choice choice = deviceSelector.choose(step);
        int blob = choice.row().packing() == null ? -1 : pack(step, choice.row(), store.device());
        place(step, choice, blob, true, null);
      } else {
        ZeroPatterns.forget(step);
        select(step, reasons == null ? null : reasons.get(i));
      }
    }
    List<TensorInfo> inputs = new ArrayList<>();
    List<TensorInfo> outputs = new ArrayList<>();
    part.inputs().forEach(tensor -> inputs.add(info(tensor)));
    lowered.outputTensors().forEach(tensor -> outputs.add(info(tensor)));
    ValuePlaces places = new ValuePlaces(placed);
    SegmentWriter writer = new SegmentWriter(part, target, device, store, places, inputs, outputs);
    List<Program.Segment> segments = writer.write(placed);
    Report report =
        new Report(
            target.isaNames() + (device.isUsable() ? ", " + device.target().isaNames() : ""),
            List.copyOf(reports),
            lowered.notes(),
            places.hostBytes() + places.deviceBytes(),
            store.bytes(),
            device.runs(),
            device.message(),
            target.costs().name() + ": " + target.costs().source());
    return new Program(
        segments,
        device.number(),
        places.hostBytes(),
        places.deviceBytes(),
        inputs,
        outputs,
        places.states(),
        report);
  }

  private TensorInfo info(int tensor) {
    return new TensorInfo(
        part.graph().tensor(tensor).name(),
        part.graph().tensor(tensor).type(),
        lowered.shapes().get(tensor),
        part.graph().tensor(tensor).quantization());
  }

  private void select(Step step, String reason) {
    Choice choice;
    try {
      choice = selector.choose(step);
    } catch (SinterException e) {
      throw new SinterException(e.status(), part.name() + ": " + e.getMessage(), e);
    }
    Row row = choice.row();
    boolean converts = Selector.converts(step, row);
    Value quadsOut = null;
    Value realOut = null;
    if (step.op().equals("gemm") && row.layoutIn() == Layout.PLANAR_QUADS) {
      step.set("lda", step.param("m")).set("ldc", step.param("m"));
      if (converts) {
        step.replaceSlot(0, converted(step, step.slots().get(0), reason));
        realOut = step.slots().get(2);
        quadsOut = quads(realOut.name() + " in quads", step.param("m"), step.param("n"));
        step.replaceSlot(2, quadsOut);
      }
    }
    int blob = row.packing() == null ? -1 : pack(step, row, store);
    place(step, choice, blob, false, reason);
    if (quadsOut != null) {
      Step back = Conversions.of(step, Layout.PLANAR_QUADS, Layout.NHWC);
      back.slot(quadsOut).slot(realOut);
      place(back, selector.chooseConversion(back), -1, false, reason);
    }
  }

  private Value converted(Step gemm, Value in, String reason) {
    Value quads = quads(in.name() + " in quads", gemm.param("m"), gemm.param("k"));
    Step to = Conversions.of(gemm, Layout.NHWC, Layout.PLANAR_QUADS);
    to.slot(in).slot(quads);
    place(to, selector.chooseConversion(to), -1, false, reason);
    return quads;
  }

  private static Value quads(String name, int pixels, int channels) {
    return Value.arena(name, (channels + 3L) / 4 * 4 * pixels);
  }

  private void place(Step step, Choice choice, int blob, boolean onDevice, String reason) {
    Row row = choice.row();
    placed.add(new Placed(step, row, blob, choice.cycles(), onDevice));
    List<String> refusals = new ArrayList<>();
    for (Choice.Refusal refusal : choice.refusals()) {
      refusals.add(refusal.row() + ": " + refusal.reason());
    }
    long weights = onDevice ? store.device().handle() : store.handle();
    reports.add(
        new Report.StepReport(
            step.opIndex(),
            step.label(),
            row.name(),
            row.numerics(),
            row.packing() == null ? null : row.packing().name(),
            blob < 0 ? 0 : SinterLibrary.sinter_weights_bytes(weights, blob),
            step.work(),
            List.copyOf(refusals),
            choice.note(),
            onDevice ? device.device() : Device.CPU,
            reason,
            step.op(),
            row.types(),
            valueBytes(step)));
  }

  /** Bytes of the slots but packed weights; an op that takes a part reads as much as it gives. */
  private static long valueBytes(Step step) {
    List<Value> slots = step.slots();
    Value out = slots.get(slots.size() - 1);
    boolean part = PARTIAL.contains(step.op()) && out != null;
    long bytes = 0;
    for (Value slot : slots) {
      if (slot != null) {
        bytes += part ? Math.min(slot.bytes(), out.bytes()) : slot.bytes();
      }
    }
    return bytes;
  }

  private int pack(Step step, Row row, Program.Store side) {
    ByteBuffer params = PlanEncoder.params(row.op(), step);
    List<Object> key = new ArrayList<>();
    key.add(row.packing().index());
    key.add(step.sourceKey());
    if (step.sourceCount() > 2) {
      key.add(step.source(2)); // scales: by content
    }
    for (FieldSpec field : row.op().fields().values()) {
      if (field.pack()) {
        key.add(params.getInt(field.offset()));
      }
    }
    return side.packed()
        .computeIfAbsent(
            key,
            k ->
                Natives.pack(
                    side.handle(),
                    row.packing().index(),
                    params,
                    step::source,
                    row.packing().sources(),
                    part.name() + ": op " + step.opIndex() + " " + step.label()));
  }
}
