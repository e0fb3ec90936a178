// Matrix products read and write their operands where they stand: transposes around them go.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Attention moves heads to the front and back again: [1, 64, 12, 32] to [1, 12, 64, 32]. Where such
 * a value is one operand of one product, the product takes strides instead; likewise where nobody
 * but the movement reads a product's result.
 */
final class FoldedTransposes {
  private static final int RANK = 8;
  private static final int A = 0;
  private static final int B = 1;
  private static final int C = 2;

  private final List<Step> steps;
  private final List<String> notes;
  private final IdentityHashMap<Value, List<Step>> users = new IdentityHashMap<>();

  private FoldedTransposes(List<Step> steps, List<String> notes) {
    this.steps = steps;
    this.notes = notes;
    for (Step step : steps) {
      for (Value value : step.slots()) {
        if (value != null) {
          users.computeIfAbsent(value, v -> new ArrayList<>()).add(step);
        }
      }
    }
  }

  /**
   * Takes movements out of a list of steps.
   *
   * @param steps changed in place
   * @param notes what was done is added
   */
  static void fold(List<Step> steps, List<String> notes) {
    new FoldedTransposes(steps, notes).fold();
  }

  private void fold() {
    for (Step product : List.copyOf(steps)) {
      if (product.op().equals("batch_matmul")) {
        operand(product, A);
        operand(product, B);
        result(product);
      }
    }
  }

  private void operand(Step product, int slot) {
    Value value = product.slots().get(slot);
    Step move = onlyOther(value, product);
    if (move == null || move.slots().get(1) != value || !isWhole(move, value, product, slot)) {
      return;
    }
    Value source = move.slots().get(0);
    if (source.isState()) {
      return;
    }
    String name = slot == A ? "a" : "b";
    String flag = "transpose_" + name;
    boolean transposed = product.param(flag) == 1;
    int outer = product.param(slot == A ? "m" : "k");
    int inner = product.param(slot == A ? "k" : "n");
    int rows = transposed ? inner : outer;
    int columns = transposed ? outer : inner;
    long row = stride(move, "out_stride", "in_stride", columns, rows);
    long column = stride(move, "out_stride", "in_stride", 1, columns);
    long[] batch = new long[3];
    for (int i = 0; i < 3; i++) {
      int own = product.param(name + "_batch" + i);
      batch[i] =
          own == 0 ? 0 : stride(move, "out_stride", "in_stride", own, product.param("batch" + i));
    }
    if (batch[0] < 0 || batch[1] < 0 || batch[2] < 0) {
      return;
    }
    if (column == 1 && row >= columns) {
      product.set(name + "_row", Math.toIntExact(row));
    } else if (row == 1 && column >= rows) {
      product.set(name + "_row", Math.toIntExact(column)).set(flag, transposed ? 0 : 1);
    } else {
      return;
    }
    for (int i = 0; i < 3; i++) {
      product.set(name + "_batch" + i, Math.toIntExact(batch[i]));
    }
    replace(product, slot, value, source, move);
  }

  private void result(Step product) {
    Value value = product.slots().get(C);
    Step move = onlyOther(value, product);
    if (move == null
        || move.slots().get(0) != value
        || move.slots().get(1).isState()
        || !isWhole(move, value, product, C)) {
      return;
    }
    int m = product.param("m");
    int n = product.param("n");
    long row = stride(move, "in_stride", "out_stride", n, m);
    long column = stride(move, "in_stride", "out_stride", 1, n);
    long[] batch = new long[3];
    long own = (long) m * n;
    for (int i = 2; i >= 0; i--) {
      int size = product.param("batch" + i);
      batch[i] = stride(move, "in_stride", "out_stride", own, size);
      own *= size;
    }
    if (column != 1 || row < n || batch[0] < 0 || batch[1] < 0 || batch[2] < 0) {
      return;
    }
    product.set("c_row", Math.toIntExact(row));
    for (int i = 0; i < 3; i++) {
      product.set("c_batch" + i, Math.toIntExact(batch[i]));
    }
    replace(product, C, value, move.slots().get(1), move);
  }

  private void replace(Step product, int slot, Value value, Value by, Step move) {
    product.replaceSlot(slot, by);
    steps.remove(move);
    users.remove(value);
    users.get(by).remove(move);
    users.get(by).add(product);
    notes.add(
        "op "
            + move.opIndex()
            + " "
            + move.label()
            + ": done by op "
            + product.opIndex()
            + " "
            + product.label());
  }

  /** The only other step that touches a value of the arena; null if there are more or none. */
  private Step onlyOther(Value value, Step product) {
    List<Step> all = users.get(value);
    if (value.place() != Value.Place.ARENA || value.isState() || all.size() != 2) {
      return null;
    }
    Step other = all.get(0) == product ? all.get(1) : all.get(0);
    return other != product && other.op().equals("strided") ? other : null;
  }

  /** Whether a movement is one of all elements of a product's operand, from the first one on. */
  private static boolean isWhole(Step move, Value value, Step product, int slot) {
    int bytes =
        switch (product.types().get(slot)) {
          case "f32" -> 4;
          case "s16" -> 2;
          default -> 1;
        };
    long elements = 1;
    for (int k = 0; k < RANK; k++) {
      elements *= move.param("d" + k);
    }
    return move.param("element_bytes") == bytes
        && move.param("in_offset") == 0
        && move.param("out_offset") == 0
        && elements * bytes == value.bytes();
  }

  /**
   * The stride on the other side of an axis of `size` elements that stand `own` apart on this side,
   * where all elements follow each other; -1 if it is not one axis there.
   */
  private static long stride(Step move, String here, String there, long own, int size) {
    if (size == 1) {
      return own;
    }
    for (int k = 0; k < RANK; k++) {
      long step = move.param(here + k);
      int count = move.param("d" + k);
      if (count > 1 && step > 0 && own >= step && own % step == 0 && own * size <= step * count) {
        long other = own / step * move.param(there + k);
        return other >= 0 ? other : -1;
      }
    }
    return -1;
  }
}
