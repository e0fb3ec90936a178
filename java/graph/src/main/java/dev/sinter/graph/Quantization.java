// How the integers of a tensor stand for real numbers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Quantization of a tensor: {@code real = scale * (stored - zeroPoint)}, for the whole tensor, per
 * slice along one axis, or described by {@link Details}, in which case the other fields are not
 * used.
 */
public final class Quantization {
  /** No quantization: the numbers stand for themselves. */
  public static final Quantization NONE =
      new Quantization(new float[0], new long[0], 0, new float[0], new float[0], null);

  /** Forms of quantization that one list of scales cannot say. */
  public sealed interface Details permits Blockwise, MultiAxis, Custom, UnknownDetails {}

  /**
   * One scale per block along the last axis.
   *
   * @param scales index of the tensor (of the same subgraph) that holds the scales
   * @param zeroPoints index of the tensor that holds the zero points, -1 for none
   * @param blockSize elements of a block
   */
  public record Blockwise(int scales, int zeroPoints, int blockSize) implements Details {}

  /**
   * Scales along several axes.
   *
   * @param scales index of the tensor (of the same subgraph) that holds the scales
   * @param zeroPoints index of the tensor that holds the zero points, -1 for none
   * @param blockSize elements of a block
   * @param axes the axes
   */
  public record MultiAxis(int scales, int zeroPoints, int blockSize, List<Integer> axes)
      implements Details {
    /**
     * Keeps an immutable copy of the axes.
     *
     * @param scales index of the tensor (of the same subgraph) that holds the scales
     * @param zeroPoints index of the tensor that holds the zero points, -1 for none
     * @param blockSize elements of a block
     * @param axes the axes
     */
    public MultiAxis {
      axes = List.copyOf(axes);
    }
  }

  /**
   * A form only its author can read.
   *
   * @param bytes what the file says
   */
  public record Custom(ByteBuffer bytes) implements Details {
    /**
     * Keeps a read-only view of the bytes.
     *
     * @param bytes what the file says
     */
    public Custom {
      bytes = bytes.asReadOnlyBuffer();
    }
  }

  /**
   * A form newer than this library; kept as it stands in the file.
   *
   * @param code the number of the form in the file's format
   */
  public record UnknownDetails(int code) implements Details {}

  private final float[] scales;
  private final long[] zeroPoints;
  private final int axis;
  private final float[] min;
  private final float[] max;
  private final Details details;

  private Quantization(
      float[] scales, long[] zeroPoints, int axis, float[] min, float[] max, Details details) {
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.axis = axis;
    this.min = min;
    this.max = max;
    this.details = details;
  }

  /**
   * Makes any quantization; missing lists are empty.
   *
   * @param scales one scale, or one per slice
   * @param zeroPoints as many zero points
   * @param axis the axis of the slices
   * @param min smallest real values seen
   * @param max largest real values seen
   * @param details null but for special forms
   * @return the quantization
   */
  public static Quantization of(
      float[] scales, long[] zeroPoints, int axis, float[] min, float[] max, Details details) {
    return new Quantization(
        scales.clone(), zeroPoints.clone(), axis, min.clone(), max.clone(), details);
  }

  /**
   * One scale for the whole tensor.
   *
   * @param scale the scale
   * @param zeroPoint the stored number that stands for 0
   * @return the quantization
   */
  public static Quantization perTensor(float scale, long zeroPoint) {
    return of(new float[] {scale}, new long[] {zeroPoint}, 0, new float[0], new float[0], null);
  }

  /**
   * One scale per slice along an axis, zero points 0.
   *
   * @param axis the axis
   * @param scales one per slice
   * @return the quantization
   */
  public static Quantization perAxis(int axis, float... scales) {
    return of(scales, new long[scales.length], axis, new float[0], new float[0], null);
  }

  /**
   * Tells whether there is any: scales or details.
   *
   * @return false for a tensor whose numbers stand for themselves
   */
  public boolean isQuantized() {
    return scales.length > 0 || details != null;
  }

  /**
   * Tells whether there is exactly one scale for all.
   *
   * @return true for one scale and no details
   */
  public boolean isPerTensor() {
    return scales.length == 1 && details == null;
  }

  /**
   * Returns how many scales are stored.
   *
   * @return the count
   */
  public int count() {
    return scales.length;
  }

  /**
   * Returns one scale; a single scale counts for every slice.
   *
   * @param slice index along {@link #axis()}
   * @return the scale
   */
  public float scale(int slice) {
    return scales[scales.length == 1 ? 0 : slice];
  }

  /**
   * Returns one zero point; a single one counts for every slice, none is 0.
   *
   * @param slice index along {@link #axis()}
   * @return the zero point
   */
  public long zeroPoint(int slice) {
    return zeroPoints.length == 0 ? 0 : zeroPoints[zeroPoints.length == 1 ? 0 : slice];
  }

  /**
   * Returns the scale of a tensor that has one.
   *
   * @return the scale
   */
  public float scale() {
    return scale(0);
  }

  /**
   * Returns the zero point of a tensor that has one.
   *
   * @return the zero point
   */
  public long zeroPoint() {
    return zeroPoint(0);
  }

  /**
   * Returns all scales.
   *
   * @return a copy
   */
  public float[] scales() {
    return scales.clone();
  }

  /**
   * Returns all zero points.
   *
   * @return a copy
   */
  public long[] zeroPoints() {
    return zeroPoints.clone();
  }

  /**
   * Returns the axis along which the scales differ.
   *
   * @return the axis, 0 where there is one scale
   */
  public int axis() {
    return axis;
  }

  /**
   * Returns the smallest real values seen, if the file says.
   *
   * @return a copy, empty if unknown
   */
  public float[] min() {
    return min.clone();
  }

  /**
   * Returns the largest real values seen, if the file says.
   *
   * @return a copy, empty if unknown
   */
  public float[] max() {
    return max.clone();
  }

  /**
   * Returns what makes this a special form.
   *
   * @return null but for special forms
   */
  public Details details() {
    return details;
  }

  @Override
  public boolean equals(Object o) {
    if (!(o instanceof Quantization q)) {
      return false;
    }

    return axis == q.axis
        && Arrays.equals(scales, q.scales)
        && Arrays.equals(zeroPoints, q.zeroPoints)
        && Arrays.equals(min, q.min)
        && Arrays.equals(max, q.max)
        && Objects.equals(details, q.details);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(scales) * 31 + Arrays.hashCode(zeroPoints) * 17 + axis;
  }

  @Override
  public String toString() {
    if (details != null) {
      return details.toString();
    }
    if (scales.length == 0) {
      return "none";
    }
    if (scales.length == 1) {
      return "scale " + scales[0] + " zero " + zeroPoint();
    }
    return scales.length + " scales along axis " + axis;
  }
}
