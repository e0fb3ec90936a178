// What a caller must know about an input or output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;

/**
 * An input or output of a model.
 *
 * @param name name in the model file
 * @param type type of the elements, stored row-major in native byte order
 * @param shape its shape in this model or session
 * @param quantization {@link Quantization#NONE}, or how integers stand for real numbers: real =
 *     (stored - zero point) * scale
 */
public record TensorInfo(String name, ElementType type, Shape shape, Quantization quantization) {
  /**
   * Returns the size of a buffer for this tensor.
   *
   * @return bytes, -1 for strings, which have no fixed size
   */
  public long bytes() {
    return type.bytes(shape.elements());
  }

  TensorInfo withName(String newName) {
    return newName.equals(name) ? this : new TensorInfo(newName, type, shape, quantization);
  }
}
