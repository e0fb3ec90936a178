// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real models load and run, with every instruction set alike. */
class RealModelsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "own/resnet8_cifar10_int8_tensorflow.tflite",
        "own/clothes_int8_tensorflow.tflite",
        "mlperf-tiny/kws_ref_model.tflite",
        "mlperf-tiny/ad01_int8.tflite"
      })
  void allInstructionSetsAgree(String name) {
    Path file = Shared.models().resolve(name);
    assumeTrue(Files.exists(file), "absent: " + file);
    byte[] expected = run(file, Options.builder().isa("reference").build());
    byte[] actual = run(file, Options.DEFAULT);
    assertEquals(ByteBuffer.wrap(expected), ByteBuffer.wrap(actual));
  }

  private static byte[] run(Path file, Options options) {
    try (Model model = Model.load(file, options);
        Session session = model.newSession()) {
      Random random = new Random(7);
      ByteBuffer input = session.input(0);
      byte[] bytes = new byte[input.capacity()];
      random.nextBytes(bytes);
      input.put(0, bytes);
      session.run();
      byte[] output = new byte[session.output(0).capacity()];
      session.output(0).get(0, output);
      return output;
    }
  }
}
