package io.changewatch.push;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Push stands on the public face of the core: see docs/ARCHITECTURE.md. */
@AnalyzeClasses(packages = "io.changewatch.push", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

    @ArchTest
    static final ArchRule theInteriorOfTheCoreStaysItsOwn =
            noClasses().should().dependOnClassesThat().resideInAPackage("io.changewatch.internal..");

    @ArchTest
    static final ArchRule noFrameworkIsKnown = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("reactor..", "jakarta..", "org.eclipse..", "io.javalin..", "java.util.logging..");

    @ArchTest
    static final ArchRule nothingSleeps = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class);

    @ArchTest
    static final ArchRule nothingIsPrinted = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
}
