// Right answers on labelled data: Sinter's and TFLite's counts, and docs/accuracy.md, which shows
// them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sinter.cli.compare.Evaluation;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class AccuracyTableTest {
  /**
   * What is run on a data set; the models of the first list are small enough for every test run.
   */
  private record Trials(String data, List<String> small, List<String> large) {}

  private static final List<Trials> ALL =
      List.of(
          new Trials(
              "keyword-mfcc",
              List.of(
                  "mlperf-tiny/kws_ref_model.tflite",
                  "mlperf-tiny/kws_ref_model_float32.tflite",
                  "own/kws_float.tflite",
                  "own/kws_int8_tensorflow.tflite"),
              List.of()),
          new Trials(
              "sst2",
              List.of("own/tiny_text_float.tflite", "own/tiny_text_dynamic_int8_tensorflow.tflite"),
              List.of(
                  "own/minilm_sst2_float.tflite",
                  "own/minilm_sst2_dynamic_int8_tensorflow.tflite")),
          new Trials(
              "clothes",
              List.of(),
              List.of("own/clothes_float.tflite", "own/clothes_int8_tensorflow.tflite")),
          new Trials(
              "imagenet-samples",
              List.of(),
              List.of(
                  "coral/mobilenet_v1_0.25_128_quant.tflite",
                  "coral/mobilenet_v1_0.75_192_quant.tflite",
                  "coral/mobilenet_v2_1.0_224_quant.tflite",
                  "coral/tf2_mobilenet_v2_1.0_224_ptq.tflite",
                  "own/mobilenet_v2_float.tflite")),
          new Trials(
              "cifar10",
              List.of(
                  "mlperf-tiny/pretrainedResnet.tflite",
                  "mlperf-tiny/pretrainedResnet_quant.tflite",
                  "own/resnet8_cifar10_float.tflite",
                  "own/resnet8_cifar10_int8_tensorflow.tflite"),
              List.of(
                  "own/resnet8_cifar10_clustered16_tfmot.tflite",
                  "own/resnet8_cifar10_pruned50_tfmot.tflite",
                  "own/resnet8_cifar10_pruned80_tfmot.tflite",
                  "own/resnet8_cifar10_qat_int8_tfmot.tflite",
                  "mlperf-tiny/pretrainedResnet_large_int8.tflite",
                  "mlperf-tiny/pretrainedResnet_large_float.tflite")));

  private static final String HEAD =
      """
      # Accuracy

      Right answers on labelled examples, by Sinter and by TFLite 2.21 with its default delegate: both get the same bytes
      (`./sinter evaluate MODEL --data DIR --peers tflite`). Written by `./sinter tables`; a test checks that the counts of
      the two differ by at most one example, and the small models' counts against this page. The models and the data are
      not part of the project.

      | data set | model | examples | right: Sinter | right: TFLite | accuracy | same answer |
      | --- | --- | --- | --- | --- | --- | --- |
      """;

  private static final boolean WRITE = Boolean.getBoolean("sinter.tables.write");

  private static Evaluation evaluate(String model, Peer peer, Dataset set) throws IOException {
    return Evaluation.run(model, "", peer, set, "test", (done, of) -> {});
  }

  private static String line(Path shared, String data, String model) throws IOException {
    Dataset set = Dataset.open(shared.resolve("data").resolve(data), "test");
    byte[] file = Files.readAllBytes(shared.resolve("models").resolve(model));
    Evaluation ours;
    Evaluation theirs;
    try (Peer peer = SinterPeer.open(model, file, Options.DEFAULT)) {
      ours = evaluate(model, peer, set);
    }
    try (Peer peer = TflitePeer.open(file, TflitePeer.Kernels.XNNPACK, 1)) {
      theirs = evaluate(model, peer, set);
    }
    assertTrue(
        Math.abs(ours.correct() - theirs.correct()) <= 1,
        model + ": " + ours.correct() + " right, TFLite has " + theirs.correct());
    return String.format(
        Locale.ROOT,
        "| %s | %s | %d | %d | %d | %.2f %% | %.2f %% |",
        data,
        model,
        set.size(),
        ours.correct(),
        theirs.correct(),
        100 * ours.accuracy(),
        100 * ours.agreement(theirs));
  }

  @Test
  void countsAreTflitesAndThePages() throws IOException {
    Path shared = Shared.folder();
    assumeTrue(shared != null, "SKIPPED: no folder ../shared with models");
    Path page = Path.of("..", "..", "docs", "accuracy.md");
    List<String> lines = new ArrayList<>();
    for (Trials t : ALL) {
      for (String model : t.small()) {
        lines.add(line(shared, t.data(), model));
      }
      for (String model : WRITE ? t.large() : List.<String>of()) {
        lines.add(line(shared, t.data(), model));
        // As it grows: the whole page takes minutes.
        Files.writeString(page, HEAD + String.join("\n", lines) + "\n");
      }
    }
    List<String> written = Files.readAllLines(page);
    for (String line : lines) {
      assertTrue(
          written.stream().anyMatch(w -> isLike(w, line)),
          "docs/accuracy.md has no line like\n" + line + "\n'./sinter tables' writes it anew");
    }
  }

  /** Whether two lines agree: counts of float models may be one apart on other instruction sets. */
  private static boolean isLike(String written, String line) {
    String[] a = written.split(" \\| ", -1);
    String[] b = line.split(" \\| ", -1);
    boolean like = a.length == b.length;
    for (int i = 0; like && i < 5; i++) {
      like =
          i < 3
              ? a[i].equals(b[i])
              : Math.abs(Integer.parseInt(a[i]) - Integer.parseInt(b[i])) <= 1;
    }
    return like;
  }
}
