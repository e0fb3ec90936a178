// One row of the file that bench writes.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A model's figures beside a peer.
 *
 * @param row the fields, as docs/cli.md names them
 */
public record Result(JsonNode row) {
  /**
   * What two measurements must share to be compared.
   *
   * @param model its file
   * @param threads of both sides
   * @param peer beside whom
   * @param device what runs it
   * @param batch rows of the inputs
   */
  public record Key(String model, int threads, String peer, String device, int batch) {
    @Override
    public String toString() {
      return model
          + ", threads "
          + threads
          + ", "
          + peer
          + (device.equals("cpu") ? "" : ", on " + device)
          + (batch == 1 ? "" : ", batch " + batch);
    }
  }

  /**
   * Reads a result file.
   *
   * @param file what bench wrote
   * @return its rows in order
   * @throws IOException if it cannot be read, or is none
   */
  public static List<Result> read(Path file) throws IOException {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (root == null || !root.isArray()) {
      throw new IOException(file + " is no result of bench: it is no list");
    }
    List<Result> results = new ArrayList<>();
    for (JsonNode row : root) {
      for (String field : List.of("threads", "ratio", "ratioLow", "ratioHigh")) {
        if (!row.path(field).isNumber()) {
          throw new IOException(file + " is no result of bench: a row has no number " + field);
        }
      }
      for (String field : List.of("model", "peer")) {
        if (!row.path(field).isTextual()) {
          throw new IOException(file + " is no result of bench: a row has no text " + field);
        }
      }
      results.add(new Result(row));
    }
    return results;
  }

  /**
   * Takes the rows of a measurement.
   *
   * @param rows fields by name
   * @return the same as results
   */
  public static List<Result> of(List<Map<String, Object>> rows) {
    ObjectMapper mapper = new ObjectMapper();
    return rows.stream().map(r -> new Result(mapper.<JsonNode>valueToTree(r))).toList();
  }

  /**
   * Returns what it is compared by.
   *
   * @return the key; files from before there were devices are of the processor
   */
  public Key key() {
    return new Key(
        text("model"),
        threads(),
        text("peer"),
        row.path("device").asText("cpu"),
        row.path("batch").asInt(1));
  }

  /**
   * Returns the number of threads.
   *
   * @return of both sides
   */
  public int threads() {
    return row.get("threads").asInt();
  }

  /**
   * Returns a number.
   *
   * @param field its name
   * @return NaN where there is none
   */
  public double number(String field) {
    return row.path(field).isNumber() ? row.get(field).asDouble() : Double.NaN;
  }

  /**
   * Returns a text.
   *
   * @param field its name
   * @return empty where there is none
   */
  public String text(String field) {
    return row.path(field).asText("");
  }

  /**
   * Returns what people call the model.
   *
   * @return its name, else that of its file
   */
  public String name() {
    String model = text("model");
    return row.path("name").asText(model.substring(model.lastIndexOf('/') + 1));
  }

  /**
   * Returns the ratio in a line.
   *
   * @return for people
   */
  public String summary() {
    return String.format(
        Locale.ROOT,
        "%s, threads %d: %.3f (%.3f..%.3f)",
        name(),
        threads(),
        number("ratio"),
        number("ratioLow"),
        number("ratioHigh"));
  }
}
