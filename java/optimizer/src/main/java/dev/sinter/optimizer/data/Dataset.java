// Labelled examples described by a dataset.json.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** One split of a data set with one input per example. */
public final class Dataset {
  private static final int FORMAT = 1;

  private final Path folder;
  private final String name;
  private final List<String> classNames;
  private final Quantizing.Real real;
  private final Shape shape;
  private final ElementType type;
  private final byte[] raw;
  private final List<Path> pictures;
  private final int[] labels;
  private final int classes;
  private final int labelOffset;

  private Dataset(
      Path folder,
      String name,
      List<String> classNames,
      Quantizing.Real real,
      Shape shape,
      ElementType type,
      byte[] raw,
      List<Path> pictures,
      int[] labels,
      int classes,
      int labelOffset) {
    this.folder = folder;
    this.name = name;
    this.classNames = classNames;
    this.real = real;
    this.shape = shape;
    this.type = type;
    this.raw = raw;
    this.pictures = pictures;
    this.labels = labels;
    this.classes = classes;
    this.labelOffset = labelOffset;
  }

  /**
   * Reads the description and the labels; pictures are read when asked for.
   *
   * @param folder where dataset.json lies
   * @param split name of the split, such as "test"
   * @return the examples
   * @throws IOException if something is missing or not understood
   */
  public static Dataset open(Path folder, String split) throws IOException {
    JsonNode root = description(folder);
    JsonNode part = root.path("splits").path(split);
    if (part.isMissingNode()) {
      throw new IOException(
          folder + "/dataset.json has no split '" + split + "'; there are " + splits(folder));
    }
    JsonNode inputs = part.path("inputs");
    if (inputs.size() != 1) {
      throw new IOException(
          folder + ": split '" + split + "' has " + inputs.size() + " inputs; one can be used");
    }
    JsonNode input = inputs.get(0);
    Shape shape = shape(input.path("shape"));
    List<Path> pictures = List.of();
    byte[] raw = new byte[0];
    ElementType type = ElementType.UINT8;
    if (input.has("pictures")) {
      pictures = pictures(folder, input.path("pictures").asText());
    } else {
      raw = Files.readAllBytes(folder.resolve(input.path("file").asText()));
      type = ElementType.valueOf(input.path("type").asText().toUpperCase(Locale.ROOT));
    }
    JsonNode r = root.path("real");
    Quantizing.Real real =
        r.isMissingNode()
            ? Quantizing.Real.AS_STORED
            : new Quantizing.Real(r.path("scale").asDouble(1), r.path("offset").asDouble(0));
    int offset = root.path("label_offset").asInt(0);
    int[] labels = labels(folder, part.path("labels"), offset);
    List<String> names =
        root.has("class_names")
            ? Files.readAllLines(
                folder.resolve(root.path("class_names").asText()), StandardCharsets.UTF_8)
            : List.of();
    Dataset set =
        new Dataset(
            folder,
            root.path("name").asText(),
            names,
            real,
            shape,
            type,
            raw,
            pictures,
            labels,
            root.path("classes").asInt(0),
            offset);
    if (labels.length > 0 && labels.length != set.size()) {
      throw new IOException(
          folder
              + ": split '"
              + split
              + "' has "
              + set.size()
              + " examples, "
              + labels.length
              + " labels");
    }
    return set;
  }

  /**
   * Returns the splits of a data set.
   *
   * @param folder where dataset.json lies
   * @return their names in the order of the file, at least one
   * @throws IOException if there is none
   */
  public static List<String> splits(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    description(folder).path("splits").fieldNames().forEachRemaining(names::add);
    if (names.isEmpty()) {
      throw new IOException(folder + "/dataset.json names no splits");
    }
    return names;
  }

  private static JsonNode description(Path folder) throws IOException {
    Path file = folder.resolve("dataset.json");
    if (!Files.isRegularFile(file)) {
      throw new IOException(
          folder + " has no dataset.json, which says what the examples are (docs/cli.md)");
    }
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is no JSON: " + e.getOriginalMessage(), e);
    }
    if (root.path("format").asInt() != FORMAT) {
      throw new IOException(file + " has format " + root.path("format") + "; known is " + FORMAT);
    }
    return root;
  }

  private static Shape shape(JsonNode dims) {
    int[] shape = new int[dims.size()];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = dims.get(d).asInt();
    }
    return Shape.of(shape);
  }

  private static List<Path> pictures(Path folder, String where) throws IOException {
    List<Path> files = new ArrayList<>();
    if (where.endsWith(".csv")) {
      for (String[] row : csv(folder.resolve(where), "file")) {
        files.add(folder.resolve(row[0]));
      }
    } else {
      try (Stream<Path> all = Files.list(folder.resolve(where))) {
        all.filter(Pictures::isPicture).sorted().forEach(files::add);
      }
    }
    return files;
  }

  /** Reads columns of a csv without quotes; the first line names them. */
  private static List<String[]> csv(Path file, String... columns) throws IOException {
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    List<String> head = lines.isEmpty() ? List.of() : Arrays.asList(lines.get(0).split(",", -1));
    List<String[]> rows = new ArrayList<>();
    for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
      String[] cells = line.split(",", -1);
      String[] row = new String[columns.length];
      for (int c = 0; c < columns.length; c++) {
        int at = head.indexOf(columns[c]);
        if (at < 0 || at >= cells.length) {
          throw new IOException(file + " has no column '" + columns[c] + "' in the line " + line);
        }
        row[c] = cells[at];
      }
      rows.add(row);
    }
    return rows;
  }

  private static int[] labels(Path folder, JsonNode labels, int offset) throws IOException {
    if (labels.isMissingNode()) {
      return new int[0];
    }
    int[] out;
    if (labels.has("csv")) {
      List<String[]> rows =
          csv(folder.resolve(labels.path("csv").asText()), labels.path("column").asText());
      out = rows.stream().mapToInt(row -> Integer.parseInt(row[0].trim())).toArray();
    } else if (labels.path("type").asText().equals("text")) {
      out =
          Files.readAllLines(folder.resolve(labels.path("file").asText()), StandardCharsets.UTF_8)
              .stream()
              .filter(line -> !line.isBlank())
              .mapToInt(line -> Integer.parseInt(line.trim()))
              .toArray();
    } else {
      byte[] bytes = Files.readAllBytes(folder.resolve(labels.path("file").asText()));
      out = new int[bytes.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = bytes[i] & 0xFF;
      }
    }
    for (int i = 0; i < out.length; i++) {
      out[i] += offset;
    }
    return out;
  }

  /**
   * Returns the name of the data set.
   *
   * @return name
   */
  public String name() {
    return name;
  }

  /**
   * Returns the folder.
   *
   * @return where dataset.json lies
   */
  public Path folder() {
    return folder;
  }

  /**
   * Returns the names of the classes.
   *
   * @return names in the order of the labels, empty if there are none
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * Returns what stored numbers stand for.
   *
   * @return scale and offset
   */
  public Quantizing.Real real() {
    return real;
  }

  /**
   * Returns the number of examples.
   *
   * @return how many
   */
  public int size() {
    return pictures.isEmpty() ? (int) (raw.length / type.bytes(shape.elements())) : pictures.size();
  }

  /**
   * Returns the class of an example, with the data set's label offset added.
   *
   * @param example which one
   * @return index of the class in the model's output, -1 where the split has no labels
   */
  public int label(int example) {
    return labels.length == 0 ? -1 : labels[example];
  }

  /**
   * Returns the class of an example in a model with so many scores: a model without the extra
   * classes that the label offset stands for counts them from 0.
   *
   * @param example which one
   * @param scores number of scores of the model
   * @return index of the class in the model's output, -1 where the split has no labels
   */
  public int label(int example, int scores) {
    int label = label(example);
    return label >= 0 && scores == classes ? label - labelOffset : label;
  }

  /**
   * Writes an example into an input. A picture is brought to the size that the input wants.
   *
   * @param example which one
   * @param tensor the input
   * @param out memory of the input
   * @throws IOException if a picture cannot be read
   */
  public void write(int example, TensorSpec tensor, ByteBuffer out) throws IOException {
    ByteBuffer stored;
    if (pictures.isEmpty()) {
      int bytes = (int) type.bytes(shape.elements());
      stored = ByteBuffer.wrap(raw, example * bytes, bytes);
    } else {
      Shape s = tensor.shape();
      boolean picture = s.rank() == 4 && s.dim(0) == 1 && s.dim(3) == shape.dim(2);
      stored =
          ByteBuffer.wrap(
              Pictures.read(
                  pictures.get(example),
                  picture ? s.dim(1) : shape.dim(0),
                  picture ? s.dim(2) : shape.dim(1),
                  shape.dim(2)));
    }
    Quantizing.write(stored.order(ByteOrder.nativeOrder()), type, real, tensor, out);
  }
}
