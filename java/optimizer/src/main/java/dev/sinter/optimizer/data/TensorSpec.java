// What is known about an input or output of a model that is to be filled or read.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import dev.sinter.runtime.TensorInfo;

/**
 * Name, type, shape and quantization of an input or output.
 *
 * @param name its name in the file
 * @param type type of its elements
 * @param shape its shape, all dimensions known
 * @param scale scale of the whole tensor, 0 where it is not quantized
 * @param zeroPoint the stored number that stands for 0
 */
public record TensorSpec(String name, ElementType type, Shape shape, float scale, int zeroPoint) {
  /**
   * Describes what a session takes or gives.
   *
   * @param info an input or output of a session
   * @return its description; scale 0 where the tensor has no scale or several
   */
  public static TensorSpec of(TensorInfo info) {
    Quantization q = info.quantization();
    boolean whole = q.isPerTensor();
    return new TensorSpec(
        info.name(),
        info.type(),
        info.shape(),
        whole ? q.scale() : 0,
        whole ? (int) q.zeroPoint() : 0);
  }

  /**
   * Returns the bytes of the values.
   *
   * @return bytes, -1 where elements have no fixed size
   */
  public long bytes() {
    return type.bytes(shape.elements());
  }

  @Override
  public String toString() {
    return "'"
        + name
        + "' "
        + type
        + shape
        + (scale == 0 ? "" : " scale " + scale + " zero " + zeroPoint);
  }
}
