// What calibration saw, in a file that AI Edge Quantizer reads and writes too.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.calibration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sinter.graph.Graph;
import dev.sinter.graph.Subgraph;
import dev.sinter.optimizer.data.WholeFile;
import dev.sinter.optimizer.rules.StaticLstm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * AI Edge Quantizer's calibration result: {@code {"model_qsvs": {name: {"min": ..., "max": ...}},
 * "metadata": {"num_samples_calibrated": n}}}. A field {@code sinter} beside {@code min} and {@code
 * max} holds the running statistics, so that calibration can go on and ranges can be chosen by
 * another method; other readers pass over it. Tensors whose name others have too are called {@code
 * name@subgraph:tensor}, but for the first.
 */
public final class CalibrationJson {
  private static final int FORMAT = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CalibrationJson() {}

  /**
   * Writes a file.
   *
   * @param calibration what was seen
   * @param graph the float model it was seen of
   * @param file the file
   * @throws IOException if it cannot be written
   */
  public static void write(Calibration calibration, Graph graph, Path file) throws IOException {
    WholeFile.write(file, write(calibration, graph).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Writes what calibration saw.
   *
   * @param calibration what was seen
   * @param graph the float model it was seen of
   * @return JSON
   */
  public static String write(Calibration calibration, Graph graph) {
    ObjectNode root = MAPPER.createObjectNode();
    ObjectNode qsvs = root.putObject("model_qsvs");
    Set<String> names = new HashSet<>();
    long examples = 0;
    ObjectNode seen = MAPPER.createObjectNode();
    for (Map.Entry<Integer, Map<Integer, TensorStatistics>> part :
        calibration.statistics().entrySet()) {
      int s = part.getKey();
      examples += calibration.examples(s);
      seen.put(String.valueOf(s), calibration.examples(s));
      part.getValue()
          .forEach(
              (t, statistics) -> {
                if (!statistics.isEmpty()) {
                  Subgraph g = graph.subgraph(s);
                  String name = StaticLstm.name(g, t);
                  String key = names.add(name) ? name : name + "@" + s + ":" + t;
                  int rank = t < g.tensors().size() ? g.tensor(t).shape().rank() : 0;
                  tensor(qsvs.putObject(key), calibration.of(s, t), statistics, rank);
                }
              });
    }
    ObjectNode metadata = root.putObject("metadata");
    metadata.put("num_samples_calibrated", examples);
    ObjectNode own = metadata.putObject("sinter");
    own.put("format", FORMAT);
    own.put("method", calibration.method().label());
    own.put("percentile", calibration.share());
    own.set("examples", seen);
    return root.toPrettyString();
  }

  private static void tensor(ObjectNode n, Range range, TensorStatistics s, int rank) {
    Range r = range == null ? new Range(s.low(), s.high()) : range;
    n.set("min", nested(r.low(), rank));
    n.set("max", nested(r.high(), rank));
    ObjectNode own = n.putObject("sinter");
    own.put("examples", s.examples());
    own.put("low", s.low());
    own.put("high", s.high());
    own.put("averageLow", s.averageLow());
    own.put("averageHigh", s.averageHigh());
    if (s.histogram() != null) {
      ObjectNode h = own.putObject("histogram");
      h.put("low", s.histogram().low());
      h.put("width", s.histogram().width());
      ArrayNode counts = h.putArray("counts");
      for (long c : s.histogram().counts()) {
        counts.add(c);
      }
    }
  }

  /**
   * As many brackets as the tensor has dimensions: what numpy makes of a minimum that keeps them.
   */
  private static JsonNode nested(double value, int rank) {
    JsonNode n = MAPPER.getNodeFactory().numberNode((float) value);
    for (int i = 0; i < rank; i++) {
      n = MAPPER.createArrayNode().add(n);
    }
    return n;
  }

  /**
   * Reads a file.
   *
   * @param file the file
   * @param graph the float model it was seen of
   * @return what was seen of tensors that the model has
   * @throws IOException if it cannot be read or is no such file; names the tensor
   */
  public static Calibration read(Path file, Graph graph) throws IOException {
    return read(file.toString(), Files.readString(file, StandardCharsets.UTF_8), graph);
  }

  /**
   * Reads what calibration saw.
   *
   * @param name what to call it in messages
   * @param json what was written
   * @param graph the float model it was seen of
   * @return what was seen of tensors that the model has
   * @throws IOException if it is no such text; names the tensor
   */
  public static Calibration read(String name, String json, Graph graph) throws IOException {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException(name + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (root == null || !root.isObject()) {
      throw new IOException(name + " holds no calibration result: no object");
    }
    // Older files are the map itself.
    JsonNode qsvs = root.has("model_qsvs") ? root.get("model_qsvs") : root;
    JsonNode metadata = root.path("metadata");
    JsonNode own = metadata.path("sinter");
    if (own.has("format") && own.get("format").asInt() != FORMAT) {
      throw new IOException(name + " has format " + own.get("format") + "; known is " + FORMAT);
    }
    long samples = Math.max(1, metadata.path("num_samples_calibrated").asLong(1));
    Map<Integer, Map<Integer, TensorStatistics>> statistics = new TreeMap<>();
    Map<Integer, Long> examples = new TreeMap<>();
    int found = 0;
    for (int s = 0; s < graph.subgraphs().size(); s++) {
      Subgraph g = graph.subgraph(s);
      Map<Integer, TensorStatistics> here = new TreeMap<>();
      for (int t : values(g)) {
        String plain = StaticLstm.name(g, t);
        String exact = plain + "@" + s + ":" + t;
        String key = qsvs.has(exact) ? exact : plain;
        if (qsvs.has(key) && !here.containsKey(t)) {
          here.put(t, statistics(name + ": tensor '" + key + "'", qsvs.get(key), samples));
          found++;
        }
      }
      statistics.put(s, here);
      examples.put(
          s, own.path("examples").path(String.valueOf(s)).asLong(here.isEmpty() ? 0 : samples));
    }
    if (found == 0 && qsvs.size() > 0) {
      throw new IOException(
          name
              + " knows no tensor of "
              + graph.name()
              + " by name; it was made for another model (first name: '"
              + qsvs.fieldNames().next()
              + "')");
    }
    Method method = Method.MIN_MAX;
    if (own.has("method")) {
      try {
        method = Method.named(own.get("method").asText());
      } catch (IllegalArgumentException e) {
        throw new IOException(name + ": " + e.getMessage(), e);
      }
    }
    return new Calibration(statistics, examples, method, own.path("percentile").asDouble(99.99));
  }

  /** All tensors, and what layers keep to themselves. */
  private static List<Integer> values(Subgraph g) {
    List<Integer> out = new ArrayList<>();
    for (int t = 0; t < g.tensors().size(); t++) {
      out.add(t);
    }
    for (int i = 0; i < g.ops().size(); i++) {
      if (StaticLstm.is(g.ops().get(i)) && StaticLstm.obstacle(g, g.ops().get(i)) == null) {
        out.addAll(StaticLstm.observed(g, i));
      }
    }
    return out;
  }

  private static TensorStatistics statistics(String where, JsonNode n, long samples)
      throws IOException {
    double low = extreme(where, n, "min", -1);
    double high = extreme(where, n, "max", 1);
    if (!(low <= high)) {
      throw new IOException(where + " has min " + low + " above max " + high);
    }
    JsonNode own = n.path("sinter");
    if (own.isMissingNode()) {
      return new TensorStatistics(samples, low, high, low, high, null);
    }
    Histogram histogram = null;
    JsonNode h = own.path("histogram");
    if (!h.isMissingNode()) {
      long[] counts = new long[h.path("counts").size()];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = h.get("counts").get(i).asLong(-1);
      }
      try {
        histogram =
            Histogram.of(h.path("low").asDouble(Double.NaN), h.path("width").asDouble(0), counts);
      } catch (IllegalArgumentException e) {
        throw new IOException(where + ": " + e.getMessage(), e);
      }
    }
    double[] values = new double[4];
    String[] fields = {"low", "high", "averageLow", "averageHigh"};
    for (int i = 0; i < 4; i++) {
      values[i] = own.path(fields[i]).asDouble(Double.NaN);
      if (Double.isNaN(values[i]) || Double.isInfinite(values[i])) {
        throw new IOException(where + ": '" + fields[i] + "' is " + own.path(fields[i]));
      }
    }
    if (values[0] > values[1] || values[2] > values[3]) {
      throw new IOException(where + ": its low end is above its high end");
    }
    return new TensorStatistics(
        Math.max(1, own.path("examples").asLong(1)),
        values[0],
        values[1],
        values[2],
        values[3],
        histogram);
  }

  /** The smallest, or largest, number in nested lists. */
  private static double extreme(String where, JsonNode n, String field, int sign)
      throws IOException {
    double[] out = {Double.NaN};
    if (!collect(n.path(field), sign, out, 0)
        || Double.isNaN(out[0])
        || Double.isInfinite(out[0])) {
      throw new IOException(
          where + ": '" + field + "' is no finite number: " + shortened(n.path(field)));
    }
    return out[0];
  }

  private static boolean collect(JsonNode n, int sign, double[] out, int depth) {
    if (n.isNumber()) {
      double v = n.asDouble();
      out[0] = Double.isNaN(out[0]) || sign * v > sign * out[0] ? v : out[0];
      return true;
    }
    if (!n.isArray() || depth > 16) {
      return false;
    }
    for (JsonNode child : n) {
      if (!collect(child, sign, out, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static String shortened(JsonNode n) {
    String text = String.valueOf(n);
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }
}
