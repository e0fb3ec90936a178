// Ops whose result has a shape that depends on values.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** In plain Java: they are about indices, seldom many. */
final class DataShapes {
  private static final double MOST = 1 << 28; // values of a range

  private DataShapes() {}

  /** WHERE: the coordinates of the elements that are not zero, [n, rank] of int64. */
  static void where(HostCall call) {
    ByteBuffer in = call.input(0);
    Shape shape = call.inputShape(0);
    ElementType type = call.inputType(0);
    int count = (int) shape.elements();
    int found = 0;
    for (int i = 0; i < count; i++) {
      found += isZero(call, in, type, i) ? 0 : 1;
    }
    ByteBuffer out = call.output(0, Shape.of(found, shape.rank()));
    int at = 0;
    for (int i = 0; i < count; i++) {
      if (isZero(call, in, type, i)) {
        continue;
      }
      int rest = i;
      for (int d = shape.rank() - 1; d >= 0; d--) {
        out.putLong(8 * (at * shape.rank() + d), rest % shape.dim(d));
        rest /= shape.dim(d);
      }
      at++;
    }
  }

  private static boolean isZero(HostCall call, ByteBuffer in, ElementType type, int i) {
    return switch (type) {
      case BOOL, INT8, UINT8 -> in.get(i) == 0;
      case INT32, UINT32 -> in.getInt(4 * i) == 0;
      case INT64 -> in.getLong(8 * i) == 0;
      case FLOAT32 -> in.getFloat(4 * i) == 0;
      default -> throw call.failure(Status.UNSUPPORTED, "its input has type " + type);
    };
  }

  /** UNIQUE: the values in the order of their first appearance, and where each one went. */
  static void unique(HostCall call) {
    ByteBuffer in = call.input(0);
    int size = call.inputType(0).bits() / 8;
    if (size != 1 && size != 2 && size != 4 && size != 8) {
      throw call.failure(Status.UNSUPPORTED, "its input has type " + call.inputType(0));
    }
    int count = in.remaining() / size;
    Map<Object, Integer> places = new HashMap<>();
    ByteBuffer indices = call.output(1, Shape.of(count));
    int[] first = new int[count];
    for (int i = 0; i < count; i++) {
      Object value = value(in, call.inputType(0), size, i);
      Integer place = places.get(value);
      if (place == null) {
        place = places.size();
        places.put(value, place);
        first[place] = i;
      }
      if (call.outputType(1) == ElementType.INT64) {
        indices.putLong(8 * i, place);
      } else {
        indices.putInt(4 * i, place);
      }
    }
    ByteBuffer values = call.output(0, Shape.of(places.size()));
    for (int p = 0; p < places.size(); p++) {
      for (int b = 0; b < size; b++) {
        values.put(p * size + b, in.get(first[p] * size + b));
      }
    }
  }

  private static Object value(ByteBuffer in, ElementType type, int size, int i) {
    return switch (size) {
      case 1 -> in.get(i);
      case 2 -> in.getShort(2 * i);
      // The sum makes one zero of both.
      case 4 -> type == ElementType.FLOAT32 ? (Object) (in.getFloat(4 * i) + 0f) : in.getInt(4 * i);
      default -> in.getLong(8 * i);
    };
  }

  /** RANGE: start, start + delta, ... as long as it is before limit. */
  static void range(HostCall call) {
    switch (call.inputType(0)) {
      case FLOAT32 -> {
        float start = call.input(0).getFloat(0);
        float limit = call.input(1).getFloat(0);
        float delta = call.input(2).getFloat(0);
        double steps = Math.ceil(Math.abs((limit - start) / delta));
        ByteBuffer out = call.output(0, Shape.of(size(call, steps, limit - start, delta)));
        float value = start;
        for (int i = 0; i < out.limit() / 4; i++) {
          out.putFloat(4 * i, value);
          value += delta;
        }
      }
      case INT32, INT64 -> {
        long start = call.integer(0, 0);
        long limit = call.integer(1, 0);
        long delta = call.integer(2, 0);
        double steps =
            delta == 0 ? Double.NaN : Math.ceil(Math.abs((double) (limit - start) / delta));
        boolean wide = call.inputType(0) == ElementType.INT64;
        int count = size(call, steps, (double) (limit - start), (double) delta);
        ByteBuffer out = call.output(0, Shape.of(count));
        for (int i = 0; i < count; i++) {
          if (wide) {
            out.putLong(8 * i, start + i * delta);
          } else {
            out.putInt(4 * i, (int) (start + i * delta));
          }
        }
      }
      default -> throw call.failure(Status.UNSUPPORTED, "values of type " + call.inputType(0));
    }
  }

  private static int size(HostCall call, double steps, double distance, double delta) {
    if (Double.isNaN(steps) || delta == 0 || (distance != 0 && distance > 0 != delta > 0)) {
      throw call.failure(
          Status.INVALID_ARGUMENT, "steps of " + delta + " never lead over " + distance);
    }
    if (steps > MOST) {
      throw call.failure(Status.UNSUPPORTED, steps + " values");
    }
    return (int) steps;
  }
}
