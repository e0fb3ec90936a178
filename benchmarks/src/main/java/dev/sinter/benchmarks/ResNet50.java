// ResNet-50 with random weights, as TFLite files: a large convolutional network for ./sinter bench.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Padding;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.Optimizer;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * The network of "Deep Residual Learning for Image Recognition" (He et al., 2015) with its batch
 * normalizations folded and the stride in the 3x3 convolutions. Its weights are random and scaled
 * so that activations keep their size: times are a trained network's, answers mean nothing.
 */
public final class ResNet50 {
  private static final int[] BLOCKS = {3, 4, 6, 3};
  private static final int EXPANSION = 4;

  private final GraphBuilder builder = Graph.builder("resnet50");
  private final Random random = new Random(50);
  private int layers;

  private ResNet50() {}

  /**
   * Writes resnet50_float.tflite and resnet50_int8.tflite.
   *
   * @param arguments the folder they go to
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments.length > 0 ? arguments[0] : "build/resnet50");
    Files.createDirectories(folder);
    Graph graph = new ResNet50().build();
    TfliteWriter.write(graph, folder.resolve("resnet50_float.tflite"));
    Graph int8 =
        Optimizer.of(graph)
            .recipe(Recipe.named("static_wi8_ai8"))
            .examples(InputSource.random(4, 1))
            .run()
            .graph();
    TfliteWriter.write(int8, folder.resolve("resnet50_int8.tflite"));
    System.err.println("resnet50_float.tflite and resnet50_int8.tflite are in " + folder);
  }

  private Graph build() {
    Value x = builder.input("image", ElementType.FLOAT32, 1, 224, 224, 3);
    x = convolution(x, 64, 7, 2, Activation.RELU, 1).maxPool(3, 2, Padding.SAME);
    for (int stage = 0; stage < BLOCKS.length; stage++) {
      int width = 64 << stage;
      for (int block = 0; block < BLOCKS[stage]; block++) {
        x = bottleneck(x, width, block == 0 && stage > 0 ? 2 : 1);
      }
    }
    x = x.mean(false, 1, 2);
    int features = x.shape().dim(-1);
    x = x.fullyConnected(weights(features, 1, 1000, features), bias(1000), Activation.NONE);
    return x.softmax().output("probabilities").build();
  }

  private Value bottleneck(Value x, int width, int stride) {
    int out = width * EXPANSION;
    Value branch = convolution(x, width, 1, 1, Activation.RELU, 1);
    branch = convolution(branch, width, 3, stride, Activation.RELU, 1);
    // Half the size, so that sums of branches do not grow from block to block.
    branch = convolution(branch, out, 1, 1, Activation.NONE, 0.5);
    boolean same = stride == 1 && x.shape().dim(-1) == out;
    Value shortcut = same ? x : convolution(x, out, 1, stride, Activation.NONE, 1);
    return branch.add(shortcut, Activation.RELU);
  }

  private Value convolution(
      Value x, int out, int size, int stride, Activation activation, double scale) {
    int in = x.shape().dim(-1);
    return x.conv2d(
        weights(size * size * in, scale, out, size, size, in),
        bias(out),
        stride,
        Padding.SAME,
        activation);
  }

  /** Normal values that keep the variance of rectified inputs, times a scale. */
  private Value weights(int fanIn, double scale, int... dims) {
    int count = 1;
    for (int dim : dims) {
      count *= dim;
    }
    float[] values = new float[count];
    double deviation = scale * Math.sqrt(2.0 / fanIn);
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return builder.floats("weights_" + layers, values, dims);
  }

  private Value bias(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * 0.05);
    }
    return builder.floats("bias_" + layers++, values, count);
  }
}
