// Writes a plan's bytes: docs/plan.md.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.plan;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.catalogue.FieldSpec;
import dev.sinter.runtime.catalogue.OpSpec;
import dev.sinter.runtime.lower.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** Encodes checked, placed steps; and the parameters of a single step. */
public final class PlanEncoder {
  private static final int MAGIC = 0x504e5453;
  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 48;
  private static final int SLOT_BYTES = 24;
  private static final int BINDING_BYTES = 24;
  private static final int STEP_BYTES = 24;

  private PlanEncoder() {}

  /** Where a slot of a step is. */
  public record Slot(Kind kind, int index, long offset, long bytes) {
    /** What the index and the offset speak of. */
    public enum Kind {
      ARENA(0),
      CONSTANT(1),
      BINDING(2);

      private final int code;

      Kind(int code) {
        this.code = code;
      }
    }
  }

  /**
   * An input or output.
   *
   * @param place its default place in the arena; -1 for none: it must be bound
   */
  public record Binding(boolean output, long bytes, long place) {}

  /**
   * A step with its row, its encoded parameters and the numbers of its slots.
   *
   * @param cycles what it is expected to take on one core; 0 where that is not known
   */
  public record Call(int row, int tag, double cycles, ByteBuffer params, List<Integer> slots) {}

  /** The parameters of a step at the offsets the catalogue gives; all must be set, none unknown. */
  public static ByteBuffer params(OpSpec op, Step step) {
    ByteBuffer bytes = ByteBuffer.allocate(op.paramsBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (Map.Entry<String, Number> entry : step.params().entrySet()) {
      FieldSpec field = op.fields().get(entry.getKey());
      if (field == null) {
        if (isOptional(entry.getKey())) {
          continue;
        }
        field = op.field(entry.getKey()); // throws, naming both
      }
      if (field.real()) {
        bytes.putFloat(field.offset(), entry.getValue().floatValue());
      } else {
        bytes.putInt(field.offset(), entry.getValue().intValue());
      }
    }
    for (String field : op.fields().keySet()) {
      if (!step.params().containsKey(field)) {
        throw new SinterException(
            Status.INTERNAL,
            "parameter '"
                + field
                + "' of the native op "
                + op.name()
                + " is unknown to this runtime; library and jars are of different releases");
      }
    }
    return bytes;
  }

  /** Clamps are set for every producer; not every op has both kinds. */
  private static boolean isOptional(String field) {
    return switch (field) {
      case "out_min", "out_max", "act_min", "act_max" -> true;
      default -> false;
    };
  }

  /** The bytes of a plan, in direct memory. */
  public static ByteBuffer encode(
      long fingerprint, long arena, List<Slot> slots, List<Binding> bindings, List<Call> calls) {
    long size = HEADER_BYTES + (long) SLOT_BYTES * slots.size();
    size += (long) BINDING_BYTES * bindings.size();
    for (Call call : calls) {
      size += STEP_BYTES + 4L * call.slots().size() + call.params().remaining();
    }
    ByteBuffer out =
        ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC).putInt(VERSION).putLong(fingerprint).putLong(size).putLong(arena);
    out.putInt(slots.size()).putInt(bindings.size()).putInt(calls.size()).putInt(0);
    for (Slot slot : slots) {
      out.putInt(slot.kind().code).putInt(slot.index());
      out.putLong(slot.offset()).putLong(slot.bytes());
    }
    for (Binding binding : bindings) {
      out.putInt(binding.output() ? 1 : 0).putInt(0).putLong(binding.bytes());
      out.putLong(binding.place());
    }
    for (Call call : calls) {
      out.putInt(call.row()).putInt(call.slots().size()).putInt(call.params().remaining());
      out.putInt(call.tag()).putInt(cycles(call)).putInt(0);
      for (int slot : call.slots()) {
        out.putInt(slot);
      }
      out.put(call.params().duplicate());
    }
    return out.flip();
  }

  /** As an unsigned int; what is known is not 0. */
  private static int cycles(Call call) {
    double most = 0xffffffffL;
    return call.cycles() > 0 ? (int) (long) Math.min(most, Math.max(1, call.cycles())) : 0;
  }
}
