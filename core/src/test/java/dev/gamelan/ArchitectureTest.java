package dev.gamelan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the packages of core: each uses only those before it. */
@Tag("architecture")
class ArchitectureTest {
    private static final List<String> ORDER = List.of("shape", "ir", "grad", "pass", "kernel", "plan", "runtime", "codegen", "tensor");

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("dev.gamelan");

    static IntStream places() {
        return IntStream.range(0, ORDER.size() - 1);
    }

    @ParameterizedTest
    @MethodSource("places")
    void usesOnlyEarlierPackages(int place) {
        String[] later = ORDER.stream().skip(place + 1L).map(ArchitectureTest::tree).toArray(String[]::new);
        noClasses()
                .that().resideInAPackage(tree(ORDER.get(place)))
                .should().dependOnClassesThat().resideInAnyPackage(later)
                .because("the packages of core are layers: " + String.join(" < ", ORDER))
                .allowEmptyShould(true)
                .check(CORE);
    }

    @Test
    void everyPackageHasAPlace() {
        noClasses()
                .should().resideOutsideOfPackages(ORDER.stream().map(ArchitectureTest::tree).toArray(String[]::new))
                .because("a new package of core gets a place in the order: " + String.join(" < ", ORDER))
                .check(CORE);
    }

    private static String tree(String name) {
        return "dev.gamelan." + name + "..";
    }
}
