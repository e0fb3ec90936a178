// What the format's specification asks of one kind of op when it computes in integers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.rules;

import dev.sinter.graph.ElementType;
import dev.sinter.optimizer.decision.Affine;
import java.util.Set;

/**
 * The rules for a kind of op.
 *
 * @param name TensorFlow Lite's name of the op
 * @param recipeName what recipes call it
 * @param weights which input holds the weights, -1 if none does
 * @param bias which input is the bias, -1 if none is
 * @param axis axis of the weights along which channels have scales of their own, -1: one scale
 * @param scales how scales of inputs and outputs hang together
 * @param activations types that inputs and outputs may have; empty: computes in float only
 * @param fixed8 scale of an INT8 result if {@code scales} is FIXED
 * @param fixed16 scale of an INT16 result if {@code scales} is FIXED
 * @param dynamic bits of weights that kernels for float inputs take; empty: none
 * @param blocks whether those may have scales by block
 * @param weightOnly bits of weights that may stand behind a DEQUANTIZE
 * @param static4 whether weights of 4 bits may meet quantized inputs
 * @param standard whether a rule for all ops ({@code *}) of a static recipe means it
 */
public record OpRule(
    String name,
    String recipeName,
    int weights,
    int bias,
    int axis,
    Scales scales,
    Set<ElementType> activations,
    Affine fixed8,
    Affine fixed16,
    Set<Integer> dynamic,
    boolean blocks,
    Set<Integer> weightOnly,
    boolean static4,
    boolean standard) {
  /** How scales of inputs and outputs hang together. */
  public enum Scales {
    /** Each tensor has its own. */
    FREE,
    /** Results have the scale of the first input that holds numbers: values are moved. */
    AS_INPUT,
    /** All inputs have the scale of the result. */
    AS_OUTPUT,
    /** The result has a scale that the kernel fixes. */
    FIXED
  }

  /**
   * Returns the scale that the kernel fixes for its result.
   *
   * @param type INT8 or INT16
   * @return the scale, or null if none is fixed
   */
  public Affine fixed(ElementType type) {
    return scales != Scales.FIXED ? null : type == ElementType.INT8 ? fixed8 : fixed16;
  }

  /**
   * Tells whether the op only moves values, so that it gains nothing from integers by itself.
   *
   * @return true for reshapes, slices, concatenations and the like
   */
  public boolean moves() {
    return switch (name) {
      case "RESHAPE",
          "SQUEEZE",
          "EXPAND_DIMS",
          "TRANSPOSE",
          "SLICE",
          "STRIDED_SLICE",
          "SPLIT",
          "SPLIT_V",
          "PAD",
          "PADV2",
          "MIRROR_PAD",
          "PACK",
          "UNPACK",
          "GATHER",
          "GATHER_ND",
          "CONCATENATION",
          "BROADCAST_TO",
          "TILE",
          "SPACE_TO_DEPTH",
          "DEPTH_TO_SPACE",
          "SPACE_TO_BATCH_ND",
          "BATCH_TO_SPACE_ND",
          "DYNAMIC_UPDATE_SLICE",
          "SELECT",
          "SELECT_V2",
          "RESIZE_NEAREST_NEIGHBOR" ->
          true;
      default -> false;
    };
  }
}
