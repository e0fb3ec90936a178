// The real models that must give TFLite's outputs, on 200 inputs each.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.InputRange;
import dev.sinter.optimizer.data.RandomInputs;
import dev.sinter.optimizer.data.Scores;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Half of the inputs are real examples, half random. */
class RealModelsTest {
  private static final int INPUTS = 200;

  @ParameterizedTest
  @CsvSource({
    "own/resnet8_cifar10_int8_tensorflow, cifar10",
    "own/clothes_int8_tensorflow, clothes",
    "mlperf-tiny/kws_ref_model, keyword-mfcc",
    "own/clothes_float, clothes"
  })
  void outputsAreThoseOfTflite(String model, String data) throws IOException {
    check(model, data, Options.DEFAULT, INPUTS);
  }

  @ParameterizedTest
  @CsvSource({
    "own/resnet8_cifar10_int8_tensorflow, cifar10, avx2, 60",
    "own/resnet8_cifar10_int8_tensorflow, cifar10, reference, 10",
    "own/clothes_int8_tensorflow, clothes, avx2, 20",
    "own/clothes_int8_tensorflow, clothes, reference, 2",
    "mlperf-tiny/kws_ref_model, keyword-mfcc, avx2, 60",
    "mlperf-tiny/kws_ref_model, keyword-mfcc, reference, 20",
    "own/clothes_float, clothes, avx2, 20",
    "own/clothes_float, clothes, reference, 2"
  })
  void everyIsa(String model, String data, String isa, int inputs) throws IOException {
    check(model, data, Options.builder().isa(isa).build(), inputs);
  }

  private static void check(String model, String data, Options options, int inputs)
      throws IOException {
    Path shared = Shared.folder();
    assumeTrue(shared != null, "SKIPPED: no folder ../shared with models and data");
    byte[] file = Files.readAllBytes(shared.resolve("models").resolve(model + ".tflite"));
    Dataset set = Dataset.open(shared.resolve("data").resolve(data), "test");
    Comparison comparison = new Comparison(Comparison.DEFAULT_TOLERANCE);
    int right = 0;
    int peerRight = 0;
    int real = Math.min(set.size(), inputs / 2);
    try (SinterPeer ours = SinterPeer.open(model, file, options);
        Peer theirs = TflitePeer.open(file, TflitePeer.Kernels.XNNPACK, 1)) {
      List<InputRange> ranges = InputRange.of(TfliteReader.read(file));
      RandomInputs random = new RandomInputs(17);
      for (int n = 0; n < inputs; n++) {
        if (n < real) {
          // Spread over the set, whose examples are sorted by class.
          int example = (int) ((long) n * set.size() / real);
          set.write(example, theirs.inputs().get(0), theirs.input(0));
        } else {
          random.fill(theirs.input(0), theirs.inputs().get(0).type(), ranges.get(0));
        }
        ours.input(0).put(theirs.input(0));
        ours.invoke();
        theirs.invoke();
        comparison.add(ours, theirs);
        if (n < real) {
          int label = set.label((int) ((long) n * set.size() / real));
          right += Scores.best(Scores.of(ours.outputs().get(0), ours.output(0))) == label ? 1 : 0;
          peerRight +=
              Scores.best(Scores.of(theirs.outputs().get(0), theirs.output(0))) == label ? 1 : 0;
        }
      }
    }
    System.out.printf(
        "%s, %s: %d inputs (%d real: Sinter right on %d, TFLite on %d), max |diff| %.3g, mismatching %d of %d%n",
        model,
        options,
        inputs,
        real,
        right,
        peerRight,
        comparison.maxAbsDiff(),
        comparison.mismatches(),
        comparison.elements());
    assertTrue(comparison.isClose(), comparison.firstMismatch());
  }
}
