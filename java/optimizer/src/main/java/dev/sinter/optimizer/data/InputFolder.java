// Real inputs from a folder: examples of a data set, or files, run by run.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder with a dataset.json gives the examples of one split to models with one input. Any other
 * folder with subfolders gives one run per subfolder, which holds a file per input. A folder of
 * files alone gives one run per file to models with one input, and one run to models with several.
 * Files belong to the inputs whose names they have; where they have other names, in the order of
 * their names to the inputs in their order.
 */
public final class InputFolder implements InputSource {
  private final Path folder;
  private final Dataset set;
  private final List<Path> subfolders;
  private final List<Path> files;
  private final Quantizing.Real real;
  private final int limit;

  private InputFolder(
      Path folder,
      Dataset set,
      List<Path> subfolders,
      List<Path> files,
      Quantizing.Real real,
      int limit) {
    this.folder = folder;
    this.set = set;
    this.subfolders = subfolders;
    this.files = files;
    this.real = real;
    this.limit = limit;
  }

  /**
   * Looks into a folder.
   *
   * @param folder the folder
   * @param split name of the split of a data set; null for its first
   * @param real what the bytes of pictures stand for; null if not known
   * @param limit runs at most
   * @return the inputs
   * @throws IOException if there is nothing usable
   */
  public static InputFolder open(Path folder, String split, Quantizing.Real real, int limit)
      throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(folder + " is no folder; a folder with inputs is wanted");
    }
    if (Files.exists(folder.resolve("dataset.json"))) {
      String name = split != null ? split : Dataset.splits(folder).get(0);
      return new InputFolder(folder, Dataset.open(folder, name), List.of(), List.of(), real, limit);
    }
    if (split != null) {
      throw new IOException(folder + " has no dataset.json, so there is no split '" + split + "'");
    }
    List<Path> files = list(folder, false);
    List<Path> subfolders = list(folder, true);
    if (!subfolders.isEmpty() && !files.isEmpty()) {
      throw new IOException(
          folder
              + " holds files ("
              + files.get(0).getFileName()
              + ") beside subfolders: put the inputs of each run into a subfolder, or all of them into none");
    }
    if (subfolders.isEmpty() && files.isEmpty()) {
      throw new IOException(
          folder
              + " is empty: put there a dataset.json, a file per run (one input), or a subfolder per run with a file"
              + " per input (.npy, raw values, .png, .jpg)");
    }
    return new InputFolder(folder, null, subfolders, files, real, limit);
  }

  private static List<Path> list(Path folder, boolean folders) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> !p.getFileName().toString().startsWith("."))
          .filter(p -> Files.isDirectory(p) == folders)
          .sorted()
          .toList();
    }
  }

  @Override
  public Feed open(Graph graph) {
    int inputs = graph.inputs().size();
    if (set == null) {
      return new Runs(runs(graph));
    }
    if (inputs != 1) {
      throw new MisfitException(
          "the model has "
              + inputs
              + " inputs, the examples of the data set "
              + set.name()
              + " fill one",
          null);
    }
    return new Examples();
  }

  private List<List<Path>> runs(Graph graph) {
    List<String> names = graph.inputs().stream().map(t -> graph.tensor(t).name()).toList();
    List<List<Path>> runs = new ArrayList<>();
    if (subfolders.isEmpty() && names.size() == 1) {
      files.forEach(f -> runs.add(List.of(f)));
    } else if (subfolders.isEmpty()) {
      runs.add(ordered(folder, files, names));
    } else {
      for (Path subfolder : subfolders.subList(0, Math.min(limit, subfolders.size()))) {
        try {
          runs.add(ordered(subfolder, list(subfolder, false), names));
        } catch (IOException e) {
          throw new MisfitException(e.getMessage(), e);
        }
      }
    }
    return runs;
  }

  private static List<Path> ordered(Path folder, List<Path> files, List<String> names) {
    if (files.size() != names.size()) {
      throw new MisfitException(
          "the model has "
              + names.size()
              + " inputs "
              + names
              + ", "
              + folder
              + " has "
              + files.size()
              + " files",
          null);
    }
    List<Path> byName = new ArrayList<>();
    for (String name : names) {
      files.stream().filter(f -> isNamed(f, name)).findFirst().ifPresent(byName::add);
    }
    return byName.size() == names.size() && byName.stream().distinct().count() == names.size()
        ? byName
        : files;
  }

  /** Whether a file is called like a tensor, with _ for what file names had better not have. */
  private static boolean isNamed(Path file, String tensor) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String stem = dot > 0 ? name.substring(0, dot) : name;
    return stem.equals(tensor.replaceAll("[^A-Za-z0-9._-]", "_"));
  }

  /** Examples of a data set. */
  private final class Examples implements Feed {
    @Override
    public int runs() {
      return Math.min(limit, set.size());
    }

    @Override
    public void fill(int run, InputSlots... all) {
      try {
        set.write(run, all[0].inputs().get(0), all[0].input(0));
        InputSource.copy(0, all);
      } catch (IOException | IllegalArgumentException e) {
        throw new MisfitException("the data set " + set.name() + ": " + e.getMessage(), e);
      }
    }
  }

  /** Files per run. */
  private final class Runs implements Feed {
    private final List<List<Path>> runs;

    private Runs(List<List<Path>> runs) {
      this.runs = runs;
    }

    @Override
    public int runs() {
      return Math.min(limit, runs.size());
    }

    @Override
    public void fill(int run, InputSlots... all) {
      for (int i = 0; i < all[0].inputs().size(); i++) {
        TensorSpec spec = all[0].inputs().get(i);
        Path file = runs.get(run).get(i);
        try {
          if (spec.type() == ElementType.STRING) {
            InputSource.setStrings(i, InputFiles.strings(file), all);
          } else {
            InputFiles.fill(file, real, spec, all[0].input(i));
            InputSource.copy(i, all);
          }
        } catch (IOException | IllegalArgumentException e) {
          throw new MisfitException(e.getMessage(), e);
        }
      }
    }
  }
}
