package dev.gamelan.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.ObjectInputStream;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rules for the whole project. They stand here because this module sees every other one. */
@Tag("architecture")
class HouseRulesTest {
    private static final JavaClasses PROJECT = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("dev.gamelan");

    @Test
    void seesEveryModule() {
        for (String name : List.of("shape", "ir", "nn", "domains", "interop", "cli")) {
            assertTrue(PROJECT.containPackage("dev.gamelan." + name), name);
        }
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.gamelan.(**)").should().beFreeOfCycles().check(PROJECT);
    }

    @Test
    void onlyTheCodeGeneratorNamesTheVectorApi() {
        noClasses()
                .that().resideOutsideOfPackage("dev.gamelan.codegen..")
                .should().dependOnClassesThat().resideInAPackage("jdk.incubator.vector..")
                .because("it is an incubator module: one package changes when it does")
                .check(PROJECT);
    }

    @Test
    void randomNumbersComeFromKeys() {
        noClasses()
                .should().dependOnClassesThat().areAssignableTo(Random.class)
                .orShould().dependOnClassesThat().areAssignableTo(ThreadLocalRandom.class)
                .orShould().callMethod(Math.class, "random")
                .because("the same seed gives the same numbers, on any number of threads: use RandomKey")
                .check(PROJECT);
    }

    @Test
    void librariesDoNotWriteToStandardOutput() {
        noClasses()
                .that().resideOutsideOfPackage("dev.gamelan.cli..")
                .should().accessField(System.class, "out")
                .because("standard output belongs to the program that uses the library")
                .check(PROJECT);
    }

    @Test
    void nothingIsReadByJavaSerialization() {
        noClasses()
                .should().dependOnClassesThat().areAssignableTo(ObjectInputStream.class)
                .because("a file can make it run any code on the class path")
                .check(PROJECT);
    }

    @Test
    void everyPackageIsNullMarked() {
        List<String> unmarked = PROJECT.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(each -> !each.isAnnotatedWith(NullMarked.class))
                .map(JavaPackage::getName)
                .sorted()
                .toList();
        assertEquals(List.of(), unmarked, "packages without @NullMarked in package-info.java");
    }
}
