// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.lower;

import dev.sinter.graph.Shape;
import java.util.List;

/**
 * A model as steps.
 *
 * @param steps in the order in which they run
 * @param inputCount how many bindings are inputs; outputs follow
 * @param outputTensors tensor per output
 * @param outputs the values of the outputs
 * @param shapes a shape per tensor
 * @param notes what was fused and folded
 */
public record Lowered(
    List<Step> steps,
    int inputCount,
    List<Integer> outputTensors,
    List<Value> outputs,
    List<Shape> shapes,
    List<String> notes) {}
