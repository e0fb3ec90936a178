// A model made ready for given input shapes: packed weights, a checked plan, a report.
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
import dev.sinter.runtime.plan.MemoryPlanner;
import dev.sinter.runtime.plan.PlanEncoder;
import dev.sinter.runtime.plan.PlanEncoder.Slot;
import dev.sinter.runtime.select.Choice;
import dev.sinter.runtime.select.Conversions;
import dev.sinter.runtime.select.Selector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Immutable once made; the native plan is destroyed with the model. */
final class Program {
  private final long plan;
  private final long arenaBytes;
  private final List<TensorInfo> inputs;
  private final List<TensorInfo> outputs;
  private final List<State> states;
  private final Report report;

  /** A range of the arena that lives from run to run, and the byte it starts with. */
  private record State(long offset, long bytes, int fill) {}

  private Program(
      long plan,
      long arenaBytes,
      List<TensorInfo> inputs,
      List<TensorInfo> outputs,
      List<State> states,
      Report report) {
    this.plan = plan;
    this.arenaBytes = arenaBytes;
    this.inputs = inputs;
    this.outputs = outputs;
    this.states = states;
    this.report = report;
  }

  /** Sets what a session's arena keeps from run to run to its first values. */
  void resetState(long session, String where) {
    for (State s : states) {
      Natives.check(
          SinterLibrary.sinter_session_fill(session, s.offset(), s.bytes(), s.fill()), where);
    }
  }

  long plan() {
    return plan;
  }

  long arenaBytes() {
    return arenaBytes;
  }

  List<TensorInfo> inputs() {
    return inputs;
  }

  List<TensorInfo> outputs() {
    return outputs;
  }

  Report report() {
    return report;
  }

  /** Packed weights of one model, found again by what they were made from. */
  static final class Store {
    private final long handle;
    private final Map<List<Object>, Integer> packed = new HashMap<>();
    private final Map<Object, Integer> plain = new HashMap<>();
    private final Map<Integer, Store> subgraphs = new HashMap<>();
    private final Map<Object, Double> densities = new HashMap<>();

    Store(long handle) {
      this.handle = handle;
    }

    long handle() {
      return handle;
    }

    /** The part that belongs to one subgraph: tensors are counted per subgraph. */
    Store forSubgraph(int index) {
      return index == 0 ? this : subgraphs.computeIfAbsent(index, i -> new Store(handle));
    }
  }

  /** Makes a program; the caller holds the store's lock. */
  static Program make(Part part, Target target, Options options, Store store) {
    return new Maker(part, target, options, store).make();
  }

  /** One call to be, with its row. */
  private record Placed(Step step, Row row, int blob) {}

  private static final class Maker {
    private final Part part;
    private final Target target;
    private final Store store;
    private final Lowered lowered;
    private final Selector selector;
    private final List<Placed> placed = new ArrayList<>();
    private final List<Report.StepReport> reports = new ArrayList<>();
    private final List<Slot> slots = new ArrayList<>();
    private final Map<Value, Integer> slotOf = new LinkedHashMap<>();
    private final Map<Integer, Integer> blobSlot = new LinkedHashMap<>();
    private final List<State> states = new ArrayList<>();

    Maker(Part part, Target target, Options options, Store store) {
      this.part = part;
      this.target = target;
      this.store = store;
      this.selector = new Selector(target, options.numerics(), store.densities);
      this.lowered = Lowering.lower(part);
      if (options.bf16()) {
        lowered.steps().forEach(Step::useBfloat16);
      }
    }

    Program make() {
      for (Step step : lowered.steps()) {
        select(step);
      }
      long arena = placeValues();
      List<PlanEncoder.Binding> bindings = new ArrayList<>();
      List<TensorInfo> inputs = new ArrayList<>();
      List<TensorInfo> outputs = new ArrayList<>();
      for (int tensor : part.inputs()) {
        TensorInfo info = info(tensor);
        inputs.add(info);
        bindings.add(new PlanEncoder.Binding(false, info.bytes()));
      }
      for (int tensor : lowered.outputTensors()) {
        TensorInfo info = info(tensor);
        outputs.add(info);
        bindings.add(new PlanEncoder.Binding(true, info.bytes()));
      }
      List<PlanEncoder.Call> calls = new ArrayList<>();
      for (Placed p : placed) {
        List<Integer> numbers = new ArrayList<>();
        for (Value value : p.step().slots()) {
          numbers.add(value == null ? blobSlot(p.blob()) : slot(value));
        }
        ByteBuffer params = PlanEncoder.params(p.row().op(), p.step());
        calls.add(new PlanEncoder.Call(p.row().index(), p.step().opIndex(), params, numbers));
      }
      ByteBuffer bytes =
          PlanEncoder.encode(target.catalogue().fingerprint(), arena, slots, bindings, calls);
      long plan = Natives.createPlan(store.handle(), bytes, part.name());
      long packedBytes = SinterLibrary.sinter_weights_bytes(store.handle(), -1);
      Report report =
          new Report(target.isaNames(), List.copyOf(reports), lowered.notes(), arena, packedBytes);
      return new Program(
          plan, arena, List.copyOf(inputs), List.copyOf(outputs), List.copyOf(states), report);
    }

    private TensorInfo info(int tensor) {
      return new TensorInfo(
          part.graph().tensor(tensor).name(),
          part.graph().tensor(tensor).type(),
          lowered.shapes().get(tensor),
          part.graph().tensor(tensor).quantization());
    }

    private void select(Step step) {
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
          step.replaceSlot(0, converted(step, step.slots().get(0)));
          realOut = step.slots().get(2);
          quadsOut = quads(realOut.name() + " in quads", step.param("m"), step.param("n"));
          step.replaceSlot(2, quadsOut);
        }
      }
      int blob = row.packing() == null ? -1 : pack(step, row);
      place(step, choice, blob);
      if (quadsOut != null) {
        Step back = Conversions.of(step, Layout.PLANAR_QUADS, Layout.NHWC);
        back.slot(quadsOut).slot(realOut);
        place(back, selector.chooseConversion(back), -1);
      }
    }

    private Value converted(Step gemm, Value in) {
      Value quads = quads(in.name() + " in quads", gemm.param("m"), gemm.param("k"));
      Step to = Conversions.of(gemm, Layout.NHWC, Layout.PLANAR_QUADS);
      to.slot(in).slot(quads);
      place(to, selector.chooseConversion(to), -1);
      return quads;
    }

    private static Value quads(String name, int pixels, int channels) {
      return Value.arena(name, (channels + 3L) / 4 * 4 * pixels);
    }

    private void place(Step step, Choice choice, int blob) {
      Row row = choice.row();
      placed.add(new Placed(step, row, blob));
      List<String> refusals = new ArrayList<>();
      for (Choice.Refusal refusal : choice.refusals()) {
        refusals.add(refusal.row() + ": " + refusal.reason());
      }
      reports.add(
          new Report.StepReport(
              step.opIndex(),
              step.label(),
              row.name(),
              row.numerics(),
              row.packing() == null ? null : row.packing().name(),
              blob < 0 ? 0 : SinterLibrary.sinter_weights_bytes(store.handle(), blob),
              step.work(),
              List.copyOf(refusals)));
    }

    private int pack(Step step, Row row) {
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
      return store.packed.computeIfAbsent(
          key,
          k ->
              Natives.pack(
                  store.handle(),
                  row.packing().index(),
                  params,
                  step::source,
                  row.packing().sources(),
                  part.name() + ": op " + step.opIndex() + " " + step.label()));
    }

    /** Offsets for all values of the arena, by the first and last step that touches them. */
    private long placeValues() {
      Map<Value, int[]> lives = new LinkedHashMap<>();
      List<Value> order = new ArrayList<>();
      for (int i = 0; i < placed.size(); i++) {
        for (Value value : placed.get(i).step().slots()) {
          if (value == null || value.place() != Value.Place.ARENA) {
            continue;
          }
          int[] life = lives.get(value);
          if (life == null) {
            // A state lives in all of the plan: no other value may use its place in between.
            life = value.isState() ? new int[] {0, placed.size() - 1} : new int[] {i, i};
            lives.put(value, life);
            order.add(value);
          }
          life[1] = Math.max(life[1], i);
        }
      }
      List<MemoryPlanner.Life> list = new ArrayList<>();
      for (Value value : order) {
        int[] life = lives.get(value);
        list.add(new MemoryPlanner.Life(value.bytes(), life[0], life[1]));
      }
      MemoryPlanner.Placement placement = MemoryPlanner.place(list);
      for (int i = 0; i < order.size(); i++) {
        Value value = order.get(i);
        value.setOffset(placement.offsets().get(i));
        if (value.isState()) {
          states.add(new State(value.offset(), value.bytes(), value.fill()));
        }
      }
      return placement.total();
    }

    private int slot(Value value) {
      return slotOf.computeIfAbsent(
          value,
          v -> {
            Slot slot =
                switch (v.place()) {
                  case ARENA -> new Slot(Slot.Kind.ARENA, 0, v.offset(), v.bytes());
                  case INPUT, OUTPUT -> new Slot(Slot.Kind.BINDING, v.number(), 0, v.bytes());
                  case CONSTANT -> new Slot(Slot.Kind.CONSTANT, constant(v), 0, v.bytes());
                };
            slots.add(slot);
            return slots.size() - 1;
          });
    }

    private int constant(Value value) {
      int tensor = value.number();
      boolean computed =
          tensor < 0
              || part.graph().producer(tensor) >= 0
              || part.graph().inputs().contains(tensor);
      // Values that a run has found out: the same tensor has others in another plan.
      Object key = computed ? List.of(tensor, value.constant()) : (Object) tensor;
      return store.plain.computeIfAbsent(
          key,
          k ->
              Natives.addConstant(
                  store.handle(),
                  value.constant(),
                  part.name() + ": constant '" + value.name() + "'"));
    }

    private int blobSlot(int blob) {
      return blobSlot.computeIfAbsent(
          blob,
          b -> {
            long bytes = SinterLibrary.sinter_weights_bytes(store.handle(), b);
            slots.add(new Slot(Slot.Kind.CONSTANT, b, 0, bytes));
            return slots.size() - 1;
          });
    }
  }
}
