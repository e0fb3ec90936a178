// Tables from strings to numbers and from numbers to strings.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ops HASHTABLE, HASHTABLE_IMPORT, HASHTABLE_FIND and HASHTABLE_SIZE. A table belongs to the
 * session, is filled once, and of equal keys keeps the first.
 */
final class HashTables {
  /** A table; entries are null until it is filled. */
  static final class Table {
    private Map<Object, Object> entries;
  }

  private HashTables() {}

  /** HASHTABLE: the handle is the number that the model gives to the table. */
  static void handle(HostCall call) {
    int id = ((OpKind.Foreign) call.op().kind()).number("table_id");
    call.frame().context().variables().table(id, true);
    call.output(0, Shape.of(1)).putLong(0, id);
  }

  private static Table table(HostCall call) {
    Table table = call.frame().context().variables().table((int) call.integer(0, 0), false);
    if (table == null) {
      throw call.failure(Status.INVALID_MODEL, "there is no such table");
    }
    return table;
  }

  /** HASHTABLE_IMPORT: only the first one counts, as models run it again and again. */
  static void fill(HostCall call) {
    Table table = table(call);
    if (table.entries != null) {
      return;
    }
    requireTypes(call, call.inputType(1), call.inputType(2));
    if (!call.inputShape(1).equals(call.inputShape(2))) {
      throw call.failure(
          Status.INVALID_ARGUMENT,
          "keys " + call.inputShape(1) + " and values " + call.inputShape(2) + " do not match");
    }
    List<Object> keys = objects(call, 1);
    List<Object> values = objects(call, 2);
    Map<Object, Object> entries = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      entries.putIfAbsent(keys.get(i), values.get(i));
    }
    table.entries = entries;
  }

  /** HASHTABLE_FIND. */
  static void find(HostCall call) {
    requireTypes(call, call.inputType(1), call.inputType(2));
    Table table = table(call);
    if (table.entries == null) {
      throw call.failure(Status.INVALID_MODEL, "the table is read before it is filled");
    }
    Object missing = objects(call, 2).get(0);
    List<byte[]> texts = new ArrayList<>();
    List<Object> keys = objects(call, 1);
    ByteBuffer numbers =
        call.outputType(0) == ElementType.INT64 ? call.output(0, call.inputShape(1)) : null;
    for (int i = 0; i < keys.size(); i++) {
      Object value = table.entries.getOrDefault(keys.get(i), missing);
      if (numbers != null && value instanceof Long number) {
        numbers.putLong(8 * i, number);
      } else if (numbers == null && value instanceof ByteBuffer text) {
        byte[] bytes = new byte[text.remaining()];
        text.get(text.position(), bytes);
        texts.add(bytes);
      } else {
        throw call.failure(Status.INVALID_MODEL, "the table holds values of another type");
      }
    }
    if (numbers == null) {
      call.outputStrings(0, call.inputShape(1), texts);
    }
  }

  /** HASHTABLE_SIZE. */
  static void size(HostCall call) {
    Table table = table(call);
    call.output(0, Shape.of(1)).putLong(0, table.entries == null ? 0 : table.entries.size());
  }

  private static void requireTypes(HostCall call, ElementType keys, ElementType values) {
    boolean supported =
        (keys == ElementType.INT64 && values == ElementType.STRING)
            || (keys == ElementType.STRING && values == ElementType.INT64);
    if (!supported) {
      throw call.failure(Status.UNSUPPORTED, "a table from " + keys + " to " + values);
    }
  }

  /** Values that compare by content. */
  private static List<Object> objects(HostCall call, int input) {
    List<Object> objects = new ArrayList<>();
    if (call.inputType(input) == ElementType.STRING) {
      call.strings(input).forEach(s -> objects.add(ByteBuffer.wrap(s)));
    } else {
      for (long v : call.integers(input)) {
        objects.add(v);
      }
    }
    return objects;
  }
}
