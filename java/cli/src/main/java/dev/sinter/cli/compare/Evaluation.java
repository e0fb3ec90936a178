// How many labelled examples a runtime gets right, and how often it agrees with another.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.optimizer.data.Dataset;
import dev.sinter.optimizer.data.Scores;
import dev.sinter.optimizer.data.TensorSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of a model on a split of a data set.
 *
 * @param model the file
 * @param runtime who ran it
 * @param split name of the split
 * @param answers class per example
 * @param labelled whether the split has labels
 * @param correct examples whose answer is the label
 * @param hits per example whether the answer is the label; empty without labels
 */
public record Evaluation(
    String model,
    String runtime,
    String split,
    List<Integer> answers,
    boolean labelled,
    int correct,
    List<Boolean> hits) {
  /**
   * Keeps an immutable copy of the answers.
   *
   * @param model the file, for reports
   * @param runtime what ran it
   * @param split the data's part
   * @param answers class per example
   * @param labelled whether the split has labels
   * @param correct examples whose answer is the label
   * @param hits per example whether the answer is the label
   */
  public Evaluation {
    answers = List.copyOf(answers);
    hits = List.copyOf(hits);
  }

  /** Hears how far an evaluation is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Told after each example.
     *
     * @param done examples so far
     * @param of examples in all
     */
    void at(int done, int of);
  }

  /**
   * Runs a model over a split. Its first input takes the example, the largest score of its first
   * output is the answer.
   *
   * @param model the file, for reports
   * @param runtime what to call the peer there
   * @param peer the model loaded
   * @param set the split
   * @param split its name
   * @param progress hears how far it is
   * @return what became of it
   * @throws IOException if an example cannot be read
   */
  public static Evaluation run(
      String model, String runtime, Peer peer, Dataset set, String split, Progress progress)
      throws IOException {
    if (peer.inputs().size() != 1) {
      throw new IOException(
          model
              + " has "
              + peer.inputs().size()
              + " inputs; evaluate needs a model with one: "
              + peer.inputs());
    }
    List<Integer> answers = new ArrayList<>();
    List<Boolean> hits = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      try {
        set.write(i, peer.inputs().get(0), peer.input(0));
      } catch (IllegalArgumentException e) {
        throw new IOException(
            model + " does not fit the data set " + set.name() + ": " + e.getMessage(), e);
      }
      peer.invoke();
      TensorSpec output = peer.outputs().get(0);
      double[] scores;
      try {
        scores = Scores.of(output, peer.output(0));
      } catch (IllegalArgumentException e) {
        throw new IOException(model + ": " + e.getMessage(), e);
      }
      int best = Scores.best(scores);
      answers.add(best);
      if (set.label(i) >= 0) {
        hits.add(best == set.label(i, scores.length));
      }
      progress.at(i + 1, set.size());
    }
    int correct = (int) hits.stream().filter(hit -> hit).count();
    return new Evaluation(model, runtime, split, answers, set.label(0) >= 0, correct, hits);
  }

  /**
   * Returns the share of correct answers.
   *
   * @return 0 to 1; NaN without labels
   */
  public double accuracy() {
    return labelled ? (double) correct / answers.size() : Double.NaN;
  }

  /**
   * Returns how often another runtime gives the same answer.
   *
   * @param other the other's answers to the same examples
   * @return 0 to 1
   */
  public double agreement(Evaluation other) {
    int same = 0;
    for (int i = 0; i < answers.size(); i++) {
      same += answers.get(i).equals(other.answers.get(i)) ? 1 : 0;
    }
    return (double) same / answers.size();
  }

  /**
   * Returns the fields of a report.
   *
   * @param other whom the agreement is with, null for nobody
   * @return names and values; correct and accuracy are null without labels
   */
  public Map<String, Object> fields(Evaluation other) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model);
    fields.put("runtime", runtime);
    fields.put("split", split);
    fields.put("examples", answers.size());
    fields.put("correct", labelled ? correct : null);
    fields.put("accuracy", labelled ? accuracy() : null);
    fields.put("agreement", other == null ? null : agreement(other));
    return fields;
  }
}
