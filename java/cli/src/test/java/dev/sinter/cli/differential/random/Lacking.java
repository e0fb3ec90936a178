// Ops and types of which some or all forms have no kernel yet.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import java.util.Set;

/**
 * Where Sinter may say "unsupported"; anywhere else that is a failure. Whoever adds what is missing
 * takes the line away.
 */
final class Lacking {
  private static final Set<String> NAMES =
      Set.of(
          "ADD_N float32",
          "ADD_N int32",
          "BITWISE_XOR int16",
          "BITWISE_XOR int8",
          "BITWISE_XOR uint8",
          "CONV_2D s4 int8",
          "CUMSUM float32",
          "CUMSUM int32",
          "CUMSUM int64",
          "EQUAL int16",
          "FLOOR_DIV int16",
          "FLOOR_DIV int8",
          "FLOOR_MOD int16",
          "FLOOR_MOD int8",
          "L2_NORMALIZATION int8",
          "L2_NORMALIZATION uint8",
          "LEAKY_RELU uint8",
          "LOG_SOFTMAX int8",
          "LOG_SOFTMAX uint8",
          "MEAN int16",
          "MEAN int32",
          "MEAN int64",
          "MEAN uint8",
          "NOT_EQUAL int16",
          "PRELU float32",
          "PRELU int8",
          "PRELU uint8",
          "REDUCE_PROD int8",
          "RELU_0_TO_1 float32",
          "RELU_0_TO_1 int8",
          "RELU_0_TO_1 uint8",
          "RIGHT_SHIFT int16",
          "RIGHT_SHIFT int8",
          "RIGHT_SHIFT uint8",
          "SOFTMAX int16",
          "SQUARED_DIFFERENCE int8",
          "SUM int8",
          "SUM uint8",
          "ZEROS_LIKE float32",
          "ZEROS_LIKE int32",
          "ZEROS_LIKE int64",
          "block head int16",
          "block head uint8",
          "chain uint8");

  private Lacking() {}

  static boolean mayLack(Maker maker) {
    return NAMES.contains(maker.name());
  }
}
