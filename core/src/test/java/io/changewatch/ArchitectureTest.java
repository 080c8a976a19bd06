package io.changewatch;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** Holds the walls between the rooms of the core: see docs/ARCHITECTURE.md. */
@AnalyzeClasses(packages = "io.changewatch", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

    /** The public types that may know the interior: they put it together. */
    private static final Set<String> ENTRANCES = Set.of("io.changewatch.ChangeWatcherBuilder");

    @ArchTest
    static final ArchRule onlyTheEngineKnowsOtherRooms = slices().matching("io.changewatch.internal.(*)..")
            .namingSlices("room $1")
            .should()
            .notDependOnEachOther()
            .ignoreDependency(resideInAPackage("io.changewatch.internal.engine.."), alwaysTrue())
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule publicPackagesDoNotKnowTheInterior = noClasses()
            .that()
            .resideOutsideOfPackage("io.changewatch.internal..")
            .and(describe("are no entrance", type -> !ENTRANCES.contains(outermost(type))))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.changewatch.internal..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule reactorStaysTheDriversOwn = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("reactor..")
            .because("its version is whatever the application's other libraries pick")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nothingSleeps = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class)
            .because("a wait must be one that stop can end")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule nothingIsPrinted = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.allowEmptyShould(true);

    @ArchTest
    static final ArchRule slf4jIsTheOnlyLog = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.logging..")
            .allowEmptyShould(true);

    private static String outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type.getName());
    }
}
