// The tables of README.md and benchmarks/README.md, from the files of benchmarks/results.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A folder per machine: machine.json, models.json, kernels.json, calls.json, custom_op.json. */
public final class ResultTables {
  /** The pages with tables, relative to the project. */
  public static final List<String> PAGES = List.of("README.md", "benchmarks/README.md");

  private static final String RESULTS = "benchmarks/results";
  private static final Pattern BLOCK =
      Pattern.compile("<!-- results: (\\w+) -->\n(.*?)<!-- /results -->", Pattern.DOTALL);

  private final Suite suite;
  private final List<Path> machines;

  private ResultTables(Path project) throws IOException {
    this.suite = Suite.read(project.resolve("benchmarks/suite.json"));
    try (Stream<Path> all = Files.list(project.resolve(RESULTS))) {
      // The machines' names end in numbers that grow with time: the newest first.
      machines = all.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
    }
  }

  /**
   * Returns a page with its tables made anew.
   *
   * @param project the project's folder
   * @param page which page, one of {@link #PAGES}
   * @return its text
   * @throws IOException if a file cannot be read, or the page has no place for a table
   */
  public static String page(Path project, String page) throws IOException {
    ResultTables tables = new ResultTables(project);
    String text = Files.readString(project.resolve(page));
    Matcher block = BLOCK.matcher(text);
    StringBuilder written = new StringBuilder();
    boolean any = false;
    while (block.find()) {
      any = true;
      String table = tables.table(block.group(1), page);
      block.appendReplacement(
          written,
          Matcher.quoteReplacement(
              "<!-- results: " + block.group(1) + " -->\n" + table + "\n<!-- /results -->"));
    }
    if (!any) {
      throw new IOException(page + " has no <!-- results: ... --> with <!-- /results --> behind");
    }
    return block.appendTail(written).toString();
  }

  private String table(String what, String page) throws IOException {
    String to = page.contains("/") ? "results" : RESULTS;
    StringBuilder table = new StringBuilder();
    for (Path machine : machines) {
      String link = to + "/" + machine.getFileName();
      switch (what) {
        case "models" -> models(table, machine, link);
        case "details" -> details(table, machine, link);
        case "kernels" -> kernels(table, machine, link);
        case "calls" -> calls(table, machine, link);
        case "gpu" -> gpu(table, machine, link);
        default -> throw new IOException(page + ": there is no table " + what);
      }
    }
    return table.length() == 0 ? "\nNothing is measured yet.\n" : table.toString();
  }

  private String title(Path machine) throws IOException {
    Path file = machine.resolve("machine.json");
    JsonNode root = Files.exists(file) ? read(file) : null;
    return root == null
        ? machine.getFileName().toString()
        : root.path("title").asText(machine.getFileName().toString());
  }

  private static JsonNode read(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "–" : format(format, value);
  }

  private String name(Result r) {
    Result.Key key = r.key();
    String name = suite.entry(key.model()).map(Suite.Entry::name).orElse(r.name());
    return name
        + (key.peer().equals("tflite") ? "" : " / " + key.peer())
        + (key.device().equals("cpu") ? "" : ", on " + key.device())
        + (key.batch() == 1 ? "" : ", batch " + key.batch());
  }

  /** The results of a machine in the order of the suite; others behind. */
  private List<Result> results(Path machine) throws IOException {
    Path file = machine.resolve("models.json");
    if (!Files.exists(file)) {
      return List.of();
    }
    List<String> order = suite.entries().stream().map(Suite.Entry::file).toList();
    List<Result> results = new ArrayList<>(Result.read(file));
    results.sort(
        Comparator.comparingInt(
            r -> order.contains(r.text("model")) ? order.indexOf(r.text("model")) : order.size()));
    return results;
  }

  private void models(StringBuilder table, Path machine, String link) throws IOException {
    List<Result> results = results(machine);
    if (results.isEmpty()) {
      return;
    }
    Set<Integer> threads = new TreeSet<>(results.stream().map(Result::threads).toList());
    table.append(format("\n**%s** ([models.json](%s/models.json)", title(machine), link));
    if (Files.exists(machine.resolve("models.svg"))) {
      table.append(format(", [picture](%s/models.svg)", link));
    }
    table.append(")\n\n| model |");
    threads.forEach(n -> table.append(n == 1 ? " 1 thread |" : " " + n + " threads |"));
    table.append(" outputs |\n| --- |").append(" --- |".repeat(threads.size())).append(" --- |\n");
    Map<String, Map<Integer, Result>> rows = new LinkedHashMap<>();
    for (Result r : results) {
      rows.computeIfAbsent(name(r), k -> new LinkedHashMap<>()).put(r.threads(), r);
    }
    rows.forEach(
        (name, row) -> {
          table.append("| ").append(name).append(" |");
          for (int n : threads) {
            table.append(" ").append(row.containsKey(n) ? ratio(row.get(n)) : "–").append(" |");
          }
          Set<String> outputs =
              new TreeSet<>(row.values().stream().map(r -> r.text("outputs")).toList());
          table.append(" ").append(String.join(", ", outputs)).append(" |\n");
        });
  }

  private static String ratio(Result r) {
    return format(
        "%.2f (%.2f – %.2f)", r.number("ratio"), r.number("ratioLow"), r.number("ratioHigh"));
  }

  private void details(StringBuilder table, Path machine, String link) throws IOException {
    List<Result> results = results(machine);
    if (results.isEmpty()) {
      return;
    }
    table.append(format("\n**%s**", title(machine)));
    if (Files.exists(machine.resolve("models.svg"))) {
      table.append(format("\n\n![ratios with intervals](%s/models.svg)", link));
    }
    table.append(
        "\n\n| model | threads | Sinter µs | TFLite µs | times faster | GMAC/s | of what the machine can do"
            + " | first result ms | slowest call |\n"
            + "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (Result r : results) {
      JsonNode top = r.row().path("topOps").path(0);
      String slowest =
          top.isMissingNode()
              ? "–"
              : format(
                  "%.0f %% `%s`: %s",
                  100 * top.get("share").asDouble(),
                  top.get("kernel").asText(),
                  top.get("layer").asText().replace("|", "\\|"));
      table.append(
          format(
              "| %s | %d | %.1f | %.1f | %s | %s | %s | %s | %s |\n",
              name(r),
              r.threads(),
              r.number("sinterMicros"),
              r.number("peerMicros"),
              ratio(r),
              number("%.1f", r.number("gmacPerSecond")),
              number("%.0f %%", 100 * r.number("rooflineShare")),
              number("%.1f", r.number("loadMillis") + r.number("firstRunMillis")),
              slowest));
    }
  }

  /** A table per kind of product, a row per shape, a column per peer. */
  private void kernels(StringBuilder table, Path machine, String link) throws IOException {
    Path file = machine.resolve("kernels.json");
    if (!Files.exists(file)) {
      return;
    }
    Map<String, List<JsonNode>> products = new LinkedHashMap<>();
    for (JsonNode r : read(file)) {
      products.computeIfAbsent(r.get("product").asText(), p -> new ArrayList<>()).add(r);
    }
    table.append(format("\n**%s** ([kernels.json](%s/kernels.json))\n", title(machine), link));
    products.forEach((product, rows) -> product(table, product, rows));
  }

  private static void product(StringBuilder table, String product, List<JsonNode> results) {
    Map<String, Map<String, JsonNode>> rows = new LinkedHashMap<>();
    Set<String> peers = new LinkedHashSet<>();
    for (JsonNode r : results) {
      String shape =
          format(
              "%d × %d × %d | %d",
              r.get("m").asInt(), r.get("n").asInt(), r.get("k").asInt(), r.get("threads").asInt());
      peers.add(r.get("peer").asText());
      rows.computeIfAbsent(shape, k -> new LinkedHashMap<>()).put(r.get("peer").asText(), r);
    }
    table.append(format("\n| %s: m × n × k | threads | GMAC/s |", product));
    peers.forEach(p -> table.append(" beside ").append(p).append(" |"));
    table.append("\n| --- | --- | --- |").append(" --- |".repeat(peers.size())).append("\n");
    rows.forEach(
        (shape, row) -> {
          JsonNode any = row.values().iterator().next();
          table.append(format("| %s | %.0f |", shape, any.get("gmacPerSecond").asDouble()));
          for (String peer : peers) {
            JsonNode r = row.get(peer);
            table.append(" ").append(r == null ? "–" : ratio(new Result(r))).append(" |");
          }
          table.append("\n");
        });
  }

  /** Products on a GPU: a row per case, a column per peer; rows of peers follow Sinter's. */
  private void gpu(StringBuilder table, Path machine, String link) throws IOException {
    Path file = machine.resolve("gemm.json");
    if (!Files.exists(file)) {
      return;
    }
    JsonNode root = read(file);
    Map<String, Map<String, JsonNode>> rows = new LinkedHashMap<>();
    Set<String> peers = new TreeSet<>();
    for (JsonNode r : root.get("times")) {
      String who = r.get("time").asText();
      String of = r.get("case").asText();
      boolean ours = who.equals("sinter " + of);
      if (!ours && who.startsWith("sinter ")) {
        continue; // another of our kernels, beside it
      }
      String key =
          format(
              "`%s` | %d × %d × %d | %s",
              of,
              r.get("m").asInt(),
              r.get("n").asInt(),
              r.get("k").asInt(),
              r.get("buffers").asText().equals("in L2") ? "L2" : "memory");
      rows.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(ours ? "" : who, r);
      if (!ours) {
        peers.add(who);
      }
    }
    rows.values().removeIf(row -> !row.containsKey("") || row.size() < 2);
    table.append(
        format(
            "\n**%s** ([gemm.json](%s/gemm.json); medians, times faster than the peer)\n\n",
            root.path("card").path("card").asText(), link));
    table.append("| product | m × n × k | operands in | µs | TOP/s |");
    peers.forEach(peer -> table.append(" beside ").append(peer).append(" |"));
    table.append("\n| --- | --- | --- | --- | --- |").append(" --- |".repeat(peers.size()));
    table.append("\n");
    rows.forEach(
        (key, row) -> {
          JsonNode ours = row.get("");
          double micros = ours.get("microseconds").asDouble();
          table.append(
              format("| %s | %.1f | %.0f |", key, micros, ours.get("tera_operations").asDouble()));
          for (String peer : peers) {
            JsonNode r = row.get(peer);
            table
                .append(" ")
                .append(r == null ? "–" : format("%.2f", r.get("microseconds").asDouble() / micros))
                .append(" |");
          }
          table.append("\n");
        });
  }

  private void calls(StringBuilder table, Path machine, String link) throws IOException {
    List<String> lines = new ArrayList<>();
    Path calls = machine.resolve("calls.json");
    if (Files.exists(calls)) {
      double one = jmh(calls, "ops", "1");
      double eleven = jmh(calls, "ops", "11");
      lines.add(format("| a run of a model with one op on one element | %.0f ns |", one));
      lines.add(format("| a further step | %.0f ns |", (eleven - one) / 10));
    }
    Path custom = machine.resolve("custom_op.json");
    if (Files.exists(custom)) {
      double more = jmh(custom, "between", "java") - jmh(custom, "between", "nothing");
      lines.add(format("| an op in Java between two others | %.2f µs |", more / 1000));
    }
    if (!lines.isEmpty()) {
      table.append(format("\n**%s** ([files](%s))\n\n", title(machine), link));
      table.append("| | |\n| --- | --- |\n");
      lines.forEach(line -> table.append(line).append("\n"));
    }
  }

  /** The median of a benchmark with this parameter, in nanoseconds. */
  private static double jmh(Path file, String parameter, String value) throws IOException {
    for (JsonNode benchmark : read(file)) {
      if (benchmark.path("params").path(parameter).asText().equals(value)) {
        JsonNode metric = benchmark.get("primaryMetric");
        if (!metric.get("scoreUnit").asText().equals("ns/op")) {
          throw new IOException(file + " is not in ns/op");
        }
        return metric.get("scorePercentiles").get("50.0").asDouble();
      }
    }
    throw new IOException(file + " has no benchmark with " + parameter + "=" + value);
  }

  /**
   * Returns the pages that differ from what the results give.
   *
   * @param project the project's folder
   * @return new texts by page
   * @throws IOException if a file cannot be read
   */
  public static Map<String, String> changes(Path project) throws IOException {
    Map<String, String> changed = new LinkedHashMap<>();
    for (String page : PAGES) {
      String text = page(project, page);
      if (!text.equals(Files.readString(project.resolve(page)))) {
        changed.put(page, text);
      }
    }
    return changed;
  }
}
