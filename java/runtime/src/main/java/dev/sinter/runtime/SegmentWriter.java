// Cuts placed steps into segments and writes the plan of each.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.catalogue.SlotSpec;
import dev.sinter.runtime.lower.Part;
import dev.sinter.runtime.lower.Value;
import dev.sinter.runtime.plan.PlanEncoder;
import dev.sinter.runtime.plan.PlanEncoder.Slot;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One use. */
final class SegmentWriter {
  private final Part part;
  private final Target target;
  private final OpenDevice device;
  private final Program.Store store;
  private final ValuePlaces places;
  private final List<TensorInfo> inputs;
  private final List<TensorInfo> outputs;
  private final Set<Value> written = new HashSet<>(); // by segments before

  SegmentWriter(
      Part part,
      Target target,
      OpenDevice device,
      Program.Store store,
      ValuePlaces places,
      List<TensorInfo> inputs,
      List<TensorInfo> outputs) {
    this.part = part;
    this.target = target;
    this.device = device;
    this.store = store;
    this.places = places;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** Writes all segments; none is left behind if one fails. */
  List<Program.Segment> write(List<ProgramMaker.Placed> placed) {
    List<Program.Segment> segments = new ArrayList<>();
    try {
      int first = 0;
      for (int i = 1; i <= placed.size(); i++) {
        if (i == placed.size() || placed.get(i).onDevice() != placed.get(first).onDevice()) {
          boolean whole = first == 0 && i == placed.size();
          segments.add(new Writer(placed.subList(first, i)).write(first, whole));
          first = i;
        }
      }
      if (placed.isEmpty()) {
        segments.add(new Writer(placed).write(0, true));
      }
      return segments;
    } catch (RuntimeException | Error e) {
      segments.forEach(s -> SinterLibrary.sinter_plan_destroy(s.plan()));
      throw e;
    }
  }

  /** Writes one segment. */
  private final class Writer {
    private final List<ProgramMaker.Placed> placed;
    private final boolean onDevice;
    private final Program.Store side;
    private final List<Slot> slots = new ArrayList<>();
    private final Map<Value, Integer> slotOf = new LinkedHashMap<>();
    private final Map<Integer, Integer> blobSlot = new LinkedHashMap<>();
    private final List<PlanEncoder.Binding> bindings = new ArrayList<>();
    private final List<Program.LocalBinding> locals = new ArrayList<>();
    private final Map<Value, Integer> bindingOf = new LinkedHashMap<>();

    private Writer(List<ProgramMaker.Placed> placed) {
      this.placed = placed;
      onDevice = !placed.isEmpty() && placed.get(0).onDevice();
      side = onDevice ? store.device() : store;
    }

    private Program.Segment write(int first, boolean whole) {
      if (whole && !onDevice) {
        bindAll();
      } else {
        bindUsed();
      }
      List<PlanEncoder.Call> calls = new ArrayList<>();
      for (ProgramMaker.Placed p : placed) {
        List<Integer> numbers = new ArrayList<>();
        for (Value value : p.step().slots()) {
          numbers.add(value == null ? blobSlot(p.blob()) : slot(value));
        }
        ByteBuffer params = PlanEncoder.params(p.row().op(), p.step());
        calls.add(
            new PlanEncoder.Call(p.row().index(), p.step().opIndex(), p.cycles(), params, numbers));
      }
      Target of = onDevice ? device.target() : target;
      ByteBuffer bytes =
          PlanEncoder.encode(
              of.catalogue().fingerprint(),
              onDevice ? places.deviceBytes() : places.hostBytes(),
              slots,
              bindings,
              calls);
      long plan = Natives.createPlan(side.handle(), bytes, part.name());
      return new Program.Segment(onDevice, plan, first, placed.size(), List.copyOf(locals));
    }

    /** A plan that is all of the program has its bindings, touched or not. */
    private void bindAll() {
      for (TensorInfo info : inputs) {
        bindings.add(new PlanEncoder.Binding(false, info.bytes(), -1));
      }
      for (TensorInfo info : outputs) {
        bindings.add(new PlanEncoder.Binding(true, info.bytes(), -1));
      }
      for (int i = 0; i < bindings.size(); i++) {
        locals.add(new Program.LocalBinding(i, -1, bindings.get(i).bytes()));
      }
    }

    /** Bindings for what is touched here and elsewhere: as inputs, as outputs, or as both. */
    private void bindUsed() {
      Map<Value, Boolean> comesIn = new LinkedHashMap<>();
      Set<Value> goesOut = new HashSet<>();
      for (ProgramMaker.Placed p : placed) {
        List<SlotSpec> roles = p.row().op().slots();
        for (boolean out : new boolean[] {false, true}) {
          for (int s = 0; s < roles.size(); s++) {
            Value value = p.step().slots().get(s);
            if (value != null
                && places.isBound(value)
                && out == (roles.get(s).role() == SlotSpec.Role.OUT)) {
              // What an earlier segment has written stays as far as this one does not overwrite it:
              // several steps may each write a part of a value.
              comesIn.putIfAbsent(value, !out || written.contains(value));
              if (out) {
                goesOut.add(value);
              }
            }
          }
        }
      }
      comesIn.forEach(
          (value, in) -> {
            if (in) {
              bind(value, false);
            }
            if (goesOut.contains(value)) {
              bind(value, true);
            }
          });
      written.addAll(goesOut);
    }

    private void bind(Value value, boolean output) {
      boolean shared = value.place() == Value.Place.ARENA;
      long place = places.sharedPlace(value);
      bindingOf.put(value, bindings.size());
      bindings.add(new PlanEncoder.Binding(output, value.bytes(), onDevice ? place : -1));
      locals.add(new Program.LocalBinding(shared ? -1 : value.number(), place, value.bytes()));
    }

    private int slot(Value value) {
      return slotOf.computeIfAbsent(
          value,
          v -> {
            slots.add(newSlot(v));
            return slots.size() - 1;
          });
    }

    private Slot newSlot(Value value) {
      if (value.place() == Value.Place.CONSTANT) {
        return new Slot(Slot.Kind.CONSTANT, constant(value), 0, value.bytes());
      }
      if (places.isBound(value)) {
        int binding = bindingOf.getOrDefault(value, value.number());
        return new Slot(Slot.Kind.BINDING, binding, 0, value.bytes());
      }
      return new Slot(Slot.Kind.ARENA, 0, value.offset(), value.bytes());
    }

    private int constant(Value value) {
      int tensor = value.number();
      boolean computed =
          tensor < 0
              || part.graph().producer(tensor) >= 0
              || part.graph().inputs().contains(tensor);
      // Values that a run has found out: the same tensor has others in another plan.
      Object key = computed ? List.of(tensor, value.constant()) : (Object) tensor;
      return side.plain()
          .computeIfAbsent(
              key,
              k ->
                  Natives.addConstant(
                      side.handle(),
                      value.constant(),
                      part.name() + ": constant '" + value.name() + "'"));
    }

    private int blobSlot(int blob) {
      return blobSlot.computeIfAbsent(
          blob,
          b -> {
            long bytes = SinterLibrary.sinter_weights_bytes(side.handle(), b);
            slots.add(new Slot(Slot.Kind.CONSTANT, b, 0, bytes));
            return slots.size() - 1;
          });
    }
  }
}
