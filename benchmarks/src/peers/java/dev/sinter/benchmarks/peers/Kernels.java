// ./sinter kernels: single products beside MKL and oneDNN, in one process, in turn.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.cli.compare.Bencher;
import dev.sinter.cli.compare.PairedRatios;
import dev.sinter.cli.report.JsonReport;
import dev.sinter.cli.report.Machine;
import dev.sinter.runtime.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures products of the shapes in benchmarks/shapes.json. */
@Command(
    name = "kernels",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures matrix products beside MKL and oneDNN, in this process, in many short rounds in which the two take"
          + " turns.",
      "ratio = the peer's time / Sinter's time: the median over the rounds, with its 95 %% interval."
    })
public final class Kernels implements Callable<Integer> {
  private static final String SPARSE = "s8, 80 % zeros in 4 × 4 blocks";

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write product, m, n, k, threads, peer, ratio and the rest.")
  private Path json;

  @Option(
      names = "--seconds",
      defaultValue = "0.4",
      paramLabel = "S",
      description = "Seconds per measurement (default ${DEFAULT-VALUE}), warm-up not counted.")
  private double seconds;

  @Option(
      names = "--threads",
      defaultValue = "1",
      paramLabel = "N",
      description = "Threads for all sides (default 1).")
  private int threads;

  @Option(
      names = "--only",
      paramLabel = "WORD",
      defaultValue = "",
      description = "Only products with this in their name, such as 's8' or '1024 x 1024'.")
  private String only;

  private final List<Map<String, Object>> rows = new ArrayList<>();
  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
  private int different;

  /**
   * Starts.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Kernels()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    String openMp = System.getenv("OMP_NUM_THREADS");
    if (!String.valueOf(threads).equals(openMp)) {
      out.println(
          "OMP_NUM_THREADS is "
              + openMp
              + ", not "
              + threads
              + ": oneDNN would run on other threads; ./sinter kernels sets it");
      return 2;
    }
    if (json != null) {
      JsonReport.check(json);
    }
    out.printf("%s, %d cores, load average %.2f%n", Machine.cpu(), Machine.cores(), Machine.load());
    out.println(Machine.loadWarning());
    out.println(MklSide.version() + "; " + OnednnSide.version());
    for (Product.Kind kind : Product.Kind.values()) {
      for (JsonNode shape : shapes("gemm")) {
        int m = shape.get("m").asInt();
        int n = shape.get("n").asInt();
        int k = shape.get("k").asInt();
        String name = String.format("%s %d x %d x %d", kind.title, m, n, k);
        if (name.contains(only)) {
          measure(Product.random(kind, m, n, k), name);
        }
      }
    }
    for (JsonNode shape : shapes("sparse")) {
      int m = shape.get("m").asInt();
      int n = shape.get("n").asInt();
      int k = shape.get("k").asInt();
      String name = String.format("%s %d x %d x %d", SPARSE, m, n, k);
      if (name.contains(only)) {
        sparse(m, n, k, name);
      }
    }
    if (json != null) {
      JsonReport.write(json, rows);
    }
    return different == 0 ? 0 : 1;
  }

  private static JsonNode shapes(String which) throws IOException {
    Path file = Path.of(System.getProperty("sinter.project", "."), "benchmarks", "shapes.json");
    JsonNode root = new ObjectMapper().readTree(file.toFile());
    if (root.path("format").asInt() != 1) {
      throw new IOException(file + " has format " + root.path("format") + ", not 1");
    }
    return root.get(which);
  }

  private void measure(Product product, String name) {
    try (SinterSide ours = new SinterSide(product, threads)) {
      if (MklSide.has(product.kind())) {
        for (boolean packed : new boolean[] {false, true}) {
          try (MklSide mkl = new MklSide(product, packed, threads)) {
            beside(product, name, ours, mkl, packed ? "MKL, packed" : "MKL", MklSide.version());
          }
        }
      }
      try (OnednnSide onednn = new OnednnSide(product)) {
        String version = OnednnSide.version() + ", " + onednn.kernel();
        beside(product, name, ours, onednn, "oneDNN", version);
      }
    }
  }

  private void sparse(int m, int n, int k, String name) {
    try (SparseSides sides = new SparseSides(m, n, k, threads);
        SparseSides.Mkl mkl = sides.mkl()) {
      sides.run();
      sides.runDense();
      mkl.run();
      Shape shape = new Shape(SPARSE, m, n, k, sides.kernel());
      String same = sides.isEqual() ? "equal" : "different";
      measure(shape, name, sides::run, sides::runDense, "Sinter, dense", "", same);
      String close = mkl.isClose() ? "close" : "different";
      measure(shape, name, sides::run, mkl::run, "MKL, floats in BSR", MklSide.version(), close);
    }
  }

  private void beside(
      Product product, String name, SinterSide ours, Side theirs, String peer, String version) {
    ours.run();
    theirs.run();
    String outputs = product.compare(ours.result(), theirs.result());
    Shape shape =
        new Shape(product.kind().title, product.m(), product.n(), product.k(), ours.kernel());
    measure(shape, name, ours::run, theirs::run, peer, version, outputs);
  }

  /** What is multiplied, for the result's row. */
  private record Shape(String product, int m, int n, int k, String kernel) {}

  private void measure(
      Shape shape,
      String name,
      Runnable ours,
      Runnable theirs,
      String peer,
      String version,
      String outputs) {
    different += outputs.equals("different") ? 1 : 0;
    double load = Machine.load();
    PairedRatios p = new Bencher(seconds).measure(ours, theirs);
    double macs = (double) shape.m() * shape.n() * shape.k();
    out.printf(
        "%-40s %-12s %9.2f us %9.2f us  %.3f (%.3f..%.3f) %s%n",
        name, peer, p.medianOurs(), p.medianTheirs(), p.ratio(), p.low(), p.high(), outputs);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("product", shape.product());
    row.put("m", shape.m());
    row.put("n", shape.n());
    row.put("k", shape.k());
    row.put("threads", threads);
    row.put("peer", peer);
    row.put("sinterMicros", p.medianOurs());
    row.put("peerMicros", p.medianTheirs());
    row.put("ratio", p.ratio());
    row.put("ratioLow", p.low());
    row.put("ratioHigh", p.high());
    row.put("gmacPerSecond", macs / p.medianOurs() / 1e3);
    row.put("peerGmacPerSecond", macs / p.medianTheirs() / 1e3);
    row.put("rounds", p.size());
    row.put("outputs", outputs);
    row.put("kernel", shape.kernel());
    row.put("cpu", Machine.cpu());
    row.put("cores", Machine.cores());
    row.put("isa", Target.local().isaNames());
    row.put("load", load);
    row.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    row.put("peerVersion", version);
    row.put("java", System.getProperty("java.version"));
    rows.add(row);
  }
}
