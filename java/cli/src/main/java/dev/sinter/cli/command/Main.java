// The command line of Sinter.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import dev.sinter.cli.peer.PeerException;
import dev.sinter.graph.GraphException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs, inspects, verifies and measures TensorFlow Lite models. */
@Command(
    name = "sinter",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Runs, inspects, verifies and measures TensorFlow Lite models.",
      "",
      "Exit codes: 0 all is well, 1 a difference or a failure, 2 wrong usage."
    },
    footer = {
      "",
      "Examples:",
      "  sinter inspect model.tflite --kernels          which kernel runs each layer, and why",
      "  sinter run model.tflite --input cat.jpg --top-k 3 --labels labels.txt",
      "  sinter verify models/ --json verify.json       same outputs as TFLite?",
      "  sinter bench model.tflite --peers tflite       how fast beside TFLite?",
      "  sinter evaluate model.tflite --data data/      how many examples are right?",
      "",
      "'sinter COMMAND --help' explains a command."
    },
    subcommands = {
      InspectCommand.class,
      RunCommand.class,
      VerifyCommand.class,
      BenchCommand.class,
      EvaluateCommand.class,
      OptimizeCommand.class,
      DebugCommand.class,
      CompareCommand.class,
      DemoCommand.class,
      ProfileCommand.class,
      ResultsCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main implements Runnable {
  /** All is well. */
  public static final int OK = 0;

  /** A difference or a failure. */
  public static final int FAILED = 1;

  /** Wrong usage. */
  public static final int USAGE = 2;

  @Spec private CommandSpec spec;

  /**
   * Runs a command and ends the process.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  /**
   * Runs a command.
   *
   * @param args the command line
   * @return the exit code
   */
  public static int run(String... args) {
    return commandLine().execute(args);
  }

  /**
   * Makes the parser with all commands.
   *
   * @return the parser; output can be redirected
   */
  public static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Main::failed);
  }

  private static int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    if (e instanceof UsageException) {
      line.getErr().println(e.getMessage());
      return USAGE;
    }
    if (e instanceof PeerException || e instanceof GraphException || e instanceof IOException) {
      line.getErr().println(e.getMessage());
    } else {
      e.printStackTrace(line.getErr());
    }
    return FAILED;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Which command? One of: inspect, run, verify, bench, evaluate, demo, results");
  }
}
