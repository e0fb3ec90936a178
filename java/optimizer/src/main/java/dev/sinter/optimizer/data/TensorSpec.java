// What is known about an input or output of a model that is to be filled or read.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;

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
