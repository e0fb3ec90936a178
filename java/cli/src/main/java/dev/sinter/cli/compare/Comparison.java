// How far the outputs of two runtimes are apart.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.HalfFloat;
import dev.sinter.graph.Strings;
import dev.sinter.optimizer.data.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Differences gathered over any number of runs. Integers count as different where they are not
 * equal; floats where they are further apart than {@code tolerance} times the largest absolute
 * value of the reference output in that run, or times {@code floor} where that is larger: outputs
 * near 0 are differences of larger numbers. Two NaN are equal.
 */
public final class Comparison {
  /** The float tolerance used where none is given. */
  public static final double DEFAULT_TOLERANCE = 1e-4;

  /** The floor used where none is given. */
  public static final double DEFAULT_FLOOR = 1e-3;

  private final double tolerance;
  private final double floor;
  private double maxAbsDiff;
  private double squaredDiffs;
  private double squares;
  private long floats;
  private boolean othersEqual = true;
  private long elements;
  private long mismatches;
  private boolean bitwise = true;
  private String first = "";

  /**
   * Starts with nothing compared.
   *
   * @param tolerance for floats, relative to the largest absolute value of an output
   */
  public Comparison(double tolerance) {
    this(tolerance, DEFAULT_FLOOR);
  }

  /**
   * Starts with nothing compared.
   *
   * @param tolerance for floats, relative to the largest absolute value of an output
   * @param floor what counts as that value where it is smaller
   */
  public Comparison(double tolerance, double floor) {
    this.tolerance = tolerance;
    this.floor = floor;
  }

  /**
   * Compares all outputs of a run.
   *
   * @param ours the runtime under test
   * @param reference the runtime that is right
   */
  public void add(Peer ours, Peer reference) {
    List<TensorSpec> a = ours.outputs();
    List<TensorSpec> b = reference.outputs();
    if (a.size() != b.size()) {
      different("the number of outputs is " + a.size() + ", not " + b.size());
      return;
    }
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i).type() != b.get(i).type() || !a.get(i).shape().equals(b.get(i).shape())) {
        different("output " + i + " is " + a.get(i) + ", not " + b.get(i));
      } else {
        add(b.get(i), ours.output(i), reference.output(i));
      }
    }
  }

  private void different(String what) {
    bitwise = false;
    othersEqual = false;
    mismatches++;
    elements++;
    maxAbsDiff = Double.POSITIVE_INFINITY;
    remember(what);
  }

  private void remember(String what) {
    if (first.isEmpty()) {
      first = what;
    }
  }

  /**
   * Compares one output.
   *
   * @param spec the output
   * @param ours values of the runtime under test
   * @param reference values that are right
   */
  public void add(TensorSpec spec, ByteBuffer ours, ByteBuffer reference) {
    ByteBuffer a = ours.duplicate().order(ByteOrder.nativeOrder());
    ByteBuffer b = reference.duplicate().order(ByteOrder.nativeOrder());
    if (spec.type() == ElementType.STRING) {
      strings(spec, a, b);
      return;
    }
    if (a.remaining() != b.remaining()) {
      different("output " + spec + " has " + a.remaining() + " bytes, not " + b.remaining());
      return;
    }
    if (spec.type().bits() < 8) {
      packed(spec, a, b);
      return;
    }
    ElementType type = parts(spec.type());
    int step = type.bits() / 8;
    boolean real = type.isFloat();
    boolean counts = spec.type().isFloat();
    double allowed = real ? tolerance * Math.max(floor, largest(type, b, step)) : 0;
    int base = a.position();
    int baseB = b.position();
    for (int i = 0; i + step <= a.remaining(); i += step) {
      elements++;
      double x = value(type, a, base + i);
      double y = value(type, b, baseB + i);
      if (counts) {
        floats++;
        squares += y * y;
      }
      boolean same = (step == 8 && !real) ? a.getLong(base + i) == b.getLong(baseB + i) : x == y;
      if (same || (Double.isNaN(x) && Double.isNaN(y))) {
        continue;
      }
      bitwise = false;
      double diff = Math.abs(x - y);
      if (counts) {
        squaredDiffs += diff * diff;
      } else {
        othersEqual = false;
      }
      maxAbsDiff = Math.max(maxAbsDiff, Double.isNaN(diff) ? Double.POSITIVE_INFINITY : diff);
      if (!real || !(diff <= allowed)) {
        mismatches++;
        remember(
            "output " + spec + " element " + i / step + " is " + number(x) + ", not " + number(y));
      }
    }
  }

  /** Complex numbers are compared as the floats that they are made of. */
  private static ElementType parts(ElementType type) {
    return switch (type) {
      case COMPLEX64 -> ElementType.FLOAT32;
      case COMPLEX128 -> ElementType.FLOAT64;
      default -> type;
    };
  }

  private void strings(TensorSpec spec, ByteBuffer a, ByteBuffer b) {
    List<byte[]> ours;
    List<byte[]> theirs;
    try {
      ours = Strings.unpack(a);
      theirs = Strings.unpack(b);
    } catch (GraphException e) {
      different("output " + spec + ": " + e.getMessage());
      return;
    }
    if (ours.size() != theirs.size()) {
      different("output " + spec + " has " + ours.size() + " strings, not " + theirs.size());
      return;
    }
    for (int i = 0; i < ours.size(); i++) {
      elements++;
      if (!Arrays.equals(ours.get(i), theirs.get(i))) {
        bitwise = false;
        othersEqual = false;
        mismatches++;
        maxAbsDiff = Double.POSITIVE_INFINITY;
        remember(
            "output "
                + spec
                + " element "
                + i
                + " is '"
                + new String(ours.get(i), StandardCharsets.UTF_8)
                + "', not '"
                + new String(theirs.get(i), StandardCharsets.UTF_8)
                + "'");
      }
    }
  }

  private void packed(TensorSpec spec, ByteBuffer a, ByteBuffer b) {
    elements += a.remaining();
    if (!a.equals(b)) {
      bitwise = false;
      othersEqual = false;
      mismatches++;
      maxAbsDiff = Math.max(maxAbsDiff, 1);
      remember("output " + spec + " differs");
    }
  }

  private static String number(double x) {
    return x == Math.rint(x) && Math.abs(x) < 1e15 ? Long.toString((long) x) : Double.toString(x);
  }

  private static double largest(ElementType type, ByteBuffer values, int step) {
    double largest = 0;
    for (int i = 0; i + step <= values.remaining(); i += step) {
      double v = Math.abs(value(type, values, values.position() + i));
      if (v > largest && !Double.isInfinite(v)) {
        largest = v;
      }
    }
    return largest;
  }

  private static double value(ElementType type, ByteBuffer values, int at) {
    return switch (type) {
      case FLOAT32 -> values.getFloat(at);
      case FLOAT64 -> values.getDouble(at);
      case FLOAT16 -> HalfFloat.toFloat(values.getShort(at));
      case BFLOAT16 -> Float.intBitsToFloat(values.getShort(at) << 16);
      case INT8 -> values.get(at);
      case UINT8, BOOL -> values.get(at) & 0xFF;
      case INT16 -> values.getShort(at);
      case UINT16 -> values.getShort(at) & 0xFFFF;
      case INT32 -> values.getInt(at);
      case UINT32 -> values.getInt(at) & 0xFFFFFFFFL;
      case INT64, UINT64 -> values.getLong(at);
      default ->
          throw new IllegalArgumentException("outputs of type " + type + " cannot be compared");
    };
  }

  /**
   * Returns the largest difference seen.
   *
   * @return the absolute difference, infinite where shapes or types differ
   */
  public double maxAbsDiff() {
    return maxAbsDiff;
  }

  /**
   * Tells whether all but floats is equal: integers, complex numbers, strings, types and shapes.
   *
   * @return true if only floats differ, or nothing
   */
  public boolean isEqualButForFloats() {
    return othersEqual;
  }

  /**
   * Returns how far floats are apart.
   *
   * @return root of the mean of the squares of their differences, 0 if there are no floats; NaN
   *     where a NaN met a number
   */
  public double rootMeanSquareDiff() {
    return floats == 0 ? 0 : Math.sqrt(squaredDiffs / floats);
  }

  /**
   * Returns how large the floats of the reference are.
   *
   * @return root of the mean of their squares, 0 if there are none, or NaN
   */
  public double rootMeanSquare() {
    return floats == 0 ? 0 : Math.sqrt(squares / floats);
  }

  /**
   * Returns the part of the elements that count as different.
   *
   * @return 0 to 1
   */
  public double mismatchFraction() {
    return elements == 0 ? 0 : (double) mismatches / elements;
  }

  /**
   * Returns how many elements were compared.
   *
   * @return elements of all outputs of all runs
   */
  public long elements() {
    return elements;
  }

  /**
   * Returns how many elements count as different.
   *
   * @return mismatches
   */
  public long mismatches() {
    return mismatches;
  }

  /**
   * Tells whether every value was equal.
   *
   * @return false if any two differed, however little
   */
  public boolean isEqual() {
    return bitwise;
  }

  /**
   * Tells whether nothing counts as different.
   *
   * @return true if integers are equal and floats within the tolerance
   */
  public boolean isClose() {
    return mismatches == 0;
  }

  /**
   * Describes the first difference.
   *
   * @return empty if there is none
   */
  public String firstMismatch() {
    return first;
  }
}
