// One row of bench: a model on so many threads beside a peer, and what its time is made of.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.bench.FirstResult;
import dev.sinter.cli.bench.Peaks;
import dev.sinter.cli.bench.Roofline;
import dev.sinter.cli.bench.StepTimes;
import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.Comparison;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.compare.Verifier;
import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.cli.peer.TflitePeer;
import dev.sinter.cli.report.Machine;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.optimizer.data.InputShapes;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.runtime.Options;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;

/** Measures models; keeps the peaks of this machine once they are known. */
final class ModelBench {
  /** Beside whom. */
  enum PeerName {
    TFLITE,
    TFLITE_BUILTIN
  }

  /**
   * A model.
   *
   * @param model its file as results name it
   * @param name what people call it, null where it has no other name
   * @param group what it is shown with, null for none
   * @param file where it is
   */
  record Subject(String model, String name, String group, Path file) {
    String shown() {
      return name == null ? file.getFileName().toString() : name;
    }
  }

  private static final double PROFILE_SECONDS = 0.3;
  private static final double PEAK_SECONDS = 1.5;
  private static final int FIRST_RESULTS = 5;
  private static final int TOP = 3;

  private final IntFunction<Options> options;
  private final double seconds;
  private final long seed;
  private final int batch;
  private final Map<Integer, Roofline> peaks = new HashMap<>();

  ModelBench(IntFunction<Options> options, double seconds, long seed, int batch) {
    this.options = options;
    this.seconds = seconds;
    this.seed = seed;
    this.batch = batch;
  }

  /** Times both sides. */
  Map<String, Object> measure(Subject subject, byte[] bytes, int threads, PeerName peer) {
    TflitePeer.Kernels kernels =
        peer == PeerName.TFLITE ? TflitePeer.Kernels.XNNPACK : TflitePeer.Kernels.BUILTIN;
    Graph graph = TfliteReader.read(bytes);
    List<Shape> shapes = InputShapes.of(graph, batch);
    String file = subject.file().toString();
    try (SinterPeer ours = SinterPeer.open(file, bytes, options.apply(threads), shapes);
        Peer theirs = TflitePeers.open(bytes, kernels, threads, shapes)) {
      InputSource.random(1, seed).open(graph).fill(0, theirs, ours);
      ours.invoke();
      theirs.invoke();
      double tolerance = TfliteVerifiers.tolerance(options.apply(threads).bf16());
      Comparison same = new Comparison(Verifier.tolerance(bytes, tolerance));
      same.add(ours, theirs);
      double load = Machine.load();
      PairedRatios p = new Bencher(seconds).measure(ours, theirs);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", subject.model());
      if (subject.name() != null) {
        row.put("name", subject.name());
        row.put("group", subject.group());
      }
      row.put("threads", threads);
      row.put("peer", peer.name().toLowerCase(Locale.ROOT));
      row.put("sinterMicros", p.medianOurs());
      row.put("peerMicros", p.medianTheirs());
      row.put("ratio", p.ratio());
      row.put("ratioLow", p.low());
      row.put("ratioHigh", p.high());
      row.put("rounds", p.size());
      row.put(
          "outputs",
          same.isEqual()
              ? "equal"
              : same.isClose() ? "close" : judged(file, bytes, threads, kernels, tolerance));
      row.put("cpu", Machine.cpu());
      row.put("cores", Machine.cores());
      row.put("isa", ours.isa());
      row.put("device", ours.device());
      row.put("batch", batch);
      row.put("load", load);
      row.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      row.put("sinterVersion", ours.name());
      row.put("peerVersion", theirs.name());
      row.put("java", System.getProperty("java.version"));
      return row;
    }
  }

  /** What {@code verify} says of a model whose outputs differ. */
  private String judged(
      String file, byte[] bytes, int threads, TflitePeer.Kernels kernels, double tolerance) {
    InputSource inputs = InputSource.random(1, seed);
    try (TfliteVerifiers verifiers =
        new TfliteVerifiers(options.apply(threads), kernels, false, inputs, inputs, tolerance)) {
      Verifier models = verifiers.models();
      return (batch == 1 ? models.verify(file, bytes) : models.verify(file, bytes, batch))
          .status()
          .label();
    }
  }

  /** Times the kernel calls. */
  StepTimes profile(Subject subject, byte[] bytes, int threads) {
    return StepTimes.measure(
        subject.file().toString(), bytes, options.apply(threads), batch, PROFILE_SECONDS);
  }

  /** Adds what the time is made of, and how it compares with what the machine can do. */
  void addDetails(Map<String, Object> row, StepTimes times, int threads) {
    double micros = (Double) row.get("sinterMicros");
    row.put("macs", times.macs());
    row.put("gmacPerSecond", times.macs() / micros / 1e3);
    if (row.get("device").equals("cpu")) {
      Roofline roofline = peaks(threads);
      double least = roofline.micros(times);
      row.put("rooflineMicros", least);
      row.put("rooflineShare", least / micros);
      row.put("rooflineLevel", roofline.level(times).name().toLowerCase(Locale.ROOT));
      row.put("peaks", roofline.fields());
    }
    List<Map<String, Object>> top = new ArrayList<>();
    List<StepTimes.Step> slowest = times.slowest();
    for (StepTimes.Step step : slowest.subList(0, Math.min(TOP, slowest.size()))) {
      Map<String, Object> op = new LinkedHashMap<>();
      op.put("op", step.report().op());
      op.put("layer", step.report().what());
      op.put("kernel", step.report().kernel());
      op.put("micros", step.micros());
      op.put("share", step.micros() / Math.max(times.micros(), 1e-9));
      top.add(op);
    }
    row.put("topOps", top);
  }

  /** Adds how long the first result takes, from the file on. */
  void addFirstResult(Map<String, Object> row, Subject subject, byte[] bytes, int threads) {
    List<Shape> shapes = InputShapes.of(TfliteReader.read(bytes), batch);
    FirstResult first =
        FirstResult.measure(subject.file(), options.apply(threads), shapes, FIRST_RESULTS);
    row.put("loadMillis", first.loadMillis());
    row.put("firstRunMillis", first.firstRunMillis());
  }

  /** What this machine can do with so many threads, measured when first asked for. */
  Roofline peaks(int threads) {
    return peaks.computeIfAbsent(threads, n -> Peaks.measure(n, PEAK_SECONDS));
  }
}
