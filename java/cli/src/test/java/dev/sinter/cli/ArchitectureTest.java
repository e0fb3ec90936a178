// Which module may know which: cli -> runtime -> graph, and runtime -> native.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.sinter", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule DEPENDENCIES_POINT_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("dev.sinter..")
          .layer("cli")
          .definedBy("dev.sinter.cli..")
          .layer("optimizer")
          .definedBy("dev.sinter.optimizer..")
          .layer("runtime")
          .definedBy("dev.sinter.runtime..")
          .layer("graph")
          .definedBy("dev.sinter.graph..")
          .layer("native")
          .definedBy("dev.sinter.natives..")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("optimizer")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("runtime")
          .mayOnlyBeAccessedByLayers("optimizer", "cli")
          .whereLayer("graph")
          .mayOnlyBeAccessedByLayers("optimizer", "runtime", "cli")
          .whereLayer("native")
          .mayOnlyBeAccessedByLayers("runtime", "cli")
          .ensureAllClassesAreContainedInArchitectureIgnoring("dev.sinter.benchmarks..");

  @ArchTest
  static final ArchRule GRAPH_IS_PURE_JAVA =
      classes()
          .that()
          .resideInAPackage("dev.sinter.graph..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("dev.sinter.graph..", "java..");

  @ArchTest
  static final ArchRule GRAPH_LOADS_NO_NATIVE_CODE =
      noClasses()
          .that()
          .resideInAPackage("dev.sinter.graph..")
          .should()
          .callMethod(System.class, "load", String.class)
          .orShould()
          .callMethod(System.class, "loadLibrary", String.class);

  @ArchTest
  static final ArchRule ONLY_THE_LOADER_LOADS =
      noClasses()
          .that()
          .resideInAPackage("dev.sinter..")
          .and()
          .doNotHaveFullyQualifiedName("dev.sinter.natives.NativeLoader")
          .should()
          .callMethod(System.class, "load", String.class);

  @ArchTest
  static final ArchRule ONLY_THE_COMMAND_LINE_PRINTS =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sinter.cli..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule TENSORFLOW_LITE_IS_FOR_COMPARISONS_ONLY =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sinter.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco.tensorflowlite..");
}
