// The models that are measured together, by name.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A suite file.
 *
 * @param entries its models in order
 */
public record Suite(List<Entry> entries) {
  private static final int FORMAT = 1;
  private static final Set<String> FIELDS = Set.of("format", "models");
  private static final Set<String> MODEL_FIELDS = Set.of("file", "name", "group");

  /**
   * One model.
   *
   * @param file its file, below one of the folders that hold models
   * @param name what people call it
   * @param group what it is shown with
   */
  public record Entry(String file, String name, String group) {
    /**
     * Looks for the file.
     *
     * @param folders where
     * @return the first that is there
     */
    public Optional<Path> find(List<Path> folders) {
      return folders.stream().map(f -> f.resolve(file)).filter(Files::isRegularFile).findFirst();
    }
  }

  /**
   * Reads a suite file.
   *
   * @param file the file
   * @return the suite
   * @throws IOException if it cannot be read, or is none
   */
  public static Suite read(Path file) throws IOException {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (root == null || !root.isObject() || !root.path("format").isInt()) {
      throw new IOException(file + " is no suite: it has no \"format\"");
    }
    if (root.get("format").asInt() != FORMAT) {
      throw new IOException(
          file + " has format " + root.get("format") + "; this program reads format " + FORMAT);
    }
    known(file, root, FIELDS);
    if (!root.path("models").isArray() || root.get("models").isEmpty()) {
      throw new IOException(file + " is no suite: \"models\" is no list of models");
    }
    List<Entry> entries = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (JsonNode model : root.get("models")) {
      known(file, model, MODEL_FIELDS);
      Entry entry =
          new Entry(
              text(file, model, "file"), text(file, model, "name"), text(file, model, "group"));
      if (!seen.add(entry.file()) || !seen.add("name " + entry.name())) {
        throw new IOException(file + " has " + entry.file() + " or its name twice");
      }
      entries.add(entry);
    }
    return new Suite(List.copyOf(entries));
  }

  private static void known(Path file, JsonNode object, Set<String> fields) throws IOException {
    Iterator<String> names = object.fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (!fields.contains(name)) {
        throw new IOException(file + " has a field \"" + name + "\", which is none of " + fields);
      }
    }
  }

  private static String text(Path file, JsonNode model, String field) throws IOException {
    if (!model.path(field).isTextual() || model.get(field).asText().isBlank()) {
      throw new IOException(file + ": a model has no \"" + field + "\": " + model);
    }
    return model.get(field).asText();
  }

  /**
   * Returns the model of a file.
   *
   * @param model as in {@link Entry#file}
   * @return its entry
   */
  public Optional<Entry> entry(String model) {
    return entries.stream().filter(e -> e.file().equals(model)).findFirst();
  }
}
