// A matrix product on a device: a plan of one step, with the caller's buffers copied there and
// back.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.plan.PlanEncoder;
import dev.sinter.runtime.plan.PlanEncoder.Slot;
import dev.sinter.runtime.select.Selector;
import dev.sinter.runtime.select.ZeroPatterns;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * Weights are packed once and stay on the device. A session with a plan for so many rows is made
 * when a call has them first, and lent to one call at a time.
 */
final class DeviceGemm {
  /** Idle sessions kept; the one that was given back longest ago goes. */
  private static final int KEPT = 16;

  /** Rows that the kernel is chosen for: enough to fill a device. */
  private static final int USUAL_ROWS = 1024;

  private final OpenDevice device;
  private final Row row;
  private final ByteBuffer params; // of any number of rows
  private final int inBytes;
  private final int outBytes;
  private final int n;
  private final int k;
  private final long weights;
  private final int blob;
  private final ArrayList<Ready> idle = new ArrayList<>();
  private boolean closed;

  /** A session for m rows; its memory is the host's copy of the device's. */
  private record Ready(int m, long session, ByteBuffer memory, int out) {}

  /**
   * Packs the weights.
   *
   * @param step the product with all parameters set but its rows
   * @param inBytes of an element of A
   * @param outBytes of an element of C
   */
  DeviceGemm(OpenDevice device, Step step, int inBytes, int outBytes) {
    this.device = device;
    this.inBytes = inBytes;
    this.outBytes = outBytes;
    n = step.param("n");
    k = step.param("k");
    step.set("m", USUAL_ROWS);
    ZeroPatterns.find(step, device.target(), new HashMap<>());
    row = new Selector(device.target(), Numerics.TFLITE, new HashMap<>()).choose(step).row();
    params = PlanEncoder.params(row.op(), step);
    weights = Natives.check(SinterLibrary.sinter_device_weights_create(device.number()), "gemm");
    try {
      blob =
          Natives.pack(
              weights,
              row.packing().index(),
              params,
              step::source,
              row.packing().sources(),
              "gemm");
    } catch (RuntimeException | Error e) {
      SinterLibrary.sinter_weights_destroy(weights);
      throw e;
    }
  }

  String kernel() {
    return row.name();
  }

  void run(int m, ByteBuffer a, ByteBuffer c) {
    if (m == 0) {
      return;
    }
    Ready ready = borrow(m);
    try {
      ready.memory().put(0, a, a.position(), m * k * inBytes);
      Natives.check(SinterLibrary.sinter_session_run(ready.session(), 0), "gemm");
      c.put(c.position(), ready.memory(), ready.out(), m * n * outBytes);
    } finally {
      giveBack(ready);
    }
  }

  /** Makes sessions, so that as many calls with m rows at a time make none. */
  void reserve(int m, int calls) {
    List<Ready> borrowed = new ArrayList<>();
    try {
      for (int i = 0; m > 0 && i < Math.min(calls, KEPT); i++) {
        borrowed.add(borrow(m));
      }
    } finally {
      borrowed.forEach(this::giveBack);
    }
  }

  private Ready borrow(int m) {
    synchronized (idle) {
      if (closed) {
        throw new SinterException(Status.INVALID_HANDLE, "gemm: it is closed");
      }
      for (int i = idle.size() - 1; i >= 0; i--) {
        if (idle.get(i).m() == m) {
          return idle.remove(i);
        }
      }
      return make(m);
    }
  }

  private void giveBack(Ready ready) {
    Ready gone = null;
    synchronized (idle) {
      if (closed) {
        gone = ready;
      } else {
        idle.add(ready);
        gone = idle.size() > KEPT ? idle.remove(0) : null;
      }
    }
    if (gone != null) {
      SinterLibrary.sinter_session_destroy(gone.session());
    }
  }

  private Ready make(int m) {
    long in = (long) m * k * inBytes;
    long out = (in + 63) / 64 * 64;
    long end = (out + (long) m * n * outBytes + 63) / 64 * 64;
    if (end > Integer.MAX_VALUE) {
      throw new SinterException(
          Status.UNSUPPORTED, "gemm: A and C of " + m + " rows have " + end + " bytes together");
    }
    ByteBuffer own = ByteBuffer.allocate(params.capacity()).order(params.order());
    own.put(params.duplicate()).flip();
    own.putInt(row.op().field("m").offset(), m);
    long packed = SinterLibrary.sinter_weights_bytes(weights, blob);
    ByteBuffer bytes =
        PlanEncoder.encode(
            device.target().catalogue().fingerprint(),
            end,
            List.of(
                new Slot(Slot.Kind.BINDING, 0, 0, in),
                new Slot(Slot.Kind.CONSTANT, blob, 0, packed),
                new Slot(Slot.Kind.BINDING, 1, 0, (long) m * n * outBytes)),
            List.of(
                new PlanEncoder.Binding(false, in, 0),
                new PlanEncoder.Binding(true, (long) m * n * outBytes, out)),
            List.of(new PlanEncoder.Call(row.index(), 0, 0, own, List.of(0, 1, 2))));
    long plan = Natives.createPlan(weights, bytes, "gemm");
    long session = SinterLibrary.sinter_device_session_create(device.number(), end);
    try {
      Natives.check(session, "gemm");
      Natives.checkIndex(SinterLibrary.sinter_session_attach(session, plan, 0), "gemm");
      return new Ready(m, session, Natives.arena(session, (int) end, "gemm"), (int) out);
    } catch (RuntimeException | Error e) {
      SinterLibrary.sinter_session_destroy(session);
      throw e;
    } finally {
      SinterLibrary.sinter_plan_destroy(plan); // the session keeps it
    }
  }

  /** Calls that are under way end well. */
  void close() {
    List<Ready> gone;
    synchronized (idle) {
      closed = true;
      gone = List.copyOf(idle);
      idle.clear();
    }
    gone.forEach(ready -> SinterLibrary.sinter_session_destroy(ready.session()));
    SinterLibrary.sinter_weights_destroy(weights);
  }
}
