package io.ovnegress.reconciler;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMembers;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.ovnegress.reconciler.feature.Features;
import io.ovnegress.reconciler.feature.fence.FenceFeature;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What the folders promise, see docs/architecture.md. */
class ArchitectureTest {
    private static final String ROOT = "io.ovnegress.reconciler";
    private static final JavaClasses RECONCILER = new ClassFileImporter()
            .importUrl(Features.class.getProtectionDomain().getCodeSource().getLocation());

    /** The same with the tests, in which there is another feature. */
    private static final JavaClasses WITH_TESTS = new ClassFileImporter()
            .importUrls(List.of(
                    Features.class.getProtectionDomain().getCodeSource().getLocation(),
                    FenceFeature.class.getProtectionDomain().getCodeSource().getLocation()));

    private static final String FENCE = ROOT + ".feature.fence..";

    private static void holds(ArchRule rule) {
        rule.check(RECONCILER);
    }

    @Test
    void theMachineKnowsNoFeature() {
        holds(noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".machine..", ROOT + ".northbound..", ROOT + ".input..", ROOT + ".router..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".feature.*.."));
    }

    @Test
    void answersAreValuesAndKnowNeitherFeaturesNorTheMachine() {
        holds(noClasses()
                .that()
                .resideInAnyPackage(ROOT + ".explain..", ROOT + ".audit..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".machine..", ROOT + ".feature.."));
    }

    @Test
    void noFeatureIsCalledByItsNameOutsideOfItsFolder() {
        holds(noMembers()
                .that()
                .areDeclaredInClassesThat(resideInAnyPackage(
                        ROOT + ".machine..",
                        ROOT + ".northbound..",
                        ROOT + ".input..",
                        ROOT + ".explain..",
                        ROOT + ".audit..",
                        ROOT + ".feature"))
                .should()
                .haveNameMatching("(?i).*egress_?ip.*"));
    }

    @Test
    void inputsAreReadByFeaturesAndKnowNone() {
        holds(noClasses()
                .that()
                .resideInAPackage(ROOT + ".input..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".feature..", ROOT + ".machine..", ROOT + ".northbound.."));
    }

    @Test
    void onlyTheListOfFeaturesNamesThem() {
        holds(noClasses()
                .that(resideInAPackage(ROOT + ".feature").and(not(belongToAnyOf(Features.class))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".feature.*.."));
    }

    @Test
    void featuresDoNotKnowEachOther() {
        holds(slices().matching(ROOT + ".feature.(*)..").should().notDependOnEachOther());
    }

    @Test
    void partsOfEgressIpsKnowThoseBeforeThem() {
        var folder = ROOT + ".feature.egressip.";
        holds(layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("placement")
                .definedBy(folder + "placement")
                .layer("topology")
                .definedBy(folder + "topology")
                .layer("rows")
                .definedBy(folder + "rows")
                .layer("status")
                .definedBy(folder + "status")
                .layer("together")
                .definedBy(ROOT + ".feature.egressip")
                .whereLayer("topology")
                .mayOnlyBeAccessedByLayers("rows", "status", "together")
                .whereLayer("rows")
                .mayOnlyBeAccessedByLayers("status", "together")
                .whereLayer("status")
                .mayOnlyBeAccessedByLayers("together"));
    }

    @Test
    void anotherFeatureIsItsFolder() {
        noClasses()
                .that(not(resideInAPackage(FENCE)).and(not(nameMatching(".*\\.(TwoFeatures|FencesBeside).*"))))
                .and()
                .doNotHaveSimpleName("ArchitectureTest")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(FENCE)
                .check(WITH_TESTS);
    }

    @Test
    void anotherFeatureNeedsNothingButWhatEveryFeatureIsGiven() {
        classes()
                .that()
                .resideInAPackage(FENCE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        FENCE,
                        ROOT + ".feature",
                        ROOT + ".input",
                        ROOT + ".northbound",
                        ROOT + ".explain",
                        "io.ovnegress.ovsdb..",
                        "java..")
                .check(WITH_TESTS);
    }

    @Test
    void featuresDoNotKnowTheMachine() {
        holds(noClasses()
                .that()
                .resideInAPackage(ROOT + ".feature..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".machine.."));
    }

    @Test
    void rowsStandAlone() {
        holds(noClasses()
                .that()
                .resideInAPackage(ROOT + ".northbound..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".machine..", ROOT + ".feature.."));
    }

    @Test
    void nothingDoesInputOrOutput() {
        holds(noClasses()
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
                                .and(not(belongToAnyOf(java.io.Serializable.class, java.net.InetAddress.class)))));
    }

    @Test
    void nothingHasThreads() {
        holds(noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching(
                        "java\\.lang\\.Thread|java\\.util\\.Timer|java\\.util\\.concurrent\\.(locks\\..*|.*Executor.*"
                                + "|.*Future.*|CountDownLatch|Semaphore|.*BlockingQueue)"));
    }

    @Test
    void nothingLooksAtTheClockOrThrowsDice() {
        holds(noClasses()
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Clock.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(RandomGenerator.class));
    }

    @Test
    void nothingKnowsKubernetesOrSockets() {
        holds(classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(ROOT + "..", "io.ovnegress.ovsdb..", "java..", "com.google.common.."));
    }
}
