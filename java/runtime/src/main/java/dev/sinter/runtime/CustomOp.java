// An op written in Java.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Op;
import dev.sinter.graph.Quantization;
import dev.sinter.graph.Shape;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An op written in Java: for custom ops of a model, or in place of a builtin one. Registered with
 * {@link Options.Builder#customOp}. The ops before and behind it run on native kernels; it costs
 * one more crossing from Java and no copy.
 *
 * <p>One object serves all sessions: it must be safe for several threads, so state belongs to the
 * caller's own structures.
 */
public interface CustomOp {
  /**
   * Returns which ops this is.
   *
   * @return the custom code, or the name of a builtin op such as {@code CUMSUM}
   */
  String name();

  /**
   * Computes the shapes of the outputs. Called when the shapes of the inputs change; and before
   * each run if {@link #shapesDependOnValues()}.
   *
   * @param call the op and its inputs; values are there only if {@link #shapesDependOnValues()}
   * @return a shape per output
   */
  List<Shape> outputShapes(Call call);

  /**
   * Tells whether the shapes of the outputs depend on the values of the inputs.
   *
   * @return false unless overridden
   */
  default boolean shapesDependOnValues() {
    return false;
  }

  /**
   * Computes the outputs. A run should allocate nothing if the model is to run without garbage.
   *
   * @param call the op, its inputs and its outputs
   */
  void run(Call call);

  /** What an op is called with. Valid during the call. */
  interface Call {
    /**
     * Returns the op as it stands in the model.
     *
     * @return the op
     */
    Op op();

    /**
     * Returns the options that the model gives to a custom op, often a FlexBuffer.
     *
     * @return read-only bytes, empty if there are none
     */
    ByteBuffer customOptions();

    /**
     * Tells whether an optional input is there.
     *
     * @param index which input
     * @return true if it is
     */
    boolean hasInput(int index);

    /**
     * Returns the type of an input.
     *
     * @param index which input
     * @return the type
     */
    ElementType inputType(int index);

    /**
     * Returns the shape of an input.
     *
     * @param index which input
     * @return the shape
     */
    Shape inputShape(int index);

    /**
     * Returns the quantization of an input.
     *
     * @param index which input
     * @return the quantization, {@link Quantization#NONE} for real values
     */
    Quantization inputQuantization(int index);

    /**
     * Returns the values of an input.
     *
     * @param index which input
     * @return row-major in native byte order, from position 0 to the limit; not to be written
     */
    ByteBuffer input(int index);

    /**
     * Returns the type of an output.
     *
     * @param index which output
     * @return the type
     */
    ElementType outputType(int index);

    /**
     * Returns the quantization of an output.
     *
     * @param index which output
     * @return the quantization, {@link Quantization#NONE} for real values
     */
    Quantization outputQuantization(int index);

    /**
     * Returns the place for an output, of the shape that {@link #outputShapes} said.
     *
     * @param index which output
     * @return row-major in native byte order, from position 0 to the limit
     */
    ByteBuffer output(int index);

    /**
     * Returns the strings of an input.
     *
     * @param index which input, of type STRING
     * @return a copy of the bytes of each, row-major
     */
    List<byte[]> inputStrings(int index);

    /**
     * Gives an output its strings.
     *
     * @param index which output, of type STRING
     * @param strings as many as the shape asks for that {@link #outputShapes} said
     */
    void outputStrings(int index, List<byte[]> strings);
  }
}
